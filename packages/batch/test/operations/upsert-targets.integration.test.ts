import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { column, mapEntity } from '@uno/domain';
import { ConfigError } from '@uno/postgres';
import fc from 'fast-check';
import { failureOf } from '../support/failure-of.js';
import { type OpenTable, openTable } from '../tables/support/open-table.js';

class Account {
  id!: number;
  email!: string;
  team!: number | null;
  closed!: boolean;
  name!: string | null;
  visits!: number;
}
const accounts = mapEntity(Account, {
  table: 'account',
  columns: {
    id: column.integer().generated(),
    email: column.text(),
    team: column.integer().nullable(),
    closed: column.boolean().default(false),
    name: column.text().nullable(),
    visits: column.integer().default(0),
  },
});

let table: OpenTable;
let operations: BatchOperations<typeof accounts>;

beforeAll(async () => {
  table = await openTable([
    `create table account (id serial primary key, email text not null, team integer, closed boolean not null default false,
      name text, visits integer not null default 0, "Slug Of" text generated always as (lower(email) || '!') stored)`,
    'create unique index account_email on account (lower(email)) where not closed',
    'alter table account add constraint account_name unique (name)',
    'create unique index account_open_team on account (team) where not closed',
    'create unique index account_shut_team on account (team, (visits % 10)) where closed and visits > 100',
  ]);
  operations = new BatchOperations({ table: accounts, db: table.db, config: { batchSize: 4 } });
});
afterAll(() => table.close());
beforeEach(async () => {
  await table.run('truncate account restart identity');
  await table.run(`insert into account (email, name, team) values ('Ann@x', 'ann', 1), ('bob@x', 'bob', 2)`);
  table.sent.length = 0;
});

const shown = () => table.run('select id, email, name, team, closed, visits from account order by id');

const strategies = ['single_query', 'chunked', 'parallel', 'pipelined', 'optimistic'] as const;

describe('an upsert', () => {
  it('goes by a constraint of a name', async () => {
    const records = [
      { email: 'new@x', name: 'ann' },
      { email: 'c@x', name: 'c' },
    ];
    expect(await operations.batchUpsert(records, { constraint: 'account_name' })).toMatchObject({
      inserted: 1,
      updated: 1,
    });
    expect((await shown()).map(([id, email]) => [id === '1', email])).toEqual([
      [true, 'new@x'],
      [false, 'bob@x'],
      [false, 'c@x'],
    ]);
  });

  it.each(strategies)('goes by an expression over some rows, under %s', async (strategy) => {
    const records = [
      { email: 'ANN@X', visits: 5 },
      { email: 'bob@x', visits: 0 },
      { email: 'bob@x', visits: 7, closed: true },
      { email: 'bob@x', visits: 7, closed: true },
      { email: 'cid@x' },
      { email: 'CID@x', visits: 9 },
    ];
    const options = { constraint: 'account_email', outcomes: true, returnModels: true, strategy } as const;
    const { outcomes, models, ...totals } = await operations.batchUpsert(records, options);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'updated',
      'unchanged',
      'inserted',
      'inserted',
      'skipped',
      'inserted',
    ]);
    expect(totals).toMatchObject({ total: 6, inserted: 3, updated: 1, unchanged: 1, skipped: 1 });
    expect(models.map(({ email, visits, closed }) => `${email} ${visits} ${closed}`)).toEqual([
      'ANN@X 5 false',
      'bob@x 0 false',
      'bob@x 7 true',
      'bob@x 7 true',
      'CID@x 9 false',
      'CID@x 9 false',
    ]);
    expect(new Set(models.map(({ id }) => id)).size).toBe(5);
    expect((await shown()).map(([, email]) => email).sort()).toEqual(['ANN@X', 'CID@x', 'bob@x', 'bob@x', 'bob@x']);
  });

  it('goes by the only index over its fields, though it is about some rows', async () => {
    const records = [
      { email: 'z@x', team: 1 },
      { email: 'y@x', team: 3 },
      { email: 'v@x', team: null },
    ];
    const { models } = await operations.batchUpsert(records, { constraintColumns: ['team'], returnModels: true });
    expect(models.map(({ id, email, team }) => [id === 1, email, team])).toEqual([
      [true, 'z@x', 1],
      [false, 'y@x', 3],
      [false, 'v@x', null],
    ]);
  });

  it('goes by columns that are computed, of what the records give and of defaults', async () => {
    const records = [
      { email: 'ANN@x', name: 'a' },
      { email: 'new@x', name: 'n' },
      { email: 'NEW@x', name: 'm' },
    ];
    const options = { constraint: 'Account slug', returnModels: true } as const;
    await table.run('create unique index "Account slug" on account ("Slug Of", closed)');
    // What the catalogue said is forgotten when a statement fails.
    const unknown = new BatchOperations({ table: accounts, db: table.db }).batchUpsert(records, {
      constraintColumns: ['email'],
    });
    expect(await failureOf(unknown)).toMatchObject({ sqlstate: '42P10' });
    expect(await operations.batchUpsert(records, options)).toMatchObject({
      total: 3,
      inserted: 1,
      updated: 1,
      skipped: 1,
    });
    expect((await shown()).map(([id, email, name]) => [id === '1', email, name])).toEqual([
      [true, 'ANN@x', 'a'],
      [false, 'bob@x', 'bob'],
      [false, 'NEW@x', 'm'],
    ]);
  });

  it('says which constraints there are when it is given another name', async () => {
    const error = await failureOf(operations.batchUpsert([{ email: 'a' }], { constraint: 'nothing' }), ConfigError);
    expect(error.message).toMatch(
      /^batchUpsert: account, the table of Account, has no unique constraint or index "nothing"\. Known are: .*account_name.*\.$/,
    );
    const both = { constraint: 'account_name', constraintColumns: ['name'] } as const;
    expect((await failureOf(operations.batchUpsert([], both), ConfigError)).message).toContain('leave one of them out');
  });

  it('asks which is meant where several are over the same columns', async () => {
    await table.run('create unique index account_other_team on account (team) where closed');
    const fresh = await openTable([]);
    try {
      // What the catalogue says is kept for a database, so that another one is needed to see it anew.
      await fresh.run('create table account (id serial primary key, email text, team integer, closed boolean)');
      await fresh.run('create unique index one on account (team) where closed');
      await fresh.run('create unique index two on account (team) where not closed');
      const other = new BatchOperations({ table: accounts, db: fresh.db });
      const failing = other.batchUpsert([{ email: 'a', team: 1 }], { constraintColumns: ['team'] });
      expect((await failureOf(failing, ConfigError)).message).toMatch(/Say which by constraint: (one, two|two, one)\./);
    } finally {
      await fresh.close();
      await table.run('drop index account_other_team');
    }
  });

  it('finds out within one statement and without another one what is counted only', async () => {
    const records = Array.from({ length: 4 }, (_, i) => ({ email: `${i}@x`, name: i % 2 ? 'ann' : `n${i}` }));
    await operations.batchUpsert(records.slice(0, 3), { constraint: 'account_name' });
    expect(table.sent.filter((text) => !text.startsWith('select json_build_object')).length).toBe(1);
  });
});

/** Small domains, so that records meet: by case, by NULL, and outside of the index. */
const records = fc.array(
  fc.record(
    {
      email: fc.constantFrom('a@x', 'A@x', 'b@x', 'B@X', 'c@x'),
      closed: fc.boolean(),
      visits: fc.integer({ min: 0, max: 2 }),
    },
    { requiredKeys: ['email'] },
  ),
  { maxLength: 12 },
);

describe('upserts by an expression over some rows', () => {
  beforeAll(() => table.run('drop index if exists "Account slug"'));
  it('leave behind what they do one by one', async () => {
    await fc.assert(
      fc.asyncProperty(
        records,
        fc.integer({ min: 2, max: 12 }),
        fc.constantFrom(...strategies),
        fc.boolean(),
        async (input, batchSize, strategy, returnModels) => {
          const seen: unknown[] = [];
          for (const size of [batchSize, 1]) {
            await table.run('truncate account restart identity');
            await table.run(`insert into account (email, visits) values ('A@x', 1), ('b@x', 2)`);
            const options = {
              constraint: 'account_email',
              batchSize: size,
              strategy: size === 1 ? 'chunked' : strategy,
              outcomes: true,
            } as const;
            const result = await (returnModels
              ? operations.batchUpsert(input, { ...options, returnModels })
              : operations.batchUpsert(input, options));
            const sum = result.inserted + result.updated + result.unchanged + result.skipped;
            expect([result.outcomes.length, sum]).toEqual([input.length, input.length]);
            seen.push(await table.run('select email, closed, visits from account order by 1, 2, 3'));
          }
          expect(seen[0]).toEqual(seen[1]);
        },
      ),
      { numRuns: 120 },
    );
  });
});
