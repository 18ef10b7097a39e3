import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Kysely } from 'kysely';
import {
  BinaryArray,
  bigintAsNumber,
  bigintExact,
  bytea,
  executeText,
  InvalidValue,
  integer,
  type PgType,
  smallint,
  text,
  timestamptzDate,
  uuid,
  varchar,
} from '../../src/index.js';
import { TestBed } from '../support/test-bed.js';

let bed: TestBed;
let db: Kysely<unknown>;

beforeAll(async () => {
  bed = await TestBed.create();
  ({ db } = bed.open());
});
afterAll(() => bed.close());

async function shown(type: PgType<unknown>, values: readonly unknown[]): Promise<string | null | undefined> {
  if (type.binary === undefined) throw new Error(`${type.sql} has no binary form`);
  const array = new BinaryArray(type.binary.oid, 0);
  for (const value of values) {
    if (value === null) array.null();
    else type.binary.write(value, array);
  }
  const { rows } = await executeText(db, { sql: `select $1::${type.sql}[]::text` }, [array.finish()]);
  return rows[0]?.[0];
}

describe('an array in the binary format', () => {
  it.each<[string, PgType<unknown>, readonly unknown[], string]>([
    ['without elements', integer, [], '{}'],
    ['of NULLs alone', integer, [null, null], '{NULL,NULL}'],
    ['of the smallest and largest', smallint, [-32768, null, 32767, -0], '{-32768,NULL,32767,0}'],
    [
      'of numbers that are more than 32 bits',
      bigintAsNumber,
      [-1, 2 ** 32, -(2 ** 32), 2 ** 31, -(2 ** 31) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
      '{-1,4294967296,-4294967296,2147483648,-2147483649,9007199254740991,-9007199254740991}',
    ],
    ['of bigints', bigintExact, [2n ** 63n - 1n, -(2n ** 63n), 0n], '{9223372036854775807,-9223372036854775808,0}'],
    [
      'of texts that would have to be quoted',
      text,
      ['', 'NULL', 'a"b\\', '{', null],
      '{"","NULL","a\\"b\\\\","{",NULL}',
    ],
    ['of texts of several bytes a character', varchar(3), ['äöü', '😀😀😀', 'a'], '{äöü,😀😀😀,a}'],
    ['of bytes', bytea, [Buffer.from([0, 255]), new Uint8Array()], '{"\\\\x00ff","\\\\x"}'],
    ['of uuids', uuid, ['123E4567-E89B-12D3-A456-426614174000'], '{123e4567-e89b-12d3-a456-426614174000}'],
  ])('%s', async (_, type, values, expected) => {
    expect(await shown(type, values)).toBe(expected);
  });

  it('of moments at the ends of what a Date and PostgreSQL have', async () => {
    const moments = [new Date(8.64e15), new Date(Date.UTC(-4712, 0, 1)), new Date(0), new Date(-1)];
    const array = await shown(timestamptzDate, moments);
    expect(timestamptzDate.decode(String(array?.slice(2).split('"')[0]))).toEqual(moments[0]);
    expect(array).toContain('4713-01-01');
    expect(array).toContain('1969-12-31 23:59:59.999');
  });

  it('of texts longer than what is looked at letter by letter', async () => {
    const texts = [63, 64, 65, 1023, 1024, 1025, 5000].flatMap((length) => ['a'.repeat(length), 'ä'.repeat(length)]);
    expect(await shown(text, texts)).toBe(`{${texts.join()}}`);
  });

  it('takes no value that the text format does not take', () => {
    const array = new BinaryArray(23, 4);
    for (const value of [1.5, 2 ** 31, '1', null, undefined, Number.NaN]) {
      expect(() => integer.binary?.write(value, array)).toThrow(InvalidValue);
    }
    expect(array.finish()).toHaveLength(12);
  });
});
