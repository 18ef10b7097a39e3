import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Kysely } from 'kysely';
import { executeText, type Queryable, UnoPostgresDialect } from '../../src/index.js';
import { hiddenPool } from '../support/hidden-pool.js';
import { TestBed } from '../support/test-bed.js';

let bed: TestBed;
let db: Kysely<unknown>;

beforeAll(async () => {
  bed = await TestBed.create();
  ({ db } = bed.open({ pool: { max: 1 } }));
});
afterAll(() => bed.close());

/** What is told of the bytes of a statement. */
async function bytesOf(on: Queryable, sql: string, parameters: string[] = []): Promise<number[]> {
  const told: number[] = [];
  await executeText(on, { sql }, parameters, { onSent: (bytes) => told.push(bytes) }).catch(() => undefined);
  return told;
}

async function bytesFor(length: number): Promise<number> {
  const [bytes, ...more] = await bytesOf(db, 'select length($1::text)', ['x'.repeat(length)]);
  expect(more).toEqual([]);
  return bytes ?? Number.NaN;
}

describe('the bytes of a statement', () => {
  it('are its own, and grow with its parameters byte for byte', async () => {
    const [small, large, again] = [await bytesFor(10), await bytesFor(1_000_010), await bytesFor(10)];
    expect(small).toBeGreaterThan(10);
    expect(large - small).toBe(1_000_000);
    expect(again).toBe(small);
  });

  it('are told in a transaction too', async () => {
    const sent = await db.transaction().execute((trx) => bytesOf(trx, 'select 1'));
    // One simple query: its type, its length, its text and a zero.
    expect(sent).toEqual([1 + 4 + 'select 1'.length + 1]);
  });

  it('are told of what the server refused, too', async () => {
    expect(await bytesOf(db, 'select 1/0')).toEqual([1 + 4 + 'select 1/0'.length + 1]);
  });

  it('are not told of what was not sent', async () => {
    const told: number[] = [];
    const options = { signal: AbortSignal.abort(), onSent: (bytes: number) => told.push(bytes) };
    await expect(executeText(db, { sql: 'select 1' }, [], options)).rejects.toMatchObject({ code: 'UNO_CANCELED' });
    expect(told).toEqual([]);
  });

  it('are 0 where the pool does not expose its sockets', async () => {
    const hidden = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool: hiddenPool(bed.connectionString) }) });
    expect(await bytesOf(hidden, 'select 1')).toEqual([0]);
    expect(await bytesOf(hidden, 'select 1/0')).toEqual([0]);
    await hidden.destroy();
  });
});
