import { describe, expect, it } from '@jest/globals';
import { readJson } from '../../src/index.js';
import { entriesOf, errorOf, latin1, saidBy } from '../support/entries.js';

describe('readJson', () => {
  it.each<[title: string, text: string, expected: unknown[]]>([
    [
      'takes elements for records',
      '[{"a":1},{"a":2}]',
      [
        [1, { a: 1 }],
        [1, { a: 2 }],
      ],
    ],
    [
      'counts lines',
      '[\n  {"a":1},\n\n  {\n    "a": 2\n  }\n, {"a":3}\n]\n',
      [
        [2, { a: 1 }],
        [4, { a: 2 }],
        [7, { a: 3 }],
      ],
    ],
    ['gives nothing of an empty array', ' [ ] \n', []],
    ['passes over the byte-order mark', '\ufeff[{"a":1}]', [[1, { a: 1 }]]],
    [
      'is not misled by brackets in texts',
      '[{"a":"]}{[\\"]\\\\"},{"b":2}]',
      [
        [1, { a: ']}{["]\\' }],
        [1, { b: 2 }],
      ],
    ],
    ['reads what is nested', '[{"a":[[{"b":[]}],{}]}]', [[1, { a: [[{ b: [] }], {}] }]]],
    ['keeps what is not ASCII', '[{"a":"日本 😀"}]', [[1, { a: '日本 😀' }]]],
    ['keeps the digits of numbers', '[{"a":9007199254740993}]', [[1, { a: 9007199254740993n }]]],
  ])('%s', async (_title, text, expected) => {
    expect(await saidBy(readJson(Buffer.from(text)))).toEqual(expected);
  });

  it('names the faults of elements, and goes on', async () => {
    const elements = ['1', '"x,]"', 'null', '[{"a":1}]', '{"a":tru}', '{"a":"\xe9"}', 'nonsense', '{"a":1}'];
    const entries = await entriesOf(readJson(latin1(`[${elements.join(' ,\n')}\n]`)));
    expect(entries.map(({ line, raw }) => [line, raw])).toEqual(elements.map((raw, i) => [i + 1, raw]));
    expect(entries.map((entry) => ('fault' in entry ? entry.fault.reason : 'none'))).toEqual([
      'it is a number, not an object',
      'it is a string, not an object',
      'it is null, not an object',
      'it is an array, not an object',
      'it is not valid JSON: see its character 6',
      expect.stringContaining('0xE9'),
      'it is not valid JSON: see its character 1',
      'none',
    ]);
  });

  it.each<[title: string, text: string, line: number, why: RegExp]>([
    ['is an object', '\n{"a":1}', 2, /begins with \{ instead of \[; .*readNdjson/],
    ['is a number', '7', 1, /begins with 7/],
    ['ends after an element', '[\n{"a":1}\n', 3, /the array is not closed/],
    ['ends after a comma', '[{"a":1},', 1, /the array is not closed/],
    ['ends within an element', '[\n{"a":1},\n{"a":\n2', 3, /the element that begins here is not closed/],
    ['ends within a text', '[{"a":"x', 1, /the element that begins here is not closed/],
    ['lacks a comma', '[{"a":1}\n{"a":2}]', 2, /a comma or \] is expected after an element, \{ found/],
    ['has a comma too many', '[{"a":1},\n,{"a":2}]', 2, /an element is expected after the comma, , found/],
    ['has a comma at its end', '[{"a":1},]', 1, /an element is expected after the comma, \] found/],
    [
      'lacks a bracket',
      '[{"a":1\n,\n{"a":2}]',
      3,
      /\] closes what \} should close in the element that begins in line 1/,
    ],
    ['lacks a quote', '[{"a":"x},\n{"b":2}]', 1, /a string is not closed on its line/],
    ['goes on after its end', '[]\nx', 2, /something follows the end of the array: x/],
  ])('ends with an error when the file %s', async (_title, text, line, why) => {
    const error = await errorOf(readJson(latin1(text)));
    expect(error).toMatchObject({ code: 'UNO_FILE', reason: 'json', line, why: expect.stringMatching(why) });
  });

  it('ends with an error when the file is empty', async () => {
    expect(await errorOf(readJson(latin1(' \n')))).toMatchObject({
      reason: 'empty',
      message: 'The source: it is empty; an array was expected.',
    });
  });

  it('ends at an element that is too long', async () => {
    function* endless() {
      yield latin1('[{},\n{"a":"');
      for (;;) yield Buffer.alloc(100_000, 'x');
    }
    expect(await errorOf(readJson(endless(), { maxRecordBytes: 500_000 }))).toMatchObject({
      reason: 'record-too-long',
      line: 2,
    });
  });
});
