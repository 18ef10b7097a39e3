import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Kysely } from 'kysely';
import { executeText, preparedStatement, StatementError, UnoPostgresDialect } from '../../src/index.js';
import { failureOf } from '../support/conditions.js';
import { type Opened, TestBed } from '../support/test-bed.js';

let bed: TestBed;
let opened: Opened<unknown>;

beforeAll(async () => {
  bed = await TestBed.create();
  opened = bed.open({ pool: { max: 1 } });
});
afterAll(() => bed.close());

describe('a prepared statement whose table was altered', () => {
  it('fails once, says that the transaction can be repeated, and then works on a new connection', async () => {
    const { db } = opened;
    const statement = preparedStatement('select id from altered');
    await executeText(db, { sql: 'create table altered (id integer)' });
    await executeText(db, statement);
    await executeText(db, { sql: 'alter table altered alter id type bigint' });
    const error = await failureOf(executeText(db, statement));
    expect(error).toBeInstanceOf(StatementError);
    expect(error).toMatchObject({ sqlstate: '0A000', retry: 'whole-transaction' });
    expect((await executeText(db, statement)).rows).toEqual([]);
  });
});

describe('a pool that several dialects share', () => {
  it('gives each of its connections one listener, however many there are', async () => {
    const { pool } = opened;
    for (let i = 0; i < 15; i++) {
      const db = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }) });
      await executeText(db, { sql: 'select 1' });
    }
    const client = await pool.connect();
    expect(client.listenerCount('error')).toBe(1);
    client.release();
  });
});
