import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Kysely, sql } from 'kysely';
import type pg from 'pg';
import { atomically, executeTextSql, type Queryable, readByCursor } from '../../src/index.js';
import { backendPid } from '../support/backend-pid.js';
import { failureOf } from '../support/conditions.js';
import { prepare, TestBed } from '../support/test-bed.js';

let bed: TestBed;
let db: Kysely<unknown>;
let pool: pg.Pool;
const statements: string[] = [];

beforeAll(async () => {
  bed = await TestBed.create();
  const log = ({ query }: { readonly query: { readonly sql: string } }) => void statements.push(query.sql);
  ({ db, pool } = bed.open({ pool: { max: 1 }, log }));
  await prepare(pool, 'create table number (n integer)', 'insert into number select generate_series(1, 5)');
});
afterAll(() => bed.close());

const numbers = sql`select n, n / 2.0 from number where n <> ${'4'} order by n`;

async function read(on: Queryable, query = numbers, chunkSize = 2): Promise<(readonly (string | null)[])[][]> {
  const chunks: (readonly (string | null)[])[][] = [];
  for await (const { rows } of readByCursor(on, query, { chunkSize })) chunks.push([...rows]);
  return chunks;
}

describe('readByCursor', () => {
  it('gives the rows of a query with parameters as texts, chunk by chunk', async () => {
    const texts = (await read(db, sql`select n, n::numeric / 2 from number where n <> ${'4'} order by n`, 3)).map(
      (chunk) => chunk.map(([n]) => n),
    );
    expect(texts).toEqual([['1', '2', '3'], ['5']]);
    expect(await read(db, sql`select null, true, ${'x'}::text`)).toEqual([[[null, 't', 'x']]]);
    expect(await read(db, sql`select 1 where false`)).toEqual([]);
  });

  it('asks once more when the last chunk was full', async () => {
    statements.length = 0;
    expect(await read(db)).toHaveLength(2);
    expect(statements.map((text) => text.replace(/_\d+/, ''))).toEqual([
      'declare "uno_cursor" no scroll cursor for select n, n / 2.0 from number where n <> $1 order by n',
      'fetch forward 2 from uno_cursor',
      'fetch forward 2 from uno_cursor',
      'fetch forward 2 from uno_cursor',
    ]);
  });

  it('reads in a transaction that may not write, which sees what was there when it began', async () => {
    const levels = await read(
      db,
      sql`select current_setting('transaction_isolation'), current_setting('transaction_read_only')`,
    );
    expect(levels).toEqual([[['repeatable read', 'on']]]);
  });

  it('fails as the query does, whenever that is, and gives the connection back', async () => {
    const pid = await backendPid(db);
    expect(await failureOf(read(db, sql`select nothing`))).toMatchObject({ code: 'UNO_STATEMENT', sqlstate: '42703' });
    const late = sql`select 10 / (5 - n) from number order by n`;
    expect(await failureOf(read(db, late))).toMatchObject({ sqlstate: '22012' });
    expect(await backendPid(db)).toBe(pid);
    expect(pool.idleCount).toBe(1);
  });

  it('leaves a transaction of the caller open, and its cursor closed', async () => {
    await atomically(db, async (trx) => {
      expect(await read(trx)).toHaveLength(2);
      for await (const { rows, db: place } of readByCursor(trx, numbers, { chunkSize: 1 })) {
        expect(place).toBe(trx);
        if (rows[0]?.[0] === '2') break;
      }
      expect((await executeTextSql(trx, sql`select name from pg_cursors`)).rows).toEqual([]);
    });
  });

  it('says nothing of a cursor that went with its savepoint', async () => {
    await atomically(db, async (trx) => {
      const cursor = readByCursor(trx, numbers, { chunkSize: 1 });
      const inner = atomically(trx, async () => {
        await cursor.next();
        throw new Error('undone');
      });
      await expect(inner).rejects.toThrow('undone');
      await cursor.return();
      expect(await read(trx)).toHaveLength(2);
    });
  });
});
