import { column, Entity, mapEntity, type NewRecord, UnoContext, UnoDBRepository } from '@uno/domain';
import type { Json } from '@uno/postgres';
import fc from 'fast-check';
import { sql } from 'kysely';
import { openDatabase } from './database.js';
import { documentOrder, type Row } from './evaluate.js';

export class Fact extends Entity<number> {
  whole!: number | null;
  big!: bigint | null;
  float!: number | null;
  flag!: boolean | null;
  words!: string | null;
  day!: string | null;
  at!: Date | null;
  kind!: 'low' | 'mid' | 'high' | null;
  list!: (number | null)[] | null;
  doc!: Json | null;
}

export const kinds = ['low', 'mid', 'high'] as const;
export const factMapping = mapEntity(Fact, {
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
    list: column.array(column.integer().nullable()).nullable(),
    doc: column.jsonb().nullable(),
  },
});

/** Few values of each field that has an order, so that filters and rows meet. */
export const values: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  whole: fc.constantFrom(-2147483648, -1, 0, 1, 7, 2147483647),
  big: fc.constantFrom(-(2n ** 63n), -1n, 0n, 1n, 2n ** 53n + 1n, 2n ** 63n - 1n),
  float: fc.constantFrom(-1.5, -0, 0, 0.1, 1e300, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  flag: fc.boolean(),
  words: fc.constantFrom('', ' ', 'a', 'A', 'ab', 'aB%', 'a_b', '\\', '"', "'", '{a,b}', 'NULL', 'é', '😀', '\uffee'),
  day: fc.constantFrom('0001-01-01', '1999-12-31', '2000-02-29', '9999-12-31'),
  at: fc.constantFrom(-1, 0, 1, 951_782_400_000).map((time) => new Date(time)),
  kind: fc.constantFrom(...kinds),
};

/** Arrays, which can have nulls in them. */
export const lists = fc.constantFrom<(number | null)[]>([], [1], [2, 1], [2, 3, 3], [null], [1, null, 4]);

/** What {@link evaluate} has to know of the fields. */
export const orders = { kind: kinds, doc: documentOrder };

/** Documents of any form. Their texts have one order in every collation. */
export const documents = fc.constantFrom<Json>(
  ...[{}, { a: 1 }, { a: 1.5, b: 'B' }, { a: '1' }, { a: null }, { a: true }, { a: [1, 'x', null] }, { a: { b: 'x' } }],
  ...[{ a: { b: 'B', 0: 5 } }, [], [1, [2]], [{ b: 7 }], 'x', 5, false],
);

/** A database of rows with all kinds of values, and what is in it. */
export interface OpenFacts {
  readonly repository: UnoDBRepository<typeof factMapping>;
  /** In the order of their ids. */
  readonly rows: readonly Row[];
  close(): Promise<void>;
}

export async function openFacts(): Promise<OpenFacts> {
  const database = await openDatabase([factMapping]);
  // The order of text is the collation's; that of bytes can be told in JavaScript.
  await sql`alter table fact alter column words type text collate "C"`.execute(database.db);
  const repository = new UnoDBRepository(new UnoContext({ db: database.db }), factMapping);
  const nullable = Object.fromEntries(
    Object.entries({ ...values, list: lists, doc: documents }).map(([field, value]) => [field, fc.option(value)]),
  );
  const records = fc.sample(fc.record(nullable), { numRuns: 120, seed: 7 });
  // Every value is of its field's type, which a record of arbitraries cannot say.
  const added = await repository.batchAdd(
    records.map((record, id): NewRecord<typeof factMapping> => ({ ...record, id })),
  );
  return { repository, rows: added.map((row) => ({ ...row })), close: () => database.close() };
}
