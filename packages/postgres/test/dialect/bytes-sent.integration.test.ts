import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Kysely } from 'kysely';
import pg from 'pg';
import { executeText, type PgPool, UnoPostgresDialect } from '../../src/index.js';
import { TestBed } from '../support/test-bed.js';

let bed: TestBed;
let db: Kysely<unknown>;

beforeAll(async () => {
  bed = await TestBed.create();
  ({ db } = bed.open({ pool: { max: 1 } }));
});
afterAll(() => bed.close());

async function bytesOf(length: number): Promise<number> {
  return (await executeText(db, { sql: 'select length($1::text)' }, ['x'.repeat(length)])).bytesSent;
}

describe('the bytes of a statement', () => {
  it('are its own, and grow with its parameters byte for byte', async () => {
    const [small, large, again] = [await bytesOf(10), await bytesOf(1_000_010), await bytesOf(10)];
    expect(small).toBeGreaterThan(10);
    expect(large - small).toBe(1_000_000);
    expect(again).toBe(small);
  });

  it('are told in a transaction too', async () => {
    const sent = await db.transaction().execute(async (trx) => (await executeText(trx, { sql: 'select 1' })).bytesSent);
    // One simple query: its type, its length, its text and a zero.
    expect(sent).toBe(1 + 4 + 'select 1'.length + 1);
  });

  it('are 0 where the pool does not expose its sockets', async () => {
    const own = new pg.Pool({ connectionString: bed.connectionString });
    const bare: PgPool = {
      connect: async () => {
        const client = await own.connect();
        return {
          query: client.query.bind(client),
          on: client.on.bind(client),
          release: (destroy) => client.release(destroy),
        };
      },
      end: () => own.end(),
    };
    const hidden = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool: bare }) });
    expect(await executeText(hidden, { sql: 'select 1' })).toEqual({ rows: [['1']], affected: 0, bytesSent: 0 });
    await hidden.destroy();
  });
});
