import { describe, expect, it } from '@jest/globals';
import { readNdjson } from '../../src/index.js';
import { entriesOf, errorOf, latin1, saidBy } from '../support/entries.js';

const said = (text: string) => saidBy(readNdjson(Buffer.from(text)));

describe('readNdjson', () => {
  it.each<[title: string, text: string, expected: unknown[]]>([
    [
      'takes lines for records',
      '{"a":1}\n{"a":"x","b":null}\n',
      [
        [1, { a: 1 }],
        [2, { a: 'x', b: null }],
      ],
    ],
    ['needs no line break at the end', '{"a":1}', [[1, { a: 1 }]]],
    [
      'passes over empty lines',
      '\n \t\n{"a":1}\r\n\r\n{}\n',
      [
        [3, { a: 1 }],
        [5, {}],
      ],
    ],
    ['passes over the byte-order mark', '\ufeff{"a":1}\n', [[1, { a: 1 }]]],
    ['gives nothing of an empty file', '', []],
    ['keeps what is not ASCII', '{"naïve":"日本 😀"}\n', [[1, { naïve: '日本 😀' }]]],
    ['takes the last of values of one key', '{"a":1,"a":2}\n', [[1, { a: 2 }]]],
  ])('%s', async (_title, text, expected) => {
    expect(await said(text)).toEqual(expected);
  });

  it.each<[line: string, reason: string]>([
    ['[1,2]', 'it is an array, not an object'],
    ['null', 'it is null, not an object'],
    ['7', 'it is a number, not an object'],
    ['{"a":tru}', 'it is not valid JSON: see its character 6'],
    ['{"a":1,}', 'it is not valid JSON: see its character 8'],
    ['{"a":01}', 'it is not valid JSON: see its character 7'],
    ['{"a":1', 'it is not valid JSON: it ends in the middle'],
    ['{"a":1} {"a":2}', 'it is not valid JSON: see its character 9'],
    ["{'a':1}", 'it is not valid JSON: see its character 2'],
    ['{"a":"\t"}', 'it is not valid JSON: see its character 7'],
  ])('names the fault of %s, and goes on', async (line, reason) => {
    expect(await entriesOf(readNdjson(latin1(`${line}\n{"b":2}\n`)))).toEqual([
      { line: 1, raw: `${line}\n`, fault: { reason } },
      { line: 2, raw: '{"b":2}\n', document: { b: 2 } },
    ]);
  });

  it('names byte and key where a line is not UTF-8', async () => {
    expect(await saidBy(readNdjson(latin1('{"id":1,"name":"M\xfcnchen"}\n{"M\xfc":1}\n{"a":"\xc3\xbc"}\n')))).toEqual([
      [1, { column: 'name', reason: 'byte 0xFC (number 2 of the value) is not UTF-8; convert the file to UTF-8' }],
      [2, { reason: 'byte 0xFC (number 4 of the value) is not UTF-8; convert the file to UTF-8' }],
      [3, { a: 'ü' }],
    ]);
  });

  it('takes __proto__ for a key like others', async () => {
    const [entry] = await entriesOf(readNdjson(latin1('{"__proto__":{"admin":true},"n":12345678901234567890}\n')));
    const document = entry !== undefined && 'document' in entry ? entry.document : {};
    expect(Object.keys(document)).toEqual(['__proto__', 'n']);
    expect(Object.getPrototypeOf(document)).toBe(Object.prototype);
    expect(document['admin']).toBeUndefined();
    expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false);
  });

  it('does not go down with what is nested deeply', async () => {
    const deep = `{"a":${'['.repeat(100_000)}12345678901234567890${']'.repeat(100_000)}}`;
    expect(await said(`${deep}\n{}\n`)).toEqual([
      [1, { reason: 'it is nested too deeply' }],
      [2, {}],
    ]);
  });

  it('does not take UTF-16', async () => {
    expect(await errorOf(readNdjson(Buffer.from('\ufeff{}', 'utf16le')))).toMatchObject({
      reason: 'encoding',
      why: expect.stringContaining('convert it to UTF-8'),
    });
  });

  it('ends at a line that is too long', async () => {
    expect(await errorOf(readNdjson(latin1('{}\n{"a":"xyz"}\n'), { maxRecordBytes: 10 }))).toMatchObject({
      reason: 'record-too-long',
      line: 2,
    });
  });

  it.each([[{ numbers: 'big' }], [{ delimiter: ',' }]])('refuses the options %j', (options) => {
    expect(() => readNdjson('x', options as object)).toThrow(/^readNdjson/);
  });
});
