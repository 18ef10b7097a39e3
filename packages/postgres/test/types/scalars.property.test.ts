import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Kysely } from 'kysely';
import {
  bigintAsNumber,
  bigintExact,
  boolean,
  bytea,
  char,
  date,
  double,
  enumeration,
  integer,
  json,
  jsonb,
  jsonNull,
  numeric,
  type PgType,
  real,
  smallint,
  text,
  textOf,
  time,
  timestamp,
  timestamptzDate,
  timestamptzText,
  uuid,
  varchar,
} from '../../src/index.js';
import { anyDate, anyJson, anyMoment, anyNumeric, anyText, anyTime, anyTimestamp } from '../support/arbitraries.js';
import { roundTrip, runs, several } from '../support/round-trip.js';
import { prepare, TestBed } from '../support/test-bed.js';

let bed: TestBed;
let db: Kysely<unknown>;

const oddLabels = ['plain', '', ' ', 'NULL', 'null', '"', "'", '\\', 'a,b', '{}', '😀', 'two words', '\t'] as const;

beforeAll(async () => {
  bed = await TestBed.create();
  const opened = bed.open();
  db = opened.db;
  const labels = oddLabels.map((label) => `'${label.replaceAll("'", "''")}'`);
  await prepare(opened.pool, `create type "odd ""mood""" as enum (${labels.join(', ')})`);
});
afterAll(() => bed.close());

function int(min: number, max: number): fc.Arbitrary<number> {
  return fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max, 0, -1, 1));
}

/** A type, and the values that have to come back from the server as they were sent. */
interface Case {
  readonly name: string;
  readonly type: PgType<unknown, unknown>;
  readonly values: fc.Arbitrary<unknown>;
}

const bounded = fc.string({ unit: fc.constantFrom('a', '"', '\\', "'", '😀', 'é', ' ', '{', ','), maxLength: 7 });

const cases: readonly Case[] = [
  { name: 'smallint', type: smallint, values: int(-32_768, 32_767) },
  { name: 'integer', type: integer, values: int(-2_147_483_648, 2_147_483_647) },
  {
    name: 'bigint as bigint',
    type: bigintExact,
    values: fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n + 1n, 0n, -1n),
    ),
  },
  {
    name: 'bigint as number',
    type: bigintAsNumber,
    values: fc.oneof(fc.maxSafeInteger(), fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER)),
  },
  {
    name: 'real',
    type: real,
    values: fc.oneof(fc.float(), fc.constantFrom(-0, 0, Math.fround(0.1), 2 ** -149, -Infinity, Infinity, Number.NaN)),
  },
  {
    name: 'double precision',
    type: double,
    values: fc.oneof(
      fc.double(),
      fc.constantFrom(-0, 0, 0.1, 5e-324, Number.MAX_VALUE, -Infinity, Infinity, Number.NaN, 2 ** 53 + 2),
    ),
  },
  { name: 'numeric', type: numeric(), values: anyNumeric },
  {
    name: 'numeric(12,3)',
    type: numeric(12, 3),
    values: fc
      .integer({ min: -999_999_999, max: 999_999_999 })
      .map((n) => (n / 1000).toFixed(3).replace(/^-(0\.000)$/, '$1')),
  },
  { name: 'boolean', type: boolean, values: fc.boolean() },
  { name: 'text', type: text, values: anyText },
  { name: 'varchar(7)', type: varchar(7), values: bounded },
  {
    name: 'char(3)',
    type: char(3),
    values: fc.string({ unit: fc.constantFrom('a', '"', '\\', '😀'), minLength: 3, maxLength: 3 }),
  },
  { name: 'uuid', type: uuid, values: fc.uuid() },
  { name: 'an enumerated type', type: enumeration('"odd ""mood"""', oddLabels), values: fc.constantFrom(...oddLabels) },
  { name: 'date', type: date, values: anyDate },
  { name: 'time', type: time, values: fc.oneof(anyTime, fc.constant('24:00:00')) },
  { name: 'timestamp', type: timestamp, values: anyTimestamp('') },
  { name: 'timestamptz as text', type: timestamptzText, values: anyTimestamp('+00') },
  { name: 'timestamptz as Date', type: timestamptzDate, values: anyMoment },
  { name: 'bytea', type: bytea, values: fc.uint8Array() },
  { name: 'json', type: json<unknown>(true), values: anyJson.map((value) => value ?? jsonNull) },
  { name: 'jsonb', type: jsonb<unknown>(true), values: anyJson.map((value) => value ?? jsonNull) },
  { name: 'int4range as text', type: textOf('int4range'), values: fc.constantFrom('empty', '[1,5)', '(,)', '(,7)') },
  { name: 'inet as text', type: textOf('inet'), values: fc.oneof(fc.ipV4(), fc.constantFrom('::1', '10.0.0.0/8')) },
  {
    name: 'interval as text',
    type: textOf('interval'),
    values: fc.constantFrom('1 year 2 mons -3 days', '00:00:00.000001'),
  },
];

describe('every value of a type comes back as it was sent', () => {
  it.each(cases)('$name', async ({ type, values }) => {
    await fc.assert(
      fc.asyncProperty(several(values), async (sent) => {
        const { scalars, unnested, binary = sent, inserted, copied } = await roundTrip(db, type, sent);
        expect(scalars).toEqual(sent);
        expect(unnested).toEqual(sent);
        expect(binary).toEqual(sent);
        expect(inserted).toEqual(sent);
        expect(copied).toEqual(sent);
      }),
      runs,
    );
  });

  it('a Date in whatever zone the session is', async () => {
    const zones = ['Asia/Kolkata', 'America/St_Johns', 'Europe/Amsterdam', 'Pacific/Apia'];
    for (const zone of zones) {
      const { db: elsewhere } = bed.open({ pool: { max: 1, options: `-c timezone=${zone}` } });
      await fc.assert(
        fc.asyncProperty(several(anyMoment), async (sent) => {
          expect(await roundTrip(elsewhere, timestamptzDate, sent)).toMatchObject({ scalars: sent, binary: sent });
        }),
        { numRuns: 15 },
      );
      await elsewhere.destroy();
    }
  });

  it('-0 of a double, which is not 0', async () => {
    const { scalars, unnested, binary = [], inserted, copied } = await roundTrip(db, double, [-0, 0]);
    const ways = [scalars, unnested, binary, inserted, copied];
    const areNegative = ways.map((way) => way.map((value) => Object.is(value, -0)));
    expect(areNegative).toEqual(areNegative.map(() => [true, false]));
  });
});

describe('the text of a canonical type identifies the value: the server writes what was encoded', () => {
  it.each(cases.filter(({ type }) => type.canonical))('$name', async ({ type, values }) => {
    await fc.assert(
      fc.asyncProperty(several(values), async (sent) => {
        expect((await roundTrip(db, type, sent)).texts).toEqual(sent.map((value) => type.encode(value)));
      }),
      runs,
    );
  });

  it('whatever way the value was written', async () => {
    const upper = '123E4567-E89B-12D3-A456-42661417400F';
    expect((await roundTrip(db, uuid, [upper])).texts).toEqual([uuid.encode(upper)]);
    expect((await roundTrip(db, integer, [-0])).texts).toEqual([integer.encode(-0)]);
    expect((await roundTrip(db, bigintAsNumber, [-0])).texts).toEqual([bigintAsNumber.encode(-0)]);
  });
});
