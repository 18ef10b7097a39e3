import { describe, expect, it } from '@jest/globals';
import { arrayLiteral, arrayOf, integer, jsonb, text } from '../../src/index.js';
import { refusalOf } from '../support/refusal.js';

describe('an array', () => {
  const integers = arrayOf(integer, false);
  const rows = arrayOf(integers, false);

  it.each([
    ['{1,2}', 'a string'],
    [1, 'a number'],
    [null, 'null'],
    [new Set([1]), 'a Set'],
  ])('refuses %p', (value, kind) => {
    expect(refusalOf(integers, value)).toBe(`integer[] takes an array, not ${kind}`);
  });

  it('refuses elements as their own type does', () => {
    expect(refusalOf(integers, [1, 'sesame'])).toMatch(/^integer takes an integer .*, not a string$/);
  });

  it.each([[[null]], [[undefined]], [[1, null, 2]]])(
    'refuses the nulls of %p where the mapping knows of none',
    (value) => {
      expect(refusalOf(integers, value)).toBe('integer[] takes no null elements here');
    },
  );

  it('takes the hole of a sparse array for undefined', () => {
    const sparse = Object.assign(new Array<number>(3), { 0: 1, 2: 3 });
    expect(refusalOf(integers, sparse)).toBe('integer[] takes no null elements here');
    expect(arrayOf(integer, true).encode(sparse)).toBe('{1,NULL,3}');
  });

  it('takes nulls where the mapping says so, and undefined for null', () => {
    expect(arrayOf(integer, true).encode([1, null, undefined])).toBe('{1,NULL,NULL}');
  });

  it.each([
    ['rows of different lengths', rows, [[1], [1, 2]]],
    ['an empty row among others', rows, [[], [1]]],
    ['planes of different sizes', arrayOf(rows, false), [[[1]], [[1, 2]]]],
    ['planes of different numbers of rows', arrayOf(rows, false), [[[1]], [[1], [2]]]],
  ])('refuses %s, which PostgreSQL cannot hold', (_what, type, value) => {
    expect(refusalOf(type, value)).toBe('integer[] takes rows of equal length');
  });

  it.each([[[1, [2]]], [[[1], 2]], [[[1], null]]])('refuses %p, where only some elements are rows', (value) => {
    expect(refusalOf(rows, value)).toMatch(/^integer\[\] takes (an array, not a number|no null elements here)$/);
  });

  it('is not taken for rows because its documents are arrays', () => {
    expect(arrayOf(jsonb<unknown>(true), false).encode([[1], [1, 2], 'x'])).toBe('{"[1]","[1,2]","\\"x\\""}');
  });

  it('is not taken for rows because its texts have brackets', () => {
    expect(arrayOf(arrayOf(text, false), false).encode([['{},'], ['\\"{']])).toBe('{{"{},"},{"\\\\\\"{"}}');
  });

  it('has the name that PostgreSQL gives it, whatever its dimensions', () => {
    expect([integers, rows, arrayOf(rows, false)].map(({ sql }) => sql)).toEqual([
      'integer[]',
      'integer[]',
      'integer[]',
    ]);
  });

  it('has elements that can be compared if their type can', () => {
    expect([arrayOf(text, false).comparable, arrayOf(jsonb(true), false).comparable]).toEqual([true, true]);
    expect(integers).toMatchObject({ array: true, bare: false, canonical: false, mutable: true });
  });
});

describe('arrayLiteral', () => {
  it('quotes what needs it, and writes null without quotes', () => {
    expect(arrayLiteral(['a', '', 'NULL', null, '"\\'], false)).toBe('{"a","","NULL",NULL,"\\"\\\\"}');
  });

  it('leaves bare values as they are', () => {
    expect(arrayLiteral(['1', null, '-2'], true)).toBe('{1,NULL,-2}');
  });

  it('of nothing is an empty array', () => {
    expect(arrayLiteral([], false)).toBe('{}');
  });
});
