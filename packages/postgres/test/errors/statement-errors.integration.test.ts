import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import { isRecordFault, StatementError, TransactionAbortedError, ValidationError } from '../../src/index.js';
import { failureOf } from '../support/conditions.js';
import { prepare, TestBed } from '../support/test-bed.js';

let bed: TestBed;
let db: Kysely<unknown>;

beforeAll(async () => {
  bed = await TestBed.create();
  const opened = bed.open({ pool: { max: 1 } });
  db = opened.db;
  await prepare(
    opened.pool,
    'create table city (id integer generated always as identity primary key, name varchar(5), secret text)',
    `create function refuse() returns trigger language plpgsql as $$ begin
       raise exception 'no city may be called so' using errcode = 'P0001'; end $$`,
    "create trigger refuse before insert on city for each row when (new.name = 'bad') execute function refuse()",
  );
});
afterAll(() => bed.close());

function run(statement: string): Promise<unknown> {
  return failureOf(sql.raw(statement).execute(db));
}

describe('a value that the server refuses', () => {
  it.each([
    ['22P02', "select 'sesame-123'::integer"],
    ['22001', "insert into city (name) values ('sesame-123')"],
    ['22003', 'select 123456789012::integer'],
    ['22007', "select 'sesame-123'::date"],
    ['22008', "select '2024-02-30'::date"],
    ['22012', 'select 1 / 0'],
    ['22P02', "select 'sesame-123'::uuid"],
    ['22P02', "select '{sesame-123'::jsonb"],
  ])('gives a ValidationError of SQLSTATE %s that does not quote it: %s', async (sqlstate, statement) => {
    const error = await run(statement);
    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({ sqlstate, retry: 'never', cause: expect.any(pg.DatabaseError) });
    expect(String(error)).not.toMatch(/sesame|123456789012|2024/);
    expect(isRecordFault(error)).toBe(true);
  });
});

describe('a statement that the server refuses', () => {
  it.each([
    ['42P01', 'select * from nowhere'],
    ['42703', 'select nothing from city'],
    ['42601', 'selec 1'],
    ['42883', 'select no_such_function()'],
    ['0A000', 'select count(*) from city for update'],
    ['25006', 'do $$ begin set transaction read only; delete from city; end $$'],
  ])('gives a StatementError of SQLSTATE %s that no record is to blame for: %s', async (sqlstate, statement) => {
    const error = await run(statement);
    expect(error).toBeInstanceOf(StatementError);
    expect(error).toMatchObject({
      code: 'UNO_STATEMENT',
      sqlstate,
      retry: 'never',
      cause: expect.any(pg.DatabaseError),
    });
    expect(isRecordFault(error)).toBe(false);
  });

  it('says what the server said, with the SQLSTATE', async () => {
    const error = await run('select * from nowhere');
    expect(error).toHaveProperty('message', 'relation "nowhere" does not exist (SQLSTATE 42P01)');
  });

  it.each([
    ['P0001', "insert into city (name) values ('bad')"],
    ['428C9', 'insert into city (id) values (7)'],
  ])('may be the fault of one record with SQLSTATE %s: %s', async (sqlstate, statement) => {
    const error = await run(statement);
    expect(error).toBeInstanceOf(StatementError);
    expect(error).toHaveProperty('sqlstate', sqlstate);
    expect(isRecordFault(error)).toBe(true);
  });
});

describe('a transaction in which a statement has failed', () => {
  it('refuses all further statements with a TransactionAbortedError', async () => {
    const transaction = db.transaction().execute(async (trx) => {
      await failureOf(sql`select 1 / 0`.execute(trx));
      await sql`select 1`.execute(trx);
    });
    const error = await failureOf(transaction);
    expect(error).toBeInstanceOf(TransactionAbortedError);
    expect(error).toMatchObject({ sqlstate: '25P02', retry: 'never' });
  });

  it('does not commit in silence when the error was swallowed', async () => {
    const transaction = db.transaction().execute(async (trx) => {
      await sql`insert into city (name) values ('Oslo')`.execute(trx);
      await failureOf(sql`select 1 / 0`.execute(trx));
    });
    const error = await failureOf(transaction);
    expect(error).toBeInstanceOf(TransactionAbortedError);
    expect(error).toMatchObject({ code: 'UNO_TRANSACTION_ABORTED', retry: 'never' });
    expect(error).toHaveProperty('message', expect.stringContaining('rolled back instead of committed'));
    expect((await sql`select * from city`.execute(db)).rows).toEqual([]);
  });
});
