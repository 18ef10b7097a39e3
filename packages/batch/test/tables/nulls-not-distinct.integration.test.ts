import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { column, mapEntity } from '@uno/domain';
import { type OpenTable, openTable } from './support/open-table.js';

class Price {
  id!: number;
  product!: string;
  country!: string | null;
  amount!: number;
}
const prices = mapEntity(Price, {
  table: 'price',
  columns: {
    id: column.integer().generated(),
    product: column.text(),
    country: column.text().nullable(),
    amount: column.integer(),
  },
});

let table: OpenTable;
let isThere: boolean;

beforeAll(async () => {
  table = await openTable([]);
  isThere = table.version >= 15;
  const nulls = isThere ? 'nulls not distinct' : '';
  await table.run(`create table price (id serial primary key, product text not null, country text, amount integer not null,
    unique ${nulls} (product, country))`);
});
afterAll(() => table.close());
beforeEach(async () => {
  await table.run('truncate price');
  await table.run(`insert into price (product, country, amount) values ('a', null, 1), ('a', 'CH', 2), ('b', null, 3)`);
});

const byPlace = { constraintColumns: ['product', 'country'] } as const;
const records = [
  { product: 'c', country: null, amount: 4 },
  { product: 'b', country: null, amount: 5 },
  { product: 'a', country: 'CH', amount: 2 },
  { product: 'a', country: null, amount: 1 },
];
const statuses = ['inserted', 'updated', 'unchanged', 'unchanged'];
const shown = () => table.run('select product, country, amount from price order by product, country');
const after = [
  ['a', 'CH', '2'],
  ['a', null, '1'],
  ['b', null, '5'],
  ['c', null, '4'],
];

describe.each(['chunked', 'parallel', 'single_query'] as const)('NULLS NOT DISTINCT under %s', (strategy) => {
  let operations: BatchOperations<typeof prices>;
  beforeEach(() => {
    operations = new BatchOperations({
      table: prices,
      db: table.db,
      config: { executionStrategy: strategy, batchSize: 2 },
    });
  });

  it('is a row that an upsert finds by a NULL', async () => {
    if (!isThere) return;
    const result = await operations.batchUpsert(records, byPlace);
    expect(result).toMatchObject({ total: 4, inserted: 1, updated: 1, unchanged: 2, individually: 0 });
    expect(await shown()).toEqual(after);
  });

  it('is a row of which an upsert tells what became', async () => {
    if (!isThere) return;
    const { outcomes } = await operations.batchUpsert(records, { ...byPlace, outcomes: true });
    expect(outcomes.map(({ status }) => status)).toEqual(statuses);
    expect(await shown()).toEqual(after);
  });

  it('is a row whose entity an upsert gives', async () => {
    if (!isThere) throw new Error('This PostgreSQL has no such constraints.');
    const { models } = await operations.batchUpsert(records, { ...byPlace, returnModels: true });
    expect(models).toMatchObject(records);
    expect(await shown()).toEqual(after);
  });

  it('makes two records with a NULL one row', async () => {
    if (!isThere) throw new Error('This PostgreSQL has no such constraints.');
    const twice = [...records, { product: 'c', country: null, amount: 6 }];
    const options = { ...byPlace, batchSize: 10 };
    expect(await operations.batchUpsert(twice, options)).toMatchObject({ inserted: 1, skipped: 1, individually: 0 });
    expect(await shown()).toEqual([...after.slice(0, 3), ['c', null, '6']]);
  });
});

describe('NULLs that are distinct', () => {
  it('make every record a new row, whose entity is known', async () => {
    await table.run(
      'create table if not exists offer (like price including defaults, primary key (id), unique (product, country))',
    );
    const offers = mapEntity(Price, { table: 'offer', columns: prices.columns });
    const operations = new BatchOperations({ table: offers, db: table.db });
    const { models } = await operations.batchUpsert(records, { ...byPlace, returnModels: true });
    expect(models).toMatchObject(records);
  });
});
