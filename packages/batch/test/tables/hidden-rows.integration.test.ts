import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { column, mapEntity } from '@uno/domain';
import { type OpenTable, openTable } from './support/open-table.js';

class Note {
  id!: number;
  amount!: number;
  owner!: string;
}
const notes = mapEntity(Note, {
  table: 'note',
  columns: { id: column.integer(), amount: column.integer(), owner: column.text().default('guest_of_notes') },
});

let table: OpenTable;

beforeAll(async () => {
  table = await openTable(
    [
      `create table note (id integer primary key, amount integer not null, owner text not null default current_user)`,
      'alter table note enable row level security',
      'create policy own on note using (owner = current_user)',
      `do $$ begin create role guest_of_notes nologin; exception when duplicate_object then null; end $$`,
      'grant all on note to guest_of_notes',
    ],
    'guest_of_notes',
  );
});
afterAll(() => table.close());
beforeEach(async () => {
  await table.run('truncate note');
  await table.run(`insert into note values (1, 1, 'guest_of_notes'), (2, 2, 'somebody'), (3, 3, 'guest_of_notes')`);
});

const shown = () => table.run('select id, amount, owner from note order by id');
const patches = [1, 2, 3].map((id) => ({ id, amount: 10 * id }));

describe.each(['chunked', 'parallel', 'single_query'] as const)('a row that a policy hides, under %s', (strategy) => {
  let operations: BatchOperations<typeof notes>;
  beforeEach(() => {
    operations = new BatchOperations({ table: notes, db: table.db, config: { executionStrategy: strategy } });
  });

  it('is not found, not updated and not deleted', async () => {
    expect(await operations.batchGet([3, 2, 1])).toEqual([
      { id: 3, amount: 3, owner: 'guest_of_notes' },
      undefined,
      { id: 1, amount: 1, owner: 'guest_of_notes' },
    ]);
    expect(await operations.batchUpdate(patches)).toMatchObject({ total: 3, updated: 2, skipped: 1, individually: 0 });
    expect(await operations.batchDelete([1, 2])).toMatchObject({ total: 2, deleted: 1, skipped: 1, individually: 0 });
    expect(await shown()).toEqual([
      ['2', '2', 'somebody'],
      ['3', '30', 'guest_of_notes'],
    ]);
  });

  it('is in the way of a new one, and of one that would update it', async () => {
    const inserted = await operations.batchInsert(
      [
        { id: 2, amount: 0 },
        { id: 4, amount: 4 },
      ],
      { onRecordError: 'skip' },
    );
    expect(inserted).toMatchObject({ inserted: 1, failed: 1, failures: [{ index: 0, error: { sqlstate: '23505' } }] });
    const upserted = await operations.batchUpsert(patches, { onRecordError: 'skip' });
    expect(upserted).toMatchObject({ updated: 2, failed: 1, failures: [{ index: 1, error: { sqlstate: '42501' } }] });
    expect(await shown()).toEqual([
      ['1', '10', 'guest_of_notes'],
      ['2', '2', 'somebody'],
      ['3', '30', 'guest_of_notes'],
      ['4', '4', 'guest_of_notes'],
    ]);
  });

  it('cannot be made by a record that says so', async () => {
    const records = [
      { id: 7, amount: 7 },
      { id: 8, amount: 8, owner: 'somebody' },
    ];
    const result = await operations.batchInsert(records, { onRecordError: 'skip', returnModels: true });
    expect(result).toMatchObject({ inserted: 1, failed: 1, failures: [{ index: 1, error: { sqlstate: '42501' } }] });
    expect(result.models).toEqual([{ id: 7, amount: 7, owner: 'guest_of_notes' }]);
  });
});
