import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { BatchError, column, type Filters, mapEntity, SyncRefusedError } from '@uno/domain';
import fc from 'fast-check';
import { openTestContext, type TestContext } from '../support/test-context.js';

class Stock {
  shop!: string;
  number!: number;
  price!: number | null;
  label!: string;
}
const stocks = mapEntity(Stock, {
  table: 'stock',
  key: ['shop', 'number'],
  columns: {
    shop: column.text(),
    number: column.integer(),
    price: column.integer().nullable(),
    label: column.text().default('none'),
  },
});

type Row = Readonly<Stock>;
type Source = Omit<Row, 'label'> & { readonly label?: string };

/** A part of the table, by a filter and by a function. */
interface Part {
  readonly filters: Filters<typeof stocks>;
  has(row: Row): boolean;
}
const isPriced = (price: number | null, least: number) => price !== null && price >= least;
const parts: readonly Part[] = [
  { filters: {}, has: () => true },
  { filters: { shop: 'A' }, has: ({ shop }) => shop === 'A' },
  { filters: { price: { gte: 3 } }, has: ({ price }) => isPriced(price, 3) },
  { filters: { price: null }, has: ({ price }) => price === null },
  { filters: { shop: 'B', price: { lt: 4 } }, has: ({ shop, price }) => shop === 'B' && price !== null && price < 4 },
  { filters: { or: [{ number: 1 }, { label: 'x' }] }, has: ({ number, label }) => number === 1 || label === 'x' },
  { filters: { not: { number: { in: [0, 3] } } }, has: ({ number }) => number !== 0 && number !== 3 },
];

const key = { shop: fc.constantFrom('A', 'B', "'"), number: fc.integer({ min: 0, max: 4 }) };
const price = fc.option(fc.integer({ min: 0, max: 6 }));
const label = fc.constantFrom('x', 'y', 'none');
const selector = ({ shop, number }: Pick<Row, 'shop' | 'number'>) => `${shop} ${number}`;
const tables = fc.uniqueArray(fc.record({ ...key, price, label }), { selector, maxLength: 15 });
/** A price of -1 is refused by the table. */
const sources = fc.uniqueArray(
  fc.record(
    { ...key, price: fc.oneof({ weight: 9, arbitrary: price }, fc.constant(-1)), label },
    { requiredKeys: ['shop', 'number', 'price'] },
  ),
  { selector, maxLength: 15 },
);
const calls = fc.record({
  strategy: fc.constantFrom('single_query', 'chunked', 'pipelined', 'optimistic'),
  batchSize: fc.integer({ min: 1, max: 5 }),
  onRecordError: fc.constantFrom('abort', 'skip'),
  dryRun: fc.boolean(),
  maxDeletions: fc.option(
    fc.oneof(fc.integer({ min: 0, max: 4 }), fc.record({ fraction: fc.double({ min: 0, max: 1, noNaN: true }) })),
    { nil: undefined },
  ),
});

/** What a sync comes to, record by record. */
function model(table: readonly Row[], source: readonly Source[], part: Part) {
  const rows = new Map(table.map((row) => [selector(row), row]));
  const counts = { inserted: 0, updated: 0, unchanged: 0, failed: 0 };
  const failed: number[] = [];
  source.forEach((record, index) => {
    const before = rows.get(selector(record));
    const after: Row = { label: 'none', ...before, ...record };
    if (after.price === -1 || !part.has(after)) {
      failed.push(index);
      counts.failed++;
      return;
    }
    if (before === undefined) counts.inserted++;
    else if (before.price === after.price && before.label === after.label) counts.unchanged++;
    else counts.updated++;
    rows.set(selector(record), after);
  });
  const present = new Set(source.map(selector));
  const missing = [...rows.values()].filter((row) => part.has(row) && !present.has(selector(row)));
  for (const row of missing) rows.delete(selector(row));
  return { rows: [...rows.values()], counts, failed, deleted: missing.length };
}

let test: TestContext;
let operations: BatchOperations<typeof stocks>;

beforeAll(async () => {
  test = await openTestContext([stocks]);
  await test.run('alter table stock add constraint priced check (price >= 0)');
  operations = new BatchOperations({ table: stocks, db: test.db });
});
afterAll(() => test.close());

async function stored(): Promise<Row[]> {
  const keys = ['A', 'B', "'"].flatMap((shop) => [0, 1, 2, 3, 4].map((number) => ({ shop, number })));
  const found = await operations.batchGet(keys);
  return found.flatMap((row) => (row === undefined ? [] : [{ ...row }]));
}

const sorted = (rows: readonly Row[]) =>
  rows.map((row) => JSON.stringify(row, ['shop', 'number', 'price', 'label'])).sort();

it('a sync makes any part of any table equal to any source, leaves the rest alone, and counts exactly', async () => {
  await fc.assert(
    fc.asyncProperty(
      tables,
      sources,
      fc.constantFrom(...parts),
      calls,
      fc.boolean(),
      async (table, source, part, call, streams) => {
        await test.run('truncate stock');
        await operations.batchInsert(table);
        const { maxDeletions: limit } = call;
        const expected = model(table, source, part);
        const size = table.filter((row) => part.has(row)).length;
        const allowed =
          typeof limit === 'object' ? Math.floor(limit.fraction * size) : (limit ?? Number.POSITIVE_INFINITY);
        const options = { ...call, filters: part.filters, allowEmpty: true };
        const running = operations.batchSync(streams ? Readable.from(source) : source, options);
        if (call.onRecordError === 'abort' && expected.failed.length > 0) {
          const error: unknown = await running.catch((thrown: unknown) => thrown);
          expect(error).toBeInstanceOf(BatchError);
          expect(error).toMatchObject({ index: expected.failed[0] });
          expect(sorted(await stored())).toEqual(sorted(table));
          return;
        }
        if (expected.deleted > allowed) {
          await expect(running).rejects.toThrow(SyncRefusedError);
          expect(sorted(await stored())).toEqual(sorted(table));
          return;
        }
        const { failures, ...totals } = await running;
        expect(totals).toEqual({
          total: source.length,
          ...expected.counts,
          deleted: expected.deleted,
          skipped: 0,
          individually: 0,
          dryRun: call.dryRun,
        });
        expect(failures.map(({ index }) => index)).toEqual(expected.failed);
        expect(sorted(await stored())).toEqual(sorted(call.dryRun ? table : expected.rows));
      },
    ),
    { numRuns: 150 },
  );
}, 120_000);
