import { invalid, type PgType, scalar } from './pg-type.js';

const identity = (text: string): string => text;

function integerType(sql: string, min: number, max: number): PgType<number, number> {
  return scalar(
    sql,
    (value) => {
      if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
        return outOfRange(sql, min, max, value);
      }
      return value === 0 ? '0' : String(value);
    },
    Number,
    { bare: true, canonical: true },
  );
}

function outOfRange(sql: string, min: number, max: number, value: unknown): never {
  const isInteger = typeof value === 'number' && Number.isInteger(value);
  return invalid(sql, `an integer from ${min} to ${max}`, value, isInteger ? 'a number out of range' : undefined);
}

export const smallint = integerType('smallint', -32768, 32767);
export const integer = integerType('integer', -2147483648, 2147483647);

const minBigint = -(2n ** 63n);
const maxBigint = 2n ** 63n - 1n;

/** `bigint` as JavaScript's bigint: every value. */
export const bigintExact: PgType<bigint, string> = scalar(
  'bigint',
  (value) => {
    if (typeof value !== 'bigint') return invalid('bigint', 'a bigint', value);
    if (value < minBigint || value > maxBigint) {
      return invalid('bigint', `${minBigint} to ${maxBigint}`, value, 'a bigint out of range');
    }
    return String(value);
  },
  BigInt,
  { bare: true, canonical: true },
);

/** `bigint` as a number: integers up to 2^53 - 1; a larger one in the database is an error, not a rounded value. */
export const bigintAsNumber: PgType<number, string> = scalar(
  'bigint',
  (value) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
      return invalid(
        'bigint as number',
        'a safe integer (up to 2^53 - 1)',
        value,
        Number.isInteger(value) ? 'a number out of range' : undefined,
      );
    }
    return value === 0 ? '0' : String(value);
  },
  (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value)) throw new RangeError(`a bigint beyond 2^53 - 1 does not fit a number`);
    return value;
  },
  { bare: true, canonical: true },
);

function floatType(
  sql: string,
  check: (value: number) => boolean,
  allowed: string,
  decode: (text: string) => number,
): PgType<number, number> {
  return scalar(
    sql,
    (value) => {
      if (typeof value !== 'number') return invalid(sql, allowed, value);
      if (!check(value)) return invalid(sql, allowed, value, 'one of more digits');
      // String(-0) is "0".
      return Object.is(value, -0) ? '-0' : String(value);
    },
    decode,
    { bare: true },
  );
}

export const real = floatType(
  'real',
  (value) => !Number.isFinite(value) || Math.fround(value) === value,
  'a number of single precision (see Math.fround)',
  // The server writes the shortest text that only this single among singles has; among doubles it is another number.
  (text) => Math.fround(Number(text)),
);
export const double = floatType('double precision', () => true, 'a number', Number);

const numericText = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^NaN$|^-?Infinity$/;

/** `numeric` as decimal text: exact, whatever its size. */
export function numeric(precision?: number, scale?: number): PgType<string, string> {
  const modifier = precision === undefined ? '' : `(${precision}${scale === undefined ? '' : `,${scale}`})`;
  return scalar(
    `numeric${modifier}`,
    (value) => {
      if (typeof value !== 'string' || !numericText.test(value)) {
        return invalid('numeric', 'a decimal number as text, such as "12.50"', value);
      }
      return value;
    },
    identity,
    { bare: true },
  );
}

export const boolean: PgType<boolean, boolean> = scalar(
  'boolean',
  (value) => {
    if (typeof value !== 'boolean') return invalid('boolean', 'true or false', value);
    return value ? 't' : 'f';
  },
  (text) => text === 't',
  { bare: true, canonical: true },
);
