import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { column, Entity, type Filters, mapEntity, type NewRecord, UnoContext, UnoDBRepository } from '@uno/domain';
import fc from 'fast-check';
import { sql } from 'kysely';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { evaluate, type Row } from '../support/evaluate.js';

class Fact extends Entity<number> {
  whole!: number | null;
  big!: bigint | null;
  float!: number | null;
  flag!: boolean | null;
  words!: string | null;
  day!: string | null;
  at!: Date | null;
  kind!: 'low' | 'mid' | 'high' | null;
}

const kinds = ['low', 'mid', 'high'] as const;
const facts = mapEntity(Fact, {
  table: 'fact',
  columns: {
    id: column.integer(),
    whole: column.integer().nullable(),
    big: column.bigint().nullable(),
    float: column.double().nullable(),
    flag: column.boolean().nullable(),
    words: column.text().nullable(),
    day: column.date().nullable(),
    at: column.timestamptz().nullable(),
    kind: column.enumeration('fact_kind', kinds).nullable(),
  },
});

// Few values of each, so that filters and rows meet.
const values: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  whole: fc.constantFrom(-2147483648, -1, 0, 1, 7, 2147483647),
  big: fc.constantFrom(-(2n ** 63n), -1n, 0n, 1n, 2n ** 53n + 1n, 2n ** 63n - 1n),
  float: fc.constantFrom(-1.5, -0, 0, 0.1, 1e300, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  flag: fc.boolean(),
  words: fc.constantFrom('', ' ', 'a', 'A', 'ab', 'aB%', 'a_b', '\\', '"', "'", '{a,b}', 'NULL', 'é', '😀', '\uffee'),
  day: fc.constantFrom('0001-01-01', '1999-12-31', '2000-02-29', '9999-12-31'),
  at: fc.constantFrom(-1, 0, 1, 951_782_400_000).map((time) => new Date(time)),
  kind: fc.constantFrom(...kinds),
};

function operators(value: fc.Arbitrary<unknown>, extra: Record<string, fc.Arbitrary<unknown>> = {}) {
  const list = fc.array(value, { maxLength: 4 });
  const operator = {
    eq: fc.option(value),
    ne: fc.option(value),
    lt: value,
    lte: value,
    gt: value,
    gte: value,
    in: list,
    notIn: list,
    between: fc.tuple(value, value),
    isNull: fc.boolean(),
    ...extra,
  };
  const one = fc.oneof(
    ...Object.entries(operator).map(([name, operand]) => operand.map((given): [string, unknown] => [name, given])),
  );
  return fc.array(one, { minLength: 1, maxLength: 2 }).map((pairs) => Object.fromEntries(pairs));
}

const pattern = fc.array(fc.constantFrom('a', 'B', '%', '_', '\\%', '\\_', '\\\\', '"', 'é'), { maxLength: 4 });
const patterns = { like: pattern.map((parts) => parts.join('')), ilike: pattern.map((parts) => parts.join('')) };

const condition = fc.oneof(
  ...Object.entries(values).map(([field, value]) => {
    const either = fc.oneof(fc.option(value), operators(value, field === 'words' ? patterns : {}));
    return either.map((given): Record<string, unknown> => ({ [field]: given }));
  }),
);

/** Any filter, some levels deep. */
const filters = fc.letrec<{ filter: Record<string, unknown> }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4 },
    condition,
    fc.tuple(condition, condition).map(([one, two]) => ({ ...one, ...two })),
    fc.array(tie('filter'), { maxLength: 3 }).map((and) => ({ and })),
    fc.array(tie('filter'), { maxLength: 3 }).map((or) => ({ or })),
    tie('filter').map((not) => ({ not })),
    fc.tuple(condition, tie('filter')).map(([one, not]) => ({ ...one, not })),
  ),
})).filter;

let database: OpenDatabase;
let repository: UnoDBRepository<typeof facts>;
let rows: Row[];

beforeAll(async () => {
  database = await openDatabase([facts]);
  // The order of text is the collation's; that of bytes can be told in JavaScript.
  await sql`alter table fact alter column words type text collate "C"`.execute(database.db);
  repository = new UnoDBRepository(new UnoContext({ db: database.db }), facts);
  const nullable = Object.fromEntries(Object.entries(values).map(([field, value]) => [field, fc.option(value)]));
  const records = fc.sample(fc.record(nullable), { numRuns: 120, seed: 7 });
  // Every value is of its field's type, which a record of arbitraries cannot say.
  const added = await repository.batchAdd(records.map((record, id): NewRecord<typeof facts> => ({ ...record, id })));
  rows = added.map((row) => ({ ...row }));
});
afterAll(() => database.close());

it('a filter finds the rows for which it is true under SQL’s three-valued logic, and no others', async () => {
  await fc.assert(
    fc.asyncProperty(filters, async (filter) => {
      // The generator writes what the type allows; TypeScript cannot follow it there.
      const found = await repository.list({ filters: filter as Filters<typeof facts>, orderBy: ['id'] });
      const expected = rows.filter((row) => evaluate(row, filter, { kind: kinds }) === true);
      expect(found.map(({ id }) => id)).toEqual(expected.map((row) => row['id']));
    }),
    { numRuns: 600 },
  );
});

it('a filter and its negation share no row, and leave out those for which it is unknown', async () => {
  await fc.assert(
    fc.asyncProperty(filters, async (filter) => {
      const given = filter as Filters<typeof facts>;
      const unknown = rows.filter((row) => evaluate(row, filter, { kind: kinds }) === null).length;
      const [yes, no, both] = await Promise.all([
        repository.count({ filters: given }),
        repository.count({ filters: { not: given } }),
        repository.count({ filters: { and: [given, { not: given }] } }),
      ]);
      expect(both).toBe(0);
      expect(yes + no + unknown).toBe(rows.length);
    }),
    { numRuns: 200 },
  );
});
