import { type BatchConfig, BatchOperations } from '@uno/batch';
import { UnoPostgresDialect } from '@uno/postgres';
import { Kysely, sql } from 'kysely';
import { openPool } from '../open-pool.js';
import type { Variant } from '../rounds.js';
import type { Workload } from './workloads.js';

/** Inserts all records of a workload into an empty table, in chunks of one size or another. */
export class SizedRun implements Variant {
  readonly name: string;
  readonly #db: Kysely<unknown>;
  readonly #workload: Workload;
  readonly #records: readonly object[];
  readonly #config: BatchConfig;
  #sizes: readonly number[] = [];

  constructor(
    name: string,
    connectionString: string,
    {
      workload,
      records,
      config,
    }: { readonly workload: Workload; readonly records: readonly object[]; readonly config: BatchConfig },
  ) {
    this.name = name;
    this.#workload = workload;
    this.#records = records;
    this.#config = config;
    this.#db = new Kysely({ dialect: new UnoPostgresDialect({ pool: openPool({ connectionString, max: 4 }) }) });
  }

  /** Records in the chunks of the latest run: least, median, most. */
  get sizes(): readonly number[] {
    return this.#sizes;
  }

  async prepare(): Promise<void> {
    await sql`truncate ${sql.table(this.#workload.mapping.tableName)}`.execute(this.#db);
    await sql`checkpoint`.execute(this.#db);
  }

  async run(): Promise<void> {
    const operations = new BatchOperations({ table: this.#workload.mapping, db: this.#db, config: this.#config });
    await operations.batchInsert(this.#records);
    const { min, p50, max } = operations.getMetrics().total.chunkSize;
    this.#sizes = [min, p50, max];
  }

  /** @throws Error when a row is missing, or there twice */
  async check(): Promise<void> {
    const table = sql.table(this.#workload.mapping.tableName);
    const { rows } = await sql<{ n: number; ids: number }>`
      select count(*)::int as n, count(distinct id)::int as ids from ${table}`.execute(this.#db);
    const wanted = this.#records.length;
    const [found] = rows;
    if (found?.n !== wanted || found.ids !== wanted) {
      throw new Error(`${this.name}: ${wanted} rows wanted, ${found?.n} found, with ${found?.ids} ids.`);
    }
  }

  /** Milliseconds of a round trip. */
  async roundTrip(): Promise<number> {
    const took: number[] = [];
    for (let i = 0; i < 20; i++) {
      const began = performance.now();
      await sql`select 1`.execute(this.#db);
      took.push(performance.now() - began);
    }
    return took.toSorted((a, b) => a - b)[10] ?? Number.NaN;
  }

  async close(): Promise<void> {
    await this.#db.destroy();
  }
}
