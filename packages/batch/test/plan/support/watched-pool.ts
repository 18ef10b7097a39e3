import { UnoPostgresDialect } from '@uno/postgres';
import { createTestDatabase } from '@uno/testing';
import { Kysely } from 'kysely';
import pg from 'pg';
import { recordSent } from '../../support/record-statements.js';

/** A database of a test file's own, whose pool is watched. */
export interface WatchedPool {
  readonly db: Kysely<unknown>;
  readonly poolSize: number;
  run(statement: string): Promise<void>;
  /** What is sent while a function runs. */
  watch(run: () => Promise<unknown>): Promise<Watched>;
  close(): Promise<void>;
}

/** What was sent, told apart by its text. */
export interface Watched {
  /** How often each text was sent, but for what opens and ends transactions. */
  readonly statements: ReadonlyMap<string, number>;
  readonly transactions: number;
  readonly savepoints: number;
  /** Times that something was sent. */
  readonly messages: number;
  /** Connections that were out of the pool at the same time, at most. */
  readonly connections: number;
}

const poolSize = 4;

export async function openWatchedPool(make: readonly string[]): Promise<WatchedPool> {
  const database = await createTestDatabase({ name: 'plan' });
  const pool = new pg.Pool({ connectionString: database.connectionString, max: poolSize });
  pool.on('error', () => undefined);
  const sent = recordSent(pool);
  let out = 0;
  let most = 0;
  pool.on('acquire', () => {
    out++;
    most = Math.max(most, out);
  });
  pool.on('release', () => {
    out--;
  });
  const db = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }) });
  const run = async (statement: string) => {
    await pool.query(statement);
  };
  for (const statement of make) await run(statement);
  return {
    db,
    poolSize,
    run,
    watch: async (act) => {
      sent.length = 0;
      most = out;
      const before = out;
      await act();
      return { ...toldApart(sent), connections: most - before };
    },
    close: async () => {
      await db.destroy();
      await database.drop();
    },
  };
}

/** What a new connection is told, once. */
const settings = /^select set_config\('datestyle'/;

function toldApart(all: readonly string[]): Omit<Watched, 'connections'> {
  const sent = all.filter((text) => !settings.test(text));
  const statements = new Map<string, number>();
  let transactions = 0;
  let savepoints = 0;
  // Several that are sent together are one text to who looks on.
  for (const text of sent.flatMap((one) => one.split(';\n'))) {
    if (/^(start transaction|begin)/.test(text)) transactions++;
    else if (/savepoint /.test(text)) savepoints++;
    else if (!/^(commit|rollback|release )/.test(text)) statements.set(text, (statements.get(text) ?? 0) + 1);
  }
  return { statements, transactions, savepoints, messages: sent.length };
}
