import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bigintAsNumber, bigintExact, boolean, double, integer, numeric, real, smallint } from '../../src/index.js';
import { refusalOf } from '../support/refusal.js';

const integers = [
  { type: smallint, allowed: 'an integer from -32768 to 32767' },
  { type: integer, allowed: 'an integer from -2147483648 to 2147483647' },
];

describe('an integer', () => {
  it.each([
    [2 ** 31, 'a number out of range'],
    [-(2 ** 31) - 1, 'a number out of range'],
    [1.5, 'a number with a fraction'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    ['1', 'a string'],
    [1n, 'a bigint'],
    [null, 'null'],
    [undefined, 'undefined'],
    [true, 'a boolean'],
  ])('refuses %p with what is allowed and the kind it is', (value, kind) => {
    expect(integers.map(({ type }) => refusalOf(type, value))).toEqual(
      integers.map(({ type, allowed }) => `${type.sql} takes ${allowed}, not ${kind}`),
    );
  });

  it('has the range of its type', () => {
    expect(smallint.encode(32_767)).toBe('32767');
    expect(refusalOf(smallint, 32_768)).toContain('not a number out of range');
    expect(integer.encode(-(2 ** 31))).toBe('-2147483648');
  });

  it('is written as 0 even if it is -0', () => {
    expect([smallint, integer, bigintAsNumber].map((type) => type.encode(-0))).toEqual(['0', '0', '0']);
  });
});

describe('a bigint', () => {
  it.each([
    [2n ** 63n, 'bigint takes -9223372036854775808 to 9223372036854775807, not a bigint out of range'],
    [-(2n ** 63n) - 1n, 'bigint takes -9223372036854775808 to 9223372036854775807, not a bigint out of range'],
    [1, 'bigint takes a bigint, not a number'],
    ['1', 'bigint takes a bigint, not a string'],
  ])('refuses %p', (value, message) => {
    expect(refusalOf(bigintExact, value)).toBe(message);
  });

  it.each([
    [2 ** 53, 'not a number out of range'],
    [0.5, 'not a number with a fraction'],
    [1n, 'not a bigint'],
    ['1', 'not a string'],
  ])('as a number refuses %p', (value, kind) => {
    expect(refusalOf(bigintAsNumber, value)).toBe(`bigint as number takes a safe integer (up to 2^53 - 1), ${kind}`);
  });

  it.each(['9007199254740992', '-9007199254740993', '9223372036854775807'])(
    'as a number is an error, not a rounded value, when %s is read',
    (text) => {
      expect(() => bigintAsNumber.decode(text)).toThrow('a bigint beyond 2^53 - 1 does not fit a number');
    },
  );
});

describe('a number with a fraction', () => {
  it('of single precision refuses what a single cannot hold', () => {
    const message = 'real takes a number of single precision (see Math.fround), not one of more digits';
    expect(refusalOf(real, 0.1)).toBe(message);
  });

  it('of single precision is the single that the server means', () => {
    expect(real.decode('0.1')).toBe(Math.fround(0.1));
  });

  it('of single precision can be written again as it was read', () => {
    fc.assert(
      fc.property(fc.float(), (value) => {
        expect(real.decode(real.encode(real.decode(real.encode(value))))).toBe(value);
      }),
    );
  });

  it.each([['1.5'], [1n], [null], [new Date(0)]])('of double precision refuses %p', (value) => {
    expect(refusalOf(double, value)).toMatch(/^double precision takes a number, not (a string|a bigint|null|a Date)$/);
  });

  it('keeps the sign of zero', () => {
    expect([double.encode(-0), double.encode(0), real.encode(-0)]).toEqual(['-0', '0', '-0']);
    expect(Object.is(double.decode('-0'), -0)).toBe(true);
  });
});

describe('a numeric', () => {
  it.each(['0', '-1', '+1', '1.', '.5', '1e5', '-1.5E-7', 'NaN', 'Infinity', '-Infinity', '9'.repeat(500)])(
    'takes %s as it is',
    (value) => {
      expect(numeric().encode(value)).toBe(value);
    },
  );

  it.each([
    [''],
    [' 1'],
    ['1 '],
    ['1\n'],
    ['1,5'],
    ['0x1'],
    ['.'],
    ['1e'],
    ['inf'],
    ['nan'],
    ['1_000'],
    ['--1'],
    ['1;2'],
  ])('refuses the text %p without showing it', (value) => {
    expect(refusalOf(numeric(), value)).toBe('numeric takes a decimal number as text, such as "12.50", not other text');
  });

  it.each([[1], [1n], [null]])('refuses %p, which is no text', (value) => {
    expect(refusalOf(numeric(), value)).toMatch(/not (a number|a bigint|null)$/);
  });

  it('has the precision and the scale it is given', () => {
    expect([numeric(), numeric(5), numeric(5, 2)].map(({ sql }) => sql)).toEqual([
      'numeric',
      'numeric(5)',
      'numeric(5,2)',
    ]);
  });
});

describe('a boolean', () => {
  it.each([['t'], [1], [null], [undefined]])('refuses %p', (value) => {
    expect(refusalOf(boolean, value)).toMatch(/^boolean takes true or false, not (a string|a number|null|undefined)$/);
  });
});
