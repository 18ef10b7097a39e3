import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type FaultProxy, startFaultProxy } from '@uno/testing';
import { type Kysely, sql } from 'kysely';
import type pg from 'pg';
import {
  atomically,
  ConstraintError,
  type CopySource,
  copyIn,
  executeText,
  StatementError,
  ValidationError,
} from '../../src/index.js';
import { backendPid } from '../support/backend-pid.js';
import { cityIds, createCities, endlessLines, HangingSource, intoCities, line, lines } from '../support/cities.js';
import { failureOf } from '../support/conditions.js';
import { prepare, TestBed } from '../support/test-bed.js';

let bed: TestBed;
let proxy: FaultProxy;
let db: Kysely<unknown>;
let pool: pg.Pool;
let role: string;

beforeAll(async () => {
  bed = await TestBed.create();
  proxy = await startFaultProxy({ target: bed.connectionString });
  ({ db, pool } = bed.open({ pool: { connectionString: proxy.connectionString, max: 1 } }));
  role = `${bed.databaseName}_guest`;
  await prepare(
    pool,
    createCities,
    "create view capital as select * from city where name like 'capital%'",
    'create view any_city as select * from city',
    `create function store_city() returns trigger language plpgsql as
      $$ begin insert into city values (new.id, new.name); return new; end $$`,
    'create trigger store_city instead of insert on any_city for each row execute function store_city()',
    'create table own (id integer, name text)',
    'alter table own enable row level security',
    'create policy all_of_it on own',
    'create table closed (id integer, name text)',
    `create role ${role}`,
    `grant all on own to ${role}`,
  );
});
beforeEach(async () => {
  await executeText(db, { sql: 'truncate city' });
  proxy.clearMessages();
});
afterAll(async () => {
  await prepare(pool, `drop owned by ${role}`, `drop role ${role}`);
  await bed.close();
  await proxy.close();
});

/** What ended the data of the copies, as far as the client is concerned. */
function ends(): string[] {
  return proxy.messages.map(({ name }) => name).filter((name) => name === 'CopyDone' || name === 'CopyFail');
}

describe('what PostgreSQL refuses', () => {
  it.each<[string, string, object]>([
    [
      'a key that is there twice',
      line(1) + line(2) + line(1),
      { sqlstate: '23505', constraint: 'city_pk', table: 'city', retry: 'never' },
    ],
    ['a null where none is allowed', line(1) + line(2, null), { sqlstate: '23502', column: 'name', table: 'city' }],
  ])('by a constraint is a ConstraintError: %s', async (_what, data, expected) => {
    const pid = await backendPid(db);
    const error = await failureOf(copyIn(db, intoCities, data));
    expect(error).toBeInstanceOf(ConstraintError);
    expect(error).toMatchObject(expected);
    expect(await cityIds(db)).toEqual([]);
    expect(await backendPid(db)).toBe(pid);
  });

  it.each<[string, string, string]>([
    ['text that is not of the type', line('seven'), '22P02'],
    ['a number that is too large', line('99999999999'), '22003'],
    ['a line of too few fields', '1\n', '22P04'],
    ['a line of too many fields', '1\ta\tb\n', '22P04'],
  ])('of the text is a ValidationError without the text: %s', async (_what, data, sqlstate) => {
    const pid = await backendPid(db);
    const error = await failureOf(copyIn(db, intoCities, [line(1), data, line(2)]));
    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({ sqlstate, message: expect.not.stringMatching(/seven|999|city/) });
    expect(JSON.stringify(error)).not.toContain('seven');
    expect(await cityIds(db)).toEqual([]);
    expect(await backendPid(db)).toBe(pid);
  });

  it('of the statement is a StatementError, and no data is taken', async () => {
    const pid = await backendPid(db);
    let isTaken = false;
    function* source(): Generator<string> {
      isTaken = true;
      yield* endlessLines();
    }
    const error = await failureOf(copyIn(db, { ...intoCities, table: ['nowhere'] }, source()));
    expect(error).toBeInstanceOf(StatementError);
    expect(error).toMatchObject({ sqlstate: '42P01' });
    expect([isTaken, ends()]).toEqual([false, []]);
    expect(await backendPid(db)).toBe(pid);
  });

  it('because it is a view, which it says when it has asked for data, is a StatementError', async () => {
    const pid = await backendPid(db);
    const error = await failureOf(copyIn(db, { ...intoCities, table: ['capital'] }, endlessLines()));
    expect(error).toBeInstanceOf(StatementError);
    expect(error).toMatchObject({ sqlstate: '42809' });
    expect(await backendPid(db)).toBe(pid);
  });

  it.each([
    ['under row-level security', 'own', '0A000'],
    ['without the privilege', 'closed', '42501'],
  ])('a role %s is a StatementError', async (_what, table, sqlstate) => {
    const pid = await backendPid(db);
    const run = db.transaction().execute(async (trx) => {
      await sql`set local role ${sql.id(role)}`.execute(trx);
      await copyIn(trx, { ...intoCities, table: [table] }, lines(2));
    });
    const error = await failureOf(run);
    expect(error).toBeInstanceOf(StatementError);
    expect(error).toMatchObject({ sqlstate });
    expect(await backendPid(db)).toBe(pid);
  });
});

describe('a view with an INSTEAD OF trigger', () => {
  it('takes what is copied', async () => {
    expect(await copyIn(db, { ...intoCities, table: ['any_city'] }, lines(3))).toEqual({ affected: 3 });
    expect(await cityIds(db)).toEqual([1, 2, 3]);
  });
});

describe('an error that comes amid the data', () => {
  function* endlessAfter(first: string): Generator<string> {
    yield first;
    yield* endlessLines();
  }

  it('ends an iterable without an end, which learns of it, and the connection stays', async () => {
    const pid = await backendPid(db);
    let isLeft = false;
    function* source(): Generator<string> {
      try {
        yield* endlessAfter(line('seven'));
      } finally {
        isLeft = true;
      }
    }
    expect(await failureOf(copyIn(db, intoCities, source()))).toMatchObject({ sqlstate: '22P02' });
    expect(await cityIds(db)).toEqual([]);
    expect(isLeft).toBe(true);
    expect(await backendPid(db)).toBe(pid);
    // The way to the server is told too that the data has come to its end.
    expect(ends()).toEqual(['CopyFail']);
  });

  it('does not wait for a source that hangs', async () => {
    const pid = await backendPid(db);
    const source = new HangingSource([line('seven', 'x'.repeat(100_000))]);
    expect(await failureOf(copyIn(db, intoCities, source))).toMatchObject({ sqlstate: '22P02' });
    expect(source.isLeft).toBe(true);
    expect(await backendPid(db)).toBe(pid);
  });

  it.each<[string, () => CopySource]>([
    ['one text', () => line('seven') + 'x'.repeat(30_000_000)],
    ['bytes', () => Buffer.from(line('seven') + 'x'.repeat(30_000_000))],
    ['small pieces', () => [line('seven'), ...Array.from({ length: 30 }, () => 'x'.repeat(1_000_000))]],
  ])('while the socket is full leaves the process and the connection whole: %s', async (_what, data) => {
    const pid = await backendPid(db);
    expect(await failureOf(copyIn(db, intoCities, data()))).toMatchObject({ sqlstate: '22P02' });
    expect(await backendPid(db)).toBe(pid);
    expect(await copyIn(db, intoCities, lines(3))).toEqual({ affected: 3 });
  });

  it('after all of it was sent says so in the end', async () => {
    expect(await failureOf(copyIn(db, intoCities, line(1) + line(1)))).toMatchObject({ sqlstate: '23505' });
    expect(ends()).toEqual(['CopyDone']);
  });
});

describe('a transaction in which a copy has failed', () => {
  it('is rolled back', async () => {
    const run = db.transaction().execute(async (trx) => {
      await copyIn(trx, intoCities, line(1));
      await failureOf(copyIn(trx, intoCities, line(1)));
      await copyIn(trx, intoCities, line(2));
    });
    expect(await failureOf(run)).toMatchObject({ code: 'UNO_TRANSACTION_ABORTED', sqlstate: '25P02' });
    expect(await cityIds(db)).toEqual([]);
  });

  it('goes on where it was behind a savepoint', async () => {
    await db.transaction().execute(async (trx) => {
      await copyIn(trx, intoCities, line(1));
      const refused = atomically(trx, async (inner) => {
        await copyIn(inner, intoCities, line(2));
        await copyIn(inner, intoCities, [line(3), line('seven'), ...lines(10)]);
      });
      expect(await failureOf(refused)).toMatchObject({ sqlstate: '22P02' });
      await atomically(trx, (inner) => copyIn(inner, intoCities, line(4)));
      await copyIn(trx, intoCities, line(5));
    });
    expect(await cityIds(db)).toEqual([1, 4, 5]);
  });
});
