import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Kysely, sql } from 'kysely';
import type pg from 'pg';
import { ConnectionError, ValidationError } from '../../src/index.js';
import { backendPid } from '../support/backend-pid.js';
import { failureOf, untilGone } from '../support/conditions.js';
import { prepare, TestBed } from '../support/test-bed.js';

interface Schema {
  number: { n: number };
}

let bed: TestBed;
let db: Kysely<Schema>;
let pool: pg.Pool;
let admin: pg.Client;

beforeAll(async () => {
  bed = await TestBed.create();
  ({ db, pool } = bed.open<Schema>({ pool: { max: 1 } }));
  admin = await bed.session();
  await prepare(
    pool,
    'create table number (n integer primary key)',
    'insert into number select generate_series(1, 25)',
  );
});
afterAll(() => bed.close());

describe('a stream of rows', () => {
  it.each([1, 7, 25, 100])('gives every row once and in order, %s at a time', async (chunkSize) => {
    const seen: number[] = [];
    for await (const { n } of db.selectFrom('number').selectAll().orderBy('n').stream(chunkSize)) seen.push(n);
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
  });

  it('takes parameters, and may be empty', async () => {
    const seen: number[] = [];
    for await (const { n } of db.selectFrom('number').selectAll().where('n', '>', 99).stream()) seen.push(n);
    expect(seen).toEqual([]);
  });

  it('gives its connection back when the loop is left early', async () => {
    const pid = await backendPid(db);
    for await (const { n } of db.selectFrom('number').selectAll().orderBy('n').stream(5)) if (n === 3) break;
    expect(await backendPid(db)).toBe(pid);
    expect(pool.idleCount).toBe(1);
  });

  it('gives its connection back when the loop throws', async () => {
    const run = (async () => {
      for await (const { n } of db.selectFrom('number').selectAll().stream(5)) throw new Error(`at ${n}`);
    })();
    await expect(run).rejects.toThrow('at ');
    expect(await backendPid(db)).toBeGreaterThan(0);
  });

  it('leaves its transaction usable when the loop is left early', async () => {
    const count = await db.transaction().execute(async (trx) => {
      for await (const { n } of trx.selectFrom('number').selectAll().orderBy('n').stream(2)) if (n === 3) break;
      const { rows } = await sql<{ open: string }>`select count(*) as open from pg_cursors`.execute(trx);
      return rows[0]?.open;
    });
    expect(count).toBe('0');
  });
});

describe('a stream that fails', () => {
  it('amid the rows gives an error of uno, after the rows before it, and the connection stays', async () => {
    const pid = await backendPid(db);
    const seen: number[] = [];
    const run = (async () => {
      const query = db
        .selectFrom('number')
        .select(['n', sql<number>`10 / (7 - n)`.as('quotient')])
        .orderBy('n');
      for await (const { n } of query.stream(2)) seen.push(n);
    })();
    const error = await failureOf(run);
    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toHaveProperty('sqlstate', '22012');
    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await backendPid(db)).toBe(pid);
  });

  it('at its beginning gives an error of uno', async () => {
    const run = (async () => {
      for await (const row of db.selectFrom('number').select(sql`nothing`.as('x')).stream())
        expect(row).toBeUndefined();
    })();
    expect(await failureOf(run)).toMatchObject({ code: 'UNO_STATEMENT', sqlstate: '42703' });
    expect(await backendPid(db)).toBeGreaterThan(0);
  });

  it('because the connection is terminated ends at once, and the next query works', async () => {
    const pid = await backendPid(db);
    const run = (async () => {
      for await (const { n } of db.selectFrom('number').selectAll().orderBy('n').stream(2)) {
        if (n !== 2) continue;
        await admin.query('select pg_terminate_backend($1)', [pid]);
        await untilGone(admin, pid);
      }
    })();
    expect(await failureOf(run)).toBeInstanceOf(ConnectionError);
    expect(await backendPid(db)).not.toBe(pid);
  });

  it('because the connection is terminated while the loop is left does not hang', async () => {
    const pid = await backendPid(db);
    for await (const { n } of db.selectFrom('number').selectAll().orderBy('n').stream(2)) {
      if (n !== 2) continue;
      await admin.query('select pg_terminate_backend($1)', [pid]);
      await untilGone(admin, pid);
      break;
    }
    expect(await backendPid(db)).not.toBe(pid);
  });
});
