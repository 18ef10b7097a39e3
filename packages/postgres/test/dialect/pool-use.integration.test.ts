import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Kysely, PostgresDialect } from 'kysely';
import type pg from 'pg';
import { ConfigError, executeText, poolUse, UnoPostgresDialect } from '../../src/index.js';
import { until } from '../support/conditions.js';
import { TestBed } from '../support/test-bed.js';

let bed: TestBed;
let db: Kysely<unknown>;
let pool: pg.Pool;

beforeAll(async () => {
  bed = await TestBed.create();
  ({ db, pool } = bed.open({ pool: { max: 2 } }));
});
afterAll(() => bed.close());

describe('poolUse', () => {
  it('tells at every moment what the pool has, also in a transaction', async () => {
    expect(poolUse(db)).toEqual({ max: 2, total: 0, idle: 0, waiting: 0 });
    await executeText(db, { sql: 'select 1' });
    expect(poolUse(db)).toEqual({ max: 2, total: 1, idle: 1, waiting: 0 });
    const waiting: Promise<unknown>[] = [];
    await db.transaction().execute(async (trx) => {
      expect(poolUse(trx)).toEqual({ max: 2, total: 1, idle: 0, waiting: 0 });
      await db.connection().execute(async (second) => {
        const third = executeText(db, { sql: 'select 1' });
        await until('it waits', async () => poolUse(second)?.waiting === 1);
        expect(poolUse(trx.withSchema('public'))).toEqual({ max: 2, total: 2, idle: 0, waiting: 1 });
        waiting.push(third);
      });
    });
    await Promise.all(waiting);
    expect(poolUse(db)).toEqual({ max: 2, total: 2, idle: 2, waiting: 0 });
  });

  it('is undefined when the pool does not say', () => {
    const silent = { connect: () => pool.connect(), end: async () => {} };
    expect(poolUse(new Kysely({ dialect: new UnoPostgresDialect({ pool: silent }) }))).toBeUndefined();
    const half = { ...silent, options: { max: 3 }, totalCount: 1 };
    expect(poolUse(new Kysely({ dialect: new UnoPostgresDialect({ pool: half }) }))).toBeUndefined();
  });

  it('refuses another dialect', () => {
    expect(() => poolUse(new Kysely({ dialect: new PostgresDialect({ pool }) }))).toThrow(ConfigError);
  });
});
