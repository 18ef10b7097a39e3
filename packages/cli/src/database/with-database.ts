import { UnoPostgresDialect } from '@uno/postgres';
import { Kysely } from 'kysely';
import pg from 'pg';
import type { CommandContext } from '../frame/command.js';
import { chooseDatabase } from './choose-database.js';

/** How long a server has to let somebody in, in ms. */
const CONNECT_LIMIT_MS = 10_000;

/**
 * Runs something with the database of a command, and closes its connections afterwards.
 *
 * @param max - how many connections it may take
 * @throws NoDatabaseError, UsageError when no database is named
 */
export async function withDatabase<T>(
  context: CommandContext,
  max: number,
  use: (db: Kysely<unknown>) => Promise<T>,
): Promise<T> {
  const pool = new pg.Pool({
    ...chooseDatabase(context),
    max,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    application_name: 'uno',
  });
  // What becomes of idle connections is told by the next statement.
  pool.on('error', () => {});
  const db = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }) });
  try {
    return await use(db);
  } finally {
    await db.destroy();
  }
}
