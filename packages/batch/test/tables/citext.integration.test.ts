import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { checkMappings, column, mapEntity } from '@uno/domain';
import { type OpenTable, openTable } from './support/open-table.js';

class Account {
  email!: string;
  aliases!: string;
  amount!: number;
}
const accounts = mapEntity(Account, {
  table: 'account',
  key: 'email',
  columns: { email: column.ofType('citext'), aliases: column.ofType('citext[]'), amount: column.integer() },
});

let table: OpenTable;
/** The extension is not part of every installation. */
let isThere: boolean;
let operations: BatchOperations<typeof accounts>;

beforeAll(async () => {
  table = await openTable([]);
  isThere = (await table.run(`select from pg_available_extensions where name = 'citext'`)).length > 0;
  if (!isThere) return;
  await table.run('create extension citext');
  await table.run(
    'create table account (email citext primary key, aliases citext[] not null, amount integer not null)',
  );
  operations = new BatchOperations({ table: accounts, db: table.db });
});
afterAll(() => table.close());
beforeEach(async () => {
  if (isThere) await table.run('truncate account');
});

const shown = () => table.run('select email, aliases, amount from account order by email');
const account = (email: string, amount: number) => ({ email, aliases: `{${email},"x y"}`, amount });

describe('keys of an extension’s type, which ignores case', () => {
  it('fit their mapping', async () => {
    if (isThere) await checkMappings(table.db, [accounts]);
  });

  it('are inserted, read, updated, upserted and deleted', async () => {
    if (!isThere) return;
    const { models } = await operations.batchInsert([account('B@x', 1), account('a@x', 2)], { returnModels: true });
    expect(models.map(({ email }) => email)).toEqual(['B@x', 'a@x']);
    expect((await operations.batchGet(['A@X', 'none', 'b@x'])).map((one) => one?.email)).toEqual([
      'a@x',
      undefined,
      'B@x',
    ]);
    expect(
      await operations.batchUpdate([
        { email: 'b@X', amount: 3 },
        { email: 'B@X', amount: 4 },
      ]),
    ).toMatchObject({ updated: 2 });
    const upserted = await operations.batchUpsert([account('A@x', 2), account('B@x', 4), account('c', 5)]);
    expect(upserted).toMatchObject({ inserted: 1, updated: 1, unchanged: 1, individually: 0 });
    expect(await shown()).toEqual([
      ['a@x', '{A@x,"x y"}', '2'],
      ['B@x', '{B@x,"x y"}', '4'],
      ['c', '{c,"x y"}', '5'],
    ]);
    const { outcomes } = await operations.batchDelete(['A@X', 'a@x', 'C'], { outcomes: true });
    expect(outcomes.map(({ status }) => status)).toEqual(['deleted', 'skipped', 'deleted']);
  });
});
