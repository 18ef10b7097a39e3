import { type AnyMapping, createTables } from '@uno/domain';
import { UnoPostgresDialect } from '@uno/postgres';
import { createTestDatabase } from '@uno/testing';
import { Kysely, sql } from 'kysely';
import pg from 'pg';

/** A database of a test file's own. */
export interface OpenDatabase {
  readonly db: Kysely<unknown>;
  readonly connectionString: string;
  /** The SQL that was sent since the list was emptied, without BEGIN and COMMIT, which the driver sends by itself. */
  readonly statements: string[];
  /** Empties the tables of the mappings and the list of statements; counting begins anew. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

export async function openDatabase(mappings: readonly AnyMapping[]): Promise<OpenDatabase> {
  const database = await createTestDatabase({ name: 'domain' });
  const { connectionString } = database;
  const pool = new pg.Pool({ connectionString, max: 4 });
  // Tests that end connections on purpose must not end the process.
  pool.on('error', () => {});
  const statements: string[] = [];
  const db = new Kysely<unknown>({
    dialect: new UnoPostgresDialect({ pool }),
    log: ({ query }) => {
      statements.push(query.sql);
    },
  });
  await createTables(db, mappings);
  const tables = mappings.map(({ tablePath }) => sql.id(...tablePath));
  return {
    db,
    connectionString,
    statements,
    async empty() {
      if (tables.length > 0) await sql`truncate ${sql.join(tables)} restart identity cascade`.execute(db);
      statements.length = 0;
    },
    async close() {
      await db.destroy();
      await database.drop();
    },
  };
}

/** A Kysely over the dialect whose pool refuses to connect, for code that must not send anything. */
export function unreachableDatabase(): Kysely<unknown> {
  const pool = {
    connect: () => {
      const error = new Error('connect ECONNREFUSED: a test without I/O has asked for a connection');
      return Promise.reject(Object.assign(error, { code: 'ECONNREFUSED' }));
    },
    end: async () => {},
  };
  return new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }) });
}
