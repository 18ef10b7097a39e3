import { UnoPostgresDialect } from '@uno/postgres';
import { createTestDatabase } from '@uno/testing';
import { Kysely } from 'kysely';
import pg from 'pg';
import { recordStatements } from '../../support/record-statements.js';

/** What PostgreSQL shows of a row. */
export type ShownRow = readonly (string | null)[];

/** A database of a test file's own, with what plain SQL has made in it. */
export interface OpenTable {
  /** For uno; with a role, that is who it is. */
  readonly db: Kysely<unknown>;
  /** What uno has sent since the list was emptied. */
  readonly sent: string[];
  /** 15 or 18, say. */
  readonly version: number;
  /** Plain SQL, as the owner of everything; its rows as text. */
  run(statement: string): Promise<ShownRow[]>;
  close(): Promise<void>;
}

/**
 * Makes a database and runs plain SQL in it, as a user's own migrations would: nothing here knows of a mapping.
 *
 * @param role - who uno connects as, where that is not the owner; made by the statements
 */
export async function openTable(make: readonly string[], role?: string): Promise<OpenTable> {
  const database = await createTestDatabase({ name: 'tables' });
  const { connectionString } = database;
  const owner = new pg.Pool({ connectionString, max: 1, types: { getTypeParser: () => (text: string) => text } });
  const run = async (text: string): Promise<ShownRow[]> => {
    const { rows } = await owner.query<(string | null)[]>({ text, rowMode: 'array' });
    return rows ?? [];
  };
  for (const statement of make) await run(statement);
  const [[version] = []] = await run(`select current_setting('server_version_num')::int / 10000`);
  const pool = new pg.Pool({ connectionString, max: 4, ...(role === undefined ? {} : { options: `-c role=${role}` }) });
  // Dropping the database ends what is still being closed.
  for (const one of [owner, pool]) one.on('error', () => undefined);
  const sent = recordStatements(pool);
  const db = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }) });
  return {
    db,
    sent,
    version: Number(version),
    run,
    close: async () => {
      await db.destroy();
      // A role is the whole server's, which may be somebody's own.
      if (role !== undefined) for (const drop of ['drop owned by', 'drop role']) await run(`${drop} ${role}`);
      await owner.end();
      await database.drop();
    },
  };
}
