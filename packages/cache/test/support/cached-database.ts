import { BatchOperationsPort } from '@uno/batch';
import { LruEntityCache } from '@uno/cache';
import { createTables, type RepositorySettings, UnitOfWork, UnoContext, UnoDBRepository } from '@uno/domain';
import { UnoPostgresDialect } from '@uno/postgres';
import { createTestDatabase } from '@uno/testing';
import { type CompiledQuery, Kysely, sql } from 'kysely';
import pg from 'pg';
import { depots, parcels } from './parcels.js';

/** Repositories with a cache on a database of a test file's own. */
export interface CachedDatabase {
  readonly db: Kysely<unknown>;
  /** A new one for every test, empty. */
  readonly cache: LruEntityCache;
  readonly unitOfWork: UnitOfWork;
  readonly parcels: UnoDBRepository<typeof parcels>;
  readonly depots: UnoDBRepository<typeof depots>;
  /** What was sent since the list was emptied, without BEGIN and COMMIT, which the driver sends by itself. */
  readonly statements: CompiledQuery[];
  parcelRepository(settings: RepositorySettings): UnoDBRepository<typeof parcels>;
  /** The label in the database, past repositories and cache, on a connection of its own. */
  storedLabel(id: number): Promise<string | undefined>;
  /** A connection of its own for what happens behind the back of uno. */
  outsider(): Promise<pg.Client>;
  /** The next COMMIT takes effect, and its answer gets lost. */
  loseNextCommitAnswer(): void;
  /** The next UPDATE takes effect, and its answer gets lost. */
  loseNextUpdateAnswer(): void;
  /** Empties tables, cache and statements, then stores three depots and three parcels with the keys 1 to 3. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** Integers as PostgreSQL writes an array of them, where they travel as its bytes: a header of 20, and of each 4 and 4. */
function shown(parameter: unknown): unknown {
  if (!Buffer.isBuffer(parameter)) return parameter;
  const count = (parameter.length - 20) / 8;
  return `{${Array.from({ length: count }, (_, i) => parameter.readInt32BE(20 + 8 * i + 4)).join(',')}}`;
}

export async function openCachedDatabase(): Promise<CachedDatabase> {
  const database = await createTestDatabase({ name: 'cache' });
  const { connectionString } = database;
  const pool = new pg.Pool({ connectionString, max: 4 });
  pool.on('error', () => {});
  let lostAnswer: RegExp | undefined;
  pool.on('connect', (client) => {
    const send = client.query.bind(client);
    const query = async (config: { text: string }, ...rest: unknown[]) => {
      const result = await Reflect.apply(send, client, [config, ...rest]);
      if (lostAnswer?.test(config.text)) {
        lostAnswer = undefined;
        throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
      }
      return result;
    };
    Object.assign(client, { query });
  });
  const statements: CompiledQuery[] = [];
  const log = ({ query }: { query: CompiledQuery }) =>
    void statements.push({ ...query, parameters: query.parameters.map(shown) });
  const db = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }), log });
  await createTables(db, [depots, parcels]);
  const outsiders: pg.Client[] = [];
  const outsider = async () => {
    const client = new pg.Client({ connectionString });
    client.on('error', () => {});
    await client.connect();
    outsiders.push(client);
    return client;
  };
  const observer = await outsider();
  let cache = new LruEntityCache();
  const newContext = () => new UnoContext({ db, cache, observers: [cache], batch: new BatchOperationsPort() });
  let context = newContext();
  return {
    db,
    statements,
    outsider,
    get cache() {
      return cache;
    },
    get unitOfWork() {
      return new UnitOfWork(context);
    },
    get parcels() {
      return new UnoDBRepository(context, parcels);
    },
    get depots() {
      return new UnoDBRepository(context, depots);
    },
    parcelRepository: (settings) => new UnoDBRepository(context, parcels, settings),
    async storedLabel(id) {
      const { rows } = await observer.query<{ label: string }>('select label from parcel where id = $1', [id]);
      return rows[0]?.label;
    },
    loseNextCommitAnswer() {
      lostAnswer = /^commit$/;
    },
    loseNextUpdateAnswer() {
      lostAnswer = /^(with written as \()?update /;
    },
    async reset() {
      await sql`truncate depot, parcel restart identity`.execute(db);
      await sql`insert into depot (name) values ('Bern'), ('Uster'), ('Chur')`.execute(db);
      await sql`insert into parcel (label, depot_id) values ('one', 1), ('two', 2), ('three', 2)`.execute(db);
      cache = new LruEntityCache();
      context = newContext();
      statements.length = 0;
    },
    async close() {
      for (const client of outsiders) await client.end();
      await db.destroy();
      await database.drop();
    },
  };
}
