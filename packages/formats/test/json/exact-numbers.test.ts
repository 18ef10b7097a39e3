import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readNdjson } from '../../src/index.js';
import { latin1, saidBy } from '../support/entries.js';

/** What is read of a number, as the value of a key and within it. */
async function read(json: string, numbers: 'exact' | 'rounded' = 'exact'): Promise<unknown> {
  const [[, said] = []] = await saidBy(readNdjson(latin1(json), { numbers }));
  return said;
}

describe('a number in JSON', () => {
  it.each<[digits: string, value: unknown]>([
    ['0', 0],
    ['-0', -0],
    ['1.5', 1.5],
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', 9007199254740993n],
    ['-9007199254740993', -9007199254740993n],
    ['12345678901234567890123', 12345678901234567890123n],
    ['0.1', 0.1],
    ['10.123456789012344', 10.123456789012344],
    ['10.123456789012345', '10.123456789012345'],
    ['1e22', 1e22],
    ['9007199254740992.0', 9007199254740992],
    ['9007199254740993.0', '9007199254740993.0'],
    ['0.12345678901234567890', '0.12345678901234567890'],
    ['1234567890.1234567890', '1234567890.1234567890'],
    ['1.0000000000000000', 1],
    ['1e10', 1e10],
    ['1e400', '1e400'],
    ['1E-400', '1E-400'],
    ['-1.5e+999', '-1.5e+999'],
  ])('keeps the digits of %s', async (digits, value) => {
    expect(await read(`{"n":${digits}}`)).toStrictEqual({ n: value });
    expect(await read(`{"a":"x" , "n" : ${digits} }`)).toStrictEqual({ a: 'x', n: value });
  });

  it('is no number within a text', async () => {
    expect(await read('{"a":":12345678901234567890","b":"[1e999"}')).toEqual({
      a: ':12345678901234567890',
      b: '[1e999',
    });
  });

  it.each([
    ['{"n":1,"deep":{"list":[1,9007199254740993]}}'],
    ['{"deep":[0.12345678901234567890]}'],
    ['{"deep":[1e400]}'],
    ['{"deep":{"power":1152921504606846976}}'],
  ])('is a fault deeper within, where its digits would be lost: %s', async (json) => {
    expect(await read(json)).toEqual({
      column: 'deep',
      reason: 'a number within the document has more digits than can be kept; write it as a text',
    });
  });

  it('stays a number deeper within, where a JavaScript number has just its digits', async () => {
    const json = '{"deep":[1152921504606847000,123456789012345680000,1e22,{"x":0.1}],"n":12345678901234567890}';
    expect(await read(json)).toStrictEqual({
      deep: [2 ** 60, 123456789012345680000, 1e22, { x: 0.1 }],
      n: 12345678901234567890n,
    });
  });

  it('is rounded anywhere, if asked', async () => {
    expect(await read('{"n":9007199254740993,"deep":[0.12345678901234567890]}', 'rounded')).toEqual({
      n: 9007199254740992,
      deep: [0.12345678901234568],
    });
  });

  it('is never another number than it was', async () => {
    const digits = fc.stringMatching(/^-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?$/);
    /** Its value times 10^1100, of which every digit is known. */
    const scaled = (text: string) => {
      const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e(.+))?$/i.exec(text) ?? [];
      return BigInt(`${sign}${whole}${fraction}`) * 10n ** BigInt(1100 + Number(exponent) - fraction.length);
    };
    await fc.assert(
      fc.asyncProperty(digits, async (text) => {
        const said = await read(`{"n":${text}}`);
        const value = typeof said === 'object' && said !== null && 'n' in said ? said.n : undefined;
        expect(scaled(String(value))).toBe(scaled(text));
        if (typeof value === 'string') expect(value).toBe(text);
      }),
      { numRuns: 1_000 },
    );
  });
});
