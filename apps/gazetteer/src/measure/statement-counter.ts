import { UnoError } from '@uno/postgres';
import { type Kysely, sql } from 'kysely';

/** Counts what the server itself has run, by its extension pg_stat_statements. */
export class StatementCounter {
  /** Why nothing can be counted; `undefined` when it can. */
  readonly unavailable: string | undefined;
  readonly #db: Kysely<unknown>;

  private constructor(db: Kysely<unknown>, unavailable: string | undefined) {
    this.#db = db;
    this.unavailable = unavailable;
  }

  /** Creates the extension in the database, where the server has it and the role may. */
  static async open(db: Kysely<unknown>): Promise<StatementCounter> {
    const counter = new StatementCounter(db, undefined);
    try {
      await sql`create extension if not exists pg_stat_statements`.execute(db);
      await counter.#calls();
      return counter;
    } catch (error) {
      if (!UnoError.is(error) || error.code === 'UNO_CONNECTION') throw error;
      return new StatementCounter(db, error.message);
    }
  }

  /**
   * Statements that this database has been sent so far, BEGIN and COMMIT among them; without those that are marked as
   * {@link measuring}.
   */
  async read(): Promise<number | undefined> {
    return this.unavailable === undefined ? this.#calls() : undefined;
  }

  async #calls(): Promise<number> {
    const { rows } = await sql<{ calls: string }>`
      select ${measuring} coalesce(sum(calls), 0) as calls from pg_stat_statements
      where dbid = (select oid from pg_database where datname = current_database())
        and query not like ${`%${marker}%`}`.execute(this.#db);
    return Number(rows[0]?.calls);
  }
}

const marker = 'gazetteer:measuring';

/** Marks a query as the measuring itself, so that it is not counted. */
export const measuring = sql.raw(`/* ${marker} */`);
