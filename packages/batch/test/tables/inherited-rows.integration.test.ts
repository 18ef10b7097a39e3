import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { column, mapEntity } from '@uno/domain';
import { type OpenTable, openTable } from './support/open-table.js';

class Item {
  id!: number;
  amount!: number;
}
const items = mapEntity(Item, {
  table: 'item',
  columns: { id: column.integer(), amount: column.integer() },
});

let table: OpenTable;
let operations: BatchOperations<typeof items>;

beforeAll(async () => {
  table = await openTable([
    'create table item (id integer primary key, amount integer not null)',
    'create table special_item (extra text) inherits (item)',
  ]);
  operations = new BatchOperations({ table: items, db: table.db });
});
afterAll(() => table.close());
beforeEach(async () => {
  await table.run('truncate item');
  // PostgreSQL keeps keys apart in each table, not in all of them together.
  await table.run('insert into item values (1, 1)');
  await table.run('insert into special_item values (1, 10), (2, 20)');
});

const shown = () => table.run('select tableoid::regclass, id, amount from item order by amount');

describe('rows that lie in the table of a descendant', () => {
  it('are found', async () => {
    expect(await operations.batchGet([2])).toMatchObject([{ id: 2, amount: 20 }]);
  });

  it('are updated together with those of the same key, and a record counts once', async () => {
    const result = await operations.batchUpdate([
      { id: 1, amount: 5 },
      { id: 2, amount: 6 },
      { id: 3, amount: 7 },
    ]);
    expect(result).toMatchObject({ total: 3, updated: 2, skipped: 1 });
    expect(await shown()).toEqual([
      ['item', '1', '5'],
      ['special_item', '1', '5'],
      ['special_item', '2', '6'],
    ]);
  });

  it('are deleted together with those of the same key, and a key counts once where outcomes are asked for', async () => {
    const result = await operations.batchDelete([1, 2, 3], { outcomes: true });
    expect(result).toMatchObject({ total: 3, deleted: 2, skipped: 1 });
    expect(await shown()).toEqual([]);
  });

  it('are deleted, and one entity is given for a key', async () => {
    const { models } = await operations.batchDelete([2, 1], { returnModels: true });
    expect(models.map(({ id }) => id)).toEqual([2, 1]);
    expect(await shown()).toEqual([]);
  });

  it('are deleted, and a key counts once', async () => {
    expect(await operations.batchDelete([1, 2, 3])).toMatchObject({ total: 3, deleted: 2, skipped: 1 });
  });

  it('are the rows that an upsert finds, all of a key', async () => {
    const result = await operations.batchUpsert([
      { id: 1, amount: 1 },
      { id: 2, amount: 20 },
      { id: 3, amount: 30 },
    ]);
    expect(result).toMatchObject({ total: 3, inserted: 1, updated: 1, unchanged: 1 });
    expect(await shown()).toEqual([
      ['item', '1', '1'],
      ['special_item', '1', '1'],
      ['special_item', '2', '20'],
      ['item', '3', '30'],
    ]);
  });
});
