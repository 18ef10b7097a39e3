import { describe, expect, it } from '@jest/globals';
import { ValidationError } from '@uno/postgres';
import { ndjsonLine, writeNdjson } from '../../src/index.js';

describe('ndjsonLine', () => {
  it.each<[document: Record<string, unknown>, expected: string]>([
    [{}, '{}'],
    [{ a: 'x\n"', 'b"': null, c: undefined, d: true }, '{"a":"x\\n\\"","b\\"":null,"d":true}'],
    [{ n: 9007199254740993n, z: -0, f: 1.5e300 }, '{"n":9007199254740993,"z":-0,"f":1.5e+300}'],
    [{ n: Number.NaN, i: Number.NEGATIVE_INFINITY }, '{"n":"NaN","i":"-Infinity"}'],
    [{ d: new Date(0), b: Uint8Array.of(1, 255) }, '{"d":"1970-01-01T00:00:00.000Z","b":"\\\\x01ff"}'],
    [{ j: { deep: [1, null, { x: new Date(0) }] } }, '{"j":{"deep":[1,null,{"x":"1970-01-01T00:00:00.000Z"}]}}'],
    [{ half: '\ud800' }, '{"half":"\\ud800"}'],
  ])('writes %p', (document, expected) => {
    expect(ndjsonLine(document, 0)).toBe(`${expected}\n`);
  });

  it.each<[value: unknown, kind: string]>([
    [new Date(Number.NaN), 'an invalid date'],
    [new Map(), 'a Map'],
    [{ deep: 1n }, 'an object'],
    [[Number.NaN], 'an array'],
    [Symbol('x'), 'a symbol'],
  ])('refuses what JSON cannot say, and names row and field: %p', (value, kind) => {
    const refused = () => ndjsonLine({ id: 1, name: value }, 7);
    expect(refused).toThrow(ValidationError);
    expect(refused).toThrow(`Row 7 of the NDJSON has what JSON cannot say (${kind}) in name.`);
    expect(refused).toThrow(expect.objectContaining({ index: 7, field: 'name' }));
  });

  it('refuses what is no object', () => {
    expect(() => ndjsonLine([] as unknown as Record<string, unknown>, 2)).toThrow('Row 2 of the NDJSON is an array');
  });
});

describe('writeNdjson', () => {
  it('writes nothing of nothing', async () => {
    const blocks: string[] = [];
    for await (const block of writeNdjson([])) blocks.push(block);
    expect(blocks).toEqual([]);
  });
});
