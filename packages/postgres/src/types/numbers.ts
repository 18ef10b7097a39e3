import { type BinaryForm, invalid, type PgType, scalar } from './pg-type.js';

const identity = (text: string): string => text;

function integerType(
  sql: string,
  [min, max]: readonly [number, number],
  binaryOf: (check: (value: unknown) => number) => BinaryForm,
): PgType<number, number> {
  const check = (value: unknown): number => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    return outOfRange(sql, min, max, value);
  };
  // String(-0) is "0".
  const encode = (value: unknown) => String(check(value));
  const parse = (text: string) => check(Number(wholeText(sql, text)));
  return scalar(sql, encode, Number, { bare: true, canonical: true, binary: binaryOf(check), parse });
}

/** The digits of a whole number that somebody wrote. */
function wholeText(sql: string, text: string): string {
  const digits = text.trim();
  return /^[+-]?\d+$/.test(digits) ? digits : invalid(sql, 'a whole number', text, 'other text');
}

function outOfRange(sql: string, min: number, max: number, value: unknown): never {
  const isInteger = typeof value === 'number' && Number.isInteger(value);
  return invalid(sql, `an integer from ${min} to ${max}`, value, isInteger ? 'a number out of range' : undefined);
}

export const smallint = integerType('smallint', [-32768, 32767], (check) => ({
  oid: 21,
  bytes: 2,
  check,
  write: (value, into) => into.int16(check(value)),
}));
export const integer = integerType('integer', [-2147483648, 2147483647], (check) => ({
  oid: 23,
  bytes: 4,
  check,
  write: (value, into) => into.int32(check(value)),
}));

const minBigint = -(2n ** 63n);
const maxBigint = 2n ** 63n - 1n;

function int64(check: (value: unknown) => number | bigint): BinaryForm {
  return { oid: 20, bytes: 8, check, write: (value, into) => into.int64(check(value)) };
}

function checkBigint(value: unknown): bigint {
  if (typeof value !== 'bigint') return invalid('bigint', 'a bigint', value);
  if (value >= minBigint && value <= maxBigint) return value;
  return invalid('bigint', `${minBigint} to ${maxBigint}`, value, 'a bigint out of range');
}

/** `bigint` as JavaScript's bigint: every value. */
export const bigintExact: PgType<bigint, string> = scalar('bigint', (value) => String(checkBigint(value)), BigInt, {
  bare: true,
  canonical: true,
  binary: int64(checkBigint),
  // BigInt takes no plus.
  parse: (text) => checkBigint(BigInt(wholeText('bigint', text).replace('+', ''))),
});

function checkSafeInteger(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  return invalid(
    'bigint as number',
    'a safe integer (up to 2^53 - 1)',
    value,
    Number.isInteger(value) ? 'a number out of range' : undefined,
  );
}

/** `bigint` as a number: integers up to 2^53 - 1; a larger one in the database is an error, not a rounded value. */
export const bigintAsNumber: PgType<number, string> = scalar(
  'bigint',
  (value) => String(checkSafeInteger(value)),
  (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value)) throw new RangeError(`a bigint beyond 2^53 - 1 does not fit a number`);
    return value;
  },
  {
    bare: true,
    canonical: true,
    binary: int64(checkSafeInteger),
    parse: (text) => checkSafeInteger(Number(wholeText('bigint', text))),
  },
);

function floatType(
  sql: string,
  { allows, allowed }: { readonly allows: (value: number) => boolean; readonly allowed: string },
  decode: (text: string) => number,
  binaryOf: (check: (value: unknown) => number) => BinaryForm,
): PgType<number, number> {
  const check = (value: unknown): number => {
    if (typeof value !== 'number') return invalid(sql, allowed, value);
    return allows(value) ? value : invalid(sql, allowed, value, 'one of more digits');
  };
  return scalar(
    sql,
    (value) => {
      const number = check(value);
      // String(-0) is "0".
      return Object.is(number, -0) ? '-0' : String(number);
    },
    decode,
    { bare: true, binary: binaryOf(check), parse: (text) => decode(floatText(sql, text)) },
  );
}

/** PostgreSQL writes the infinities out; others shorten them. */
function floatText(sql: string, text: string): string {
  const number = text.trim();
  if (numericText.test(number)) return number;
  const infinity = /^([+-]?)inf(inity)?$/i.exec(number);
  if (infinity !== null) return infinity[1] === '-' ? '-Infinity' : 'Infinity';
  return /^nan$/i.test(number) ? 'NaN' : invalid(sql, 'a number', text, 'other text');
}

export const real = floatType(
  'real',
  {
    allows: (value) => !Number.isFinite(value) || Math.fround(value) === value,
    allowed: 'a number of single precision (see Math.fround)',
  },
  // The server writes the shortest text that only this single among singles has; among doubles it is another number.
  (text) => Math.fround(Number(text)),
  (check) => ({ oid: 700, bytes: 4, check, write: (value, into) => into.float32(check(value)) }),
);
export const double = floatType('double precision', { allows: () => true, allowed: 'a number' }, Number, (check) => ({
  oid: 701,
  bytes: 8,
  check,
  write: (value, into) => into.float64(check(value)),
}));

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
    { bare: true, parse: (text) => text.trim() },
  );
}

/** `numeric` without a fraction as JavaScript's bigint, whatever its size: what bigints add up to. */
export const wholeNumeric: PgType<bigint, string> = scalar(
  'numeric',
  (value) => (typeof value === 'bigint' ? String(value) : invalid('a sum of bigint', 'a bigint', value)),
  BigInt,
  { bare: true, parse: (text) => BigInt(wholeText('numeric', text).replace('+', '')) },
);

function checkBoolean(value: unknown): boolean {
  return typeof value === 'boolean' ? value : invalid('boolean', 'true or false', value);
}

/** What PostgreSQL reads, but for beginnings of words beyond one letter. */
const booleanTexts: ReadonlyMap<string, boolean> = new Map([
  ...['true', 't', 'yes', 'y', 'on', '1'].map((text) => [text, true] as const),
  ...['false', 'f', 'no', 'n', 'off', '0'].map((text) => [text, false] as const),
]);

export const boolean: PgType<boolean, boolean> = scalar(
  'boolean',
  (value) => (checkBoolean(value) ? 't' : 'f'),
  (text) => text === 't',
  {
    bare: true,
    canonical: true,
    binary: { oid: 16, bytes: 1, check: checkBoolean, write: (value, into) => into.boolean(checkBoolean(value)) },
    parse: (text) =>
      booleanTexts.get(text.trim().toLowerCase()) ??
      invalid('boolean', 'true, false, yes, no, on, off, 1 or 0 as text', text),
  },
);
