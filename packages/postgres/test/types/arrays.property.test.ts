import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Kysely } from 'kysely';
import {
  arrayLiteral,
  arrayOf,
  bigintExact,
  boolean,
  bytea,
  date,
  double,
  enumeration,
  executeText,
  integer,
  json,
  jsonb,
  jsonNull,
  numeric,
  type PgType,
  real,
  text,
  timestamp,
  timestamptzDate,
  timestamptzText,
  uuid,
} from '../../src/index.js';
import { anyDate, anyJson, anyMoment, anyNumeric, anyText, anyTimestamp } from '../support/arbitraries.js';
import { roundTrip, runs, several } from '../support/round-trip.js';
import { prepare, TestBed } from '../support/test-bed.js';

let bed: TestBed;
let db: Kysely<unknown>;

const oddLabels = ['', 'NULL', '"', '\\', 'a,b', '{}'] as const;

beforeAll(async () => {
  bed = await TestBed.create();
  const opened = bed.open();
  db = opened.db;
  await prepare(opened.pool, `create type odd as enum (${oddLabels.map((label) => `'${label}'`).join(', ')})`);
});
afterAll(() => bed.close());

interface Item {
  readonly name: string;
  readonly type: PgType<unknown, unknown>;
  readonly values: fc.Arbitrary<unknown>;
}

const items: readonly Item[] = [
  { name: 'integers', type: integer, values: fc.integer({ min: -2_147_483_648, max: 2_147_483_647 }) },
  { name: 'bigints', type: bigintExact, values: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) },
  { name: 'singles', type: real, values: fc.float() },
  { name: 'doubles', type: double, values: fc.oneof(fc.double(), fc.constantFrom(-0, Number.NaN, Infinity)) },
  { name: 'numerics', type: numeric(), values: anyNumeric },
  { name: 'booleans', type: boolean, values: fc.boolean() },
  { name: 'texts', type: text, values: anyText },
  { name: 'uuids', type: uuid, values: fc.uuid() },
  { name: 'enumerated values', type: enumeration('odd', oddLabels), values: fc.constantFrom(...oddLabels) },
  { name: 'dates', type: date, values: anyDate },
  { name: 'timestamps', type: timestamp, values: anyTimestamp('') },
  { name: 'moments as text', type: timestamptzText, values: anyTimestamp('+00') },
  { name: 'moments as Dates', type: timestamptzDate, values: anyMoment },
  { name: 'bytes', type: bytea, values: fc.uint8Array({ maxLength: 20 }) },
  { name: 'JSON documents', type: json<unknown>(true), values: anyJson.map((value) => value ?? jsonNull) },
  { name: 'binary JSON documents', type: jsonb<unknown>(true), values: anyJson.map((value) => value ?? jsonNull) },
];

/** Rows of one length, at least one of them, with at least one element each: PostgreSQL has no empty rows. */
function matrix<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T[][]> {
  return fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }))
    .chain(([rows, columns]) => fc.array(fc.array(value, exactly(columns)), exactly(rows)));
}

function exactly(length: number): { minLength: number; maxLength: number } {
  return { minLength: length, maxLength: length };
}

async function expectRoundTrips(type: PgType<unknown, unknown>, values: fc.Arbitrary<unknown>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(several(values), async (sent) => {
      const { scalars, unnested, inserted, copied } = await roundTrip(db, type, sent);
      expect(scalars).toEqual(sent);
      expect(unnested).toEqual(sent);
      expect(inserted).toEqual(sent);
      expect(copied).toEqual(sent);
    }),
    { numRuns: runs.numRuns / 2 },
  );
}

describe('an array comes back as it was sent', () => {
  it.each(items)('of $name, with nulls among them', async ({ type, values }) => {
    await expectRoundTrips(arrayOf(type, true), fc.array(fc.option(values), { maxLength: 8 }));
  });

  it.each(items)('of rows of $name', async ({ type, values }) => {
    await expectRoundTrips(arrayOf(arrayOf(type, false), false), matrix(values));
  });

  it('of rows of texts with nulls', async () => {
    await expectRoundTrips(arrayOf(arrayOf(text, true), false), matrix(fc.option(anyText)));
  });

  it('of three dimensions', async () => {
    const cube = matrix(fc.array(anyText, exactly(2)));
    await expectRoundTrips(arrayOf(arrayOf(arrayOf(text, false), false), false), cube);
  });

  it('of JSON documents that are arrays of different lengths', async () => {
    const documents = [[1, 2], [3], [], { a: [[]] }, 'x', jsonNull];
    const type = arrayOf(jsonb<unknown>(true), false);
    expect((await roundTrip(db, type, [documents])).scalars).toEqual([documents]);
  });

  it('when it is empty', async () => {
    const type = arrayOf(text, false);
    expect(await roundTrip(db, type, [[], [''], []])).toMatchObject({
      scalars: [[], [''], []],
      unnested: [[], [''], []],
    });
  });
});

describe('an array that PostgreSQL made', () => {
  it.each([
    ['with other lower bounds', "'[2:3]={a,b}'::text[]", arrayOf(text, false), ['a', 'b']],
    [
      'of rows with other lower bounds',
      "'[0:1][5:6]={{a,b},{c,d}}'::text[]",
      arrayOf(arrayOf(text, false), false),
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['of empty rows', 'array[array[]::text[], array[]::text[]]', arrayOf(arrayOf(text, false), false), []],
    ['of one null', 'array[null]::text[]', arrayOf(text, true), [null]],
    ['of the word NULL', `'{"NULL",NULL,null}'::text[]`, arrayOf(text, true), ['NULL', null, null]],
  ] as const)('%s is read', async (_what, expression, type, expected) => {
    const { rows } = await executeText(db, { sql: `select ${expression}` });
    expect(type.decode(String(rows[0]?.[0]))).toEqual(expected);
  });

  it('with nulls, where the mapping knows of none, is an error that says what to change', async () => {
    const { rows } = await executeText(db, { sql: "select array['a', null]" });
    expect(() => arrayOf(text, false).decode(String(rows[0]?.[0]))).toThrow(
      'an array of text with null elements; map the elements with .nullable()',
    );
  });
});

describe('arrayLiteral', () => {
  it('is read by PostgreSQL as the very texts, nulls among them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(anyText)), async (sent) => {
        const statement = { sql: 'select x from unnest($1::text[]) with ordinality as u(x, p) order by p' };
        const { rows } = await executeText(db, statement, [arrayLiteral(sent, false)]);
        expect(rows.map(([value]) => value)).toEqual(sent);
      }),
      runs,
    );
  });
});
