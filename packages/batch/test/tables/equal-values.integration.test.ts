import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { column, mapEntity } from '@uno/domain';
import { type OpenTable, openTable } from './support/open-table.js';

class Measure {
  id!: number;
  ratio!: number;
  price!: string;
}
const measures = mapEntity(Measure, {
  table: 'measure',
  columns: { id: column.integer(), ratio: column.double(), price: column.numeric() },
});

let table: OpenTable;
let operations: BatchOperations<typeof measures>;

beforeAll(async () => {
  table = await openTable([
    'create table measure (id integer primary key, ratio double precision not null, price numeric not null)',
  ]);
  operations = new BatchOperations({ table: measures, db: table.db });
});
afterAll(() => table.close());
beforeEach(async () => {
  await table.run('truncate measure');
  await table.run(`insert into measure values (1, 0, '1.0')`);
});

/** PostgreSQL says that they are equal, and shows them as they were written. */
describe('a value that is equal and not the same', () => {
  it('is written by an update', async () => {
    await operations.batchUpdate([{ id: 1, ratio: -0, price: '1.00' }]);
    expect(await table.run('select ratio, price from measure')).toEqual([['-0', '1.00']]);
  });

  it('is written by an upsert: a zero of another sign', async () => {
    expect(await operations.batchUpsert([{ id: 1, ratio: -0, price: '1.0' }])).toMatchObject({ updated: 1 });
    expect(await table.run('select ratio from measure')).toEqual([['-0']]);
  });

  it('is written by an upsert: a number of more digits', async () => {
    expect(await operations.batchUpsert([{ id: 1, ratio: 0, price: '1.00' }])).toMatchObject({ updated: 1 });
    expect(await table.run('select price from measure')).toEqual([['1.00']]);
  });
});
