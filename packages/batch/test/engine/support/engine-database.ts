import { type BatchConfig, BatchOperations } from '@uno/batch';
import { createTables } from '@uno/domain';
import { UnoPostgresDialect } from '@uno/postgres';
import { createTestDatabase } from '@uno/testing';
import { Kysely } from 'kysely';
import pg from 'pg';
import { recordStatements } from '../../support/record-statements.js';
import { towns } from '../../support/town.js';

/** A pool of connections to the towns, and what was sent over it. */
export interface TownPool {
  readonly pool: pg.Pool;
  readonly db: Kysely<unknown>;
  /** The SQL of every statement since it was emptied. */
  readonly statements: string[];
  operations(config?: BatchConfig): BatchOperations<typeof towns>;
}

/** A database of towns, of which a session of its own can hold up others. */
export class EngineDatabase {
  /** From this population on, a new town waits until nobody holds the advisory lock of that number. */
  static readonly gate = 1_000_000;
  readonly #connectionString: string;
  readonly #watcher: pg.Client;
  readonly #pools: Kysely<unknown>[] = [];
  readonly #drop: () => Promise<void>;

  private constructor(connectionString: string, watcher: pg.Client, drop: () => Promise<void>) {
    this.#connectionString = connectionString;
    this.#watcher = watcher;
    this.#drop = drop;
  }

  static async open(): Promise<EngineDatabase> {
    const { connectionString, drop } = await createTestDatabase();
    const watcher = new pg.Client({ connectionString });
    await watcher.connect();
    const database = new EngineDatabase(connectionString, watcher, drop);
    await createTables(database.connect(1).db, [towns]);
    await database.run(`
      create function wait_at_gate() returns trigger language plpgsql as $$
        begin
          perform pg_advisory_xact_lock_shared(new.population);
          return new;
        end
      $$;
      create trigger gate before insert on town for each row when (new.population >= ${EngineDatabase.gate})
        execute function wait_at_gate()`);
    return database;
  }

  /** A pool of at most so many connections; closed with the database. */
  connect(max: number, options: pg.PoolConfig = {}): TownPool {
    const pool = new pg.Pool({ connectionString: this.#connectionString, max, ...options });
    pool.on('error', () => undefined);
    const statements = recordStatements(pool);
    const db = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }) });
    this.#pools.push(db);
    return { pool, db, statements, operations: (config = {}) => new BatchOperations({ table: towns, db, config }) };
  }

  /** Runs a statement in the session of its own. */
  async run(statement: string): Promise<void> {
    await this.#watcher.query(statement);
  }

  async numbers(statement: string): Promise<number[]> {
    const { rows } = await this.#watcher.query<{ n: number }>(statement);
    return rows.map(({ n }) => n);
  }

  async number(statement: string): Promise<number> {
    return (await this.numbers(statement))[0] ?? Number.NaN;
  }

  towns(): Promise<number> {
    return this.number('select count(*)::int as n from town');
  }

  /** Sessions that wait for a lock of another one. */
  waiting(): Promise<number> {
    return this.number(
      `select count(distinct pid)::int as n from pg_locks where not granted and pid in (
        select pid from pg_locks join pg_database on pg_database.oid = database where datname = current_database())`,
    );
  }

  /** While it runs, nobody else can write. */
  async holding<T>(run: () => Promise<T>): Promise<T> {
    await this.run('begin; lock table town in exclusive mode');
    try {
      return await run();
    } finally {
      await this.run('rollback');
    }
  }

  async closeGate(number: number): Promise<void> {
    await this.run(`select pg_advisory_lock(${EngineDatabase.gate + number})`);
  }

  async openGate(number: number): Promise<void> {
    await this.run(`select pg_advisory_unlock(${EngineDatabase.gate + number})`);
  }

  /** Whether somebody waits at a gate. */
  async isAwaited(number: number): Promise<boolean> {
    const awaited = `select count(*)::int as n from pg_locks where not granted and objid = ${EngineDatabase.gate + number}`;
    return (await this.number(awaited)) > 0;
  }

  /** An empty table, and nothing held. */
  async reset(): Promise<void> {
    await this.run('select pg_advisory_unlock_all()');
    await this.run('truncate town restart identity');
  }

  async close(): Promise<void> {
    await this.run('select pg_advisory_unlock_all()');
    for (const db of this.#pools) await db.destroy();
    await this.#watcher.end();
    await this.#drop();
  }
}
