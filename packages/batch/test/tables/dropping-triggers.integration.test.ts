import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { BatchError, column, mapEntity, RowSuppressedError } from '@uno/domain';
import { failureOf } from '../support/failure-of.js';
import { labelAndAmount } from './support/kind-of-table.js';
import { type OpenTable, openTable } from './support/open-table.js';

class Item {
  id!: number;
  label!: string;
  amount!: number;
}
const items = mapEntity(Item, {
  table: 'item',
  columns: { id: column.integer().generated(), label: column.text(), amount: column.integer() },
});

let table: OpenTable;

/** Amounts of 13 are not inserted, rows called "fixed" not updated, and those called "kept" not deleted; nobody is told. */
beforeAll(async () => {
  table = await openTable([
    `create table item (id serial primary key, ${labelAndAmount})`,
    `create function refuse() returns trigger language plpgsql as $$ begin
      if tg_op = 'INSERT' then return case when new.amount = 13 then null else new end;
      elsif tg_op = 'UPDATE' then return case when old.label = 'fixed' then null else new end;
      else return case when old.label = 'kept' then null else old end;
      end if;
    end $$`,
    'create trigger refuse before insert or update or delete on item for each row execute function refuse()',
  ]);
});
afterAll(() => table.close());
beforeEach(() => table.run('truncate item restart identity'));

const byLabel = { constraintColumns: ['label'] } as const;
const shown = () => table.run('select label, amount from item order by label');

describe.each(['chunked', 'parallel', 'single_query'] as const)('a row that a trigger drops under %s', (strategy) => {
  let operations: BatchOperations<typeof items>;

  beforeEach(async () => {
    operations = new BatchOperations({
      table: items,
      db: table.db,
      config: { executionStrategy: strategy, batchSize: 3 },
    });
    await table.run(`insert into item (label, amount) values ('fixed', 1), ('kept', 2), ('plain', 3)`);
  });

  const fresh = [12, 13, 14, 15].map((amount) => ({ label: `new ${amount}`, amount }));

  it('is skipped by an insert', async () => {
    expect(await operations.batchInsert(fresh)).toMatchObject({ total: 4, inserted: 3, skipped: 1, individually: 0 });
    const again = fresh.map(({ label, amount }) => ({ label: `${label}!`, amount }));
    const { outcomes, ...totals } = await operations.batchInsert(again, { outcomes: true });
    expect(totals).toMatchObject({ total: 4, inserted: 3, skipped: 1 });
    expect(outcomes.map(({ status }) => status)).toEqual(['inserted', 'skipped', 'inserted', 'inserted']);
  });

  it('is a failure of the record where its entity is asked for', async () => {
    const failure = await failureOf(operations.batchInsert(fresh, { returnModels: true }), BatchError);
    expect(failure).toMatchObject({ index: 1, cause: expect.any(RowSuppressedError) });
    await table.run(`delete from item where label like 'new%'`);
    const { models, failures } = await operations.batchInsert(fresh, { returnModels: true, onRecordError: 'skip' });
    expect(models.map(({ amount }) => amount)).toEqual([12, 14, 15]);
    expect(failures.map(({ index }) => index)).toEqual([1]);
  });

  it('is unchanged by an update', async () => {
    const patches = [3, 1, 2].map((id) => ({ id, amount: 10 + id }));
    const { outcomes, ...totals } = await operations.batchUpdate(patches, { outcomes: true });
    expect(totals).toMatchObject({ total: 3, updated: 2, unchanged: 1, individually: 0 });
    expect(outcomes.map(({ status }) => status)).toEqual(['updated', 'unchanged', 'updated']);
    expect(await shown()).toEqual([
      ['fixed', '1'],
      ['kept', '12'],
      ['plain', '13'],
    ]);
  });

  it('is skipped by a delete', async () => {
    const { outcomes, ...totals } = await operations.batchDelete([3, 2, 1], { outcomes: true });
    expect(totals).toMatchObject({ total: 3, deleted: 2, skipped: 1, individually: 0 });
    expect(outcomes.map(({ status }) => status)).toEqual(['deleted', 'skipped', 'deleted']);
    expect(await operations.batchDelete([1, 2, 3])).toMatchObject({ total: 3, deleted: 0, skipped: 3 });
    expect(await shown()).toEqual([['kept', '2']]);
  });

  /** Suppressed as a new row, as one that is there, and as one that is there before it is looked for; then all the rest. */
  const upserted = [
    { label: 'new', amount: 13 },
    { label: 'fixed', amount: 5 },
    { label: 'kept', amount: 13 },
    { label: 'plain', amount: 3 },
    { label: 'another', amount: 7 },
  ];
  const statuses = ['skipped', 'skipped', 'skipped', 'unchanged', 'inserted'];

  it('is skipped by an upsert', async () => {
    const result = await operations.batchUpsert(upserted, byLabel);
    expect(result).toMatchObject({ total: 5, inserted: 1, updated: 0, unchanged: 1, skipped: 3, individually: 0 });
  });

  it('is skipped by an upsert that tells outcomes', async () => {
    const { outcomes } = await operations.batchUpsert(upserted, { ...byLabel, outcomes: true });
    expect(outcomes.map(({ status }) => status)).toEqual(statuses);
  });

  it('is no row that an upsert writes', async () => {
    await operations.batchUpsert(upserted, byLabel);
    expect(await shown()).toEqual([
      ['another', '7'],
      ['fixed', '1'],
      ['kept', '2'],
      ['plain', '3'],
    ]);
  });

  it('is a failure of an upserted record whose entity is asked for, where there is no row', async () => {
    const failure = await failureOf(operations.batchUpsert(upserted, { ...byLabel, returnModels: true }), BatchError);
    expect(failure).toMatchObject({ index: 0, cause: expect.any(RowSuppressedError) });
  });
});
