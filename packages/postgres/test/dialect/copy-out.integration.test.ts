import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Kysely, sql } from 'kysely';
import type pg from 'pg';
import { atomically, ConfigError, type CopyOutStatement, copyOut, executeText } from '../../src/index.js';
import { expectCanceled, reason } from '../support/canceled.js';
import { failureOf, until } from '../support/conditions.js';
import { TestBed } from '../support/test-bed.js';

let bed: TestBed;
let db: Kysely<unknown>;
let observer: pg.Client;

beforeAll(async () => {
  bed = await TestBed.create();
  ({ db } = bed.open({ pool: { max: 1 } }));
  observer = await bed.session();
});
afterAll(() => bed.close());

/** Everything that a COPY gives. */
async function copied(statement: CopyOutStatement): Promise<{ rows: number; text: string }> {
  const pieces: Uint8Array[] = [];
  const { rows } = await copyOut(db, statement, (piece) => {
    pieces.push(piece);
  });
  return { rows, text: Buffer.concat(pieces).toString() };
}

const endless = { query: 'select generate_series(1, 1000000000), repeat($$x$$, 100)' };

async function queriesOfOthers(): Promise<string[]> {
  const { rows } = await observer.query<{ query: string }>(
    "select query from pg_stat_activity where datname = current_database() and state = 'active' and pid <> pg_backend_pid()",
  );
  return rows.map(({ query }) => query);
}

describe('copyOut', () => {
  it('gives what the server writes, in its formats', async () => {
    const query = `select 1 as "a b", null as n, e'x\\ty "q"' as t -- and that is all`;
    expect(await copied({ query })).toEqual({ rows: 1, text: '1\t\\N\tx\\ty "q"\n' });
    expect(await copied({ query, format: 'csv', header: true })).toEqual({
      rows: 1,
      text: 'a b,n,t\n1,,"x\ty ""q"""\n',
    });
    expect(await copied({ query, format: 'csv', delimiter: '|', quote: "'" })).toMatchObject({ text: '1||x\ty "q"\n' });
    expect((await copied({ query, format: 'binary' })).text).toMatch(/^PGCOPY\n/);
    expect(await copied({ query: 'select 1 where false' })).toEqual({ rows: 0, text: '' });
  });

  it('keeps every byte in order over many pieces, which are the receiver’s to keep', async () => {
    const query = `select i, repeat(chr(97 + i % 26), i % 300) from generate_series(1, 20000) i
      union all select 0, repeat('z', 200000)`;
    const { rows, text } = await copied({ query });
    const lines = Array.from(
      { length: 20_000 },
      (_, i) => `${i + 1}\t${String.fromCharCode(97 + ((i + 1) % 26)).repeat((i + 1) % 300)}\n`,
    );
    expect(rows).toBe(20_001);
    expect(text === `${lines.join('')}0\t${'z'.repeat(200_000)}\n`).toBe(true);
  });

  it('waits for a receiver that takes its time, and has the server wait', async () => {
    const { pool, db: slow } = bed.open({ pool: { max: 1 } });
    const waits: (() => void)[] = [];
    let taken = 0;
    const controller = new AbortController();
    await observer.query('create sequence told');
    const copy = copyOut(
      slow,
      { query: `select nextval('told'), t.* from (${endless.query}) as t` },
      (piece) => {
        taken += piece.length;
        return new Promise<void>((resolve) => waits.push(resolve));
      },
      { signal: controller.signal },
    );
    const ended = copy.catch((error: unknown) => error);
    const rowsTold = async () => (await observer.query<{ n: string }>('select last_value as n from told')).rows[0]?.n;
    // Were it read on, the server would go on, too.
    await until('the server waits to be read', async () => {
      const before = await rowsTold();
      for (let i = 0; i < 20; i++) await rowsTold();
      return taken > 0 && before === (await rowsTold());
    });
    expect(waits).toHaveLength(1);
    expect(taken).toBeLessThan(70_000);
    for (let i = 0; i < 5; i++) {
      waits.shift()?.();
      await until('the next piece comes', async () => waits.length === 1);
    }
    controller.abort(reason);
    expectCanceled(await ended);
    expect(await queriesOfOthers()).toEqual([]);
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  it.each([
    [
      'at once',
      () => {
        throw reason;
      },
    ],
    ['later on', () => Promise.reject(reason)],
    [
      'as a pipe does that nobody reads',
      () => {
        throw Object.assign(reason, { code: 'EPIPE' });
      },
    ],
  ])('ends on the server when the receiver throws %s, and throws that', async (_how, take) => {
    const connections = await executeText(db, { sql: 'select pg_backend_pid()' });
    await expect(copyOut(db, endless, take)).rejects.toBe(reason);
    expect(await queriesOfOthers()).toEqual([]);
    // Of a server that has sent all there is nothing to cancel.
    await expect(copyOut(db, { query: 'select 1' }, take)).rejects.toBe(reason);
    expect((await executeText(db, { sql: 'select pg_backend_pid()' })).rows).toEqual(connections.rows);
  });

  it('tells why the server refuses it, at the beginning or amid the rows', async () => {
    await expect(copied({ query: 'select nothing' })).rejects.toMatchObject({ sqlstate: '42703' });
    let bytes = 0;
    const query = 'select 1 / (50000 - i) from generate_series(1, 100000) i';
    const copy = copyOut(db, { query }, (piece) => {
      bytes += piece.length;
    });
    await expect(copy).rejects.toMatchObject({ code: 'UNO_VALIDATION', sqlstate: '22012' });
    expect(bytes).toBeGreaterThan(10_000);
    expect(await copied({ query: 'select 1' })).toEqual({ rows: 1, text: '1\n' });
  });

  it('takes one query, and no statement behind it', async () => {
    await observer.query('create table kept (a integer)');
    const query = 'select 1) to stdout; drop table kept; copy (select 2';
    expect(await failureOf(copied({ query }))).toMatchObject({ code: 'UNO_STATEMENT', sqlstate: '42601' });
    expect(await copied({ query: 'select * from kept' })).toEqual({ rows: 0, text: '' });
  });

  it('is part of the transaction that it is given', async () => {
    const text = await atomically(db, async (transaction) => {
      await sql`create table passing as select 7 as a`.execute(transaction);
      const pieces: Uint8Array[] = [];
      await copyOut(transaction, { query: 'table passing' }, (piece) => {
        pieces.push(piece);
      });
      await sql`drop table passing`.execute(transaction);
      return Buffer.concat(pieces).toString();
    });
    expect(text).toBe('7\n');
  });

  it('refuses what is no query, and signs of more than one character', async () => {
    for (const wrong of [
      { query: ' ' },
      { query: 'select 1', quote: '' },
      { query: 'select 1', delimiter: "', header" },
    ]) {
      expect(await failureOf(copied(wrong))).toBeInstanceOf(ConfigError);
    }
  });
});
