import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { BatchError, column, mapEntity, UnoContext, UnoDBRepository } from '@uno/domain';
import { ConfigError, ValidationError } from '@uno/postgres';
import { failureOf } from '../support/failure-of.js';
import { type OpenTable, openTable } from './support/open-table.js';

class Ticket {
  id!: number;
  label!: string;
}
const columns = { label: column.text() };
const always = mapEntity(Ticket, {
  table: 'ticket',
  columns: { id: column.integer().generated('always'), ...columns },
});
const byDefault = mapEntity(Ticket, { table: 'ticket', columns: { id: column.integer().generated(), ...columns } });

let table: OpenTable;

beforeAll(async () => {
  table = await openTable([
    'create table ticket (id integer generated always as identity primary key, label text not null unique)',
  ]);
});
afterAll(() => table.close());
beforeEach(async () => {
  await table.run('truncate ticket restart identity');
  table.sent.length = 0;
});

const shown = () => table.run('select id, label from ticket order by id');
/** More than the type allows. */
const given: { label: string } = Object.assign({ label: 'a' }, { id: 5 });

describe('a number for an identity that takes none', () => {
  it('is refused before a record is sent, in sets and one by one', async () => {
    const operations = new BatchOperations({ table: always, db: table.db });
    const repository = new UnoDBRepository(new UnoContext({ db: table.db }), always);
    const failures = [
      await failureOf(operations.batchInsert([{ label: 'b' }, given]), BatchError),
      await failureOf(operations.batchInsert([{ label: 'b' }, given], { returnModels: true }), BatchError),
      await failureOf(operations.batchUpsert([{ label: 'b' }, given], { constraintColumns: ['label'] }), BatchError),
      await failureOf(repository.batchAdd([{ label: 'b' }, given]), BatchError),
    ];
    for (const failure of failures) {
      expect(failure).toMatchObject({ index: 1, cause: expect.any(ValidationError) });
      expect(String(failure.cause)).toContain('Ticket record 1 gives "id", which is always generated.');
    }
    expect(table.sent.filter((text) => text.includes('insert into'))).toEqual([]);
    expect(await shown()).toEqual([]);
  });

  it('is passed over in an entity that was read', async () => {
    const operations = new BatchOperations({ table: always, db: table.db });
    const { models } = await operations.batchInsert([{ label: 'a' }, { label: 'b' }], { returnModels: true });
    await operations.batchDelete([1]);
    expect(await operations.batchUpsert(models, { constraintColumns: ['label'] })).toMatchObject({
      inserted: 1,
      unchanged: 1,
    });
    expect((await shown()).map(([, label]) => label).sort()).toEqual(['a', 'b']);
    expect(await shown()).not.toContainEqual(['1', 'a']);
  });

  it('cannot decide which row an upsert finds', async () => {
    const operations = new BatchOperations({ table: always, db: table.db });
    const failure = await failureOf(operations.batchUpsert([{ label: 'a' }]), ConfigError);
    expect(failure.message).toBe(
      'batchUpsert: "id" cannot be among constraintColumns (the key, if not said), because no record gives it: it is always generated.',
    );
  });
});

describe('a number for an identity that takes none, where the mapping does not know', () => {
  it('is that record’s fault', async () => {
    const operations = new BatchOperations({ table: byDefault, db: table.db });
    const failure = await failureOf(operations.batchInsert([{ label: 'b' }, { id: 5, label: 'a' }]), BatchError);
    expect(failure).toMatchObject({ index: 1, sqlstate: '428C9' });
    expect(await shown()).toEqual([]);
  });

  it('is that record’s fault where entities are asked for, too', async () => {
    const operations = new BatchOperations({ table: byDefault, db: table.db });
    const records = [
      { id: 6, label: 'b' },
      { id: 5, label: 'a' },
    ];
    expect(await failureOf(operations.batchInsert(records, { returnModels: true }))).toMatchObject({
      index: 0,
      sqlstate: '428C9',
    });
  });
});
