import type { BatchConfig } from '@uno/batch';
import { LruEntityCache } from '@uno/cache';
import { createUnoContainer, type UnoContainer } from '@uno/container';
import { BatchError, column, createTables, Entity, mapEntity, UnoContext, UnoDBRepository } from '@uno/domain';
import { UnoPostgresDialect } from '@uno/postgres';
import { createTestDatabase } from '@uno/testing';
import { inject, injectable } from 'inversify';
import { Kysely, sql } from 'kysely';
import pg from 'pg';

export class Plant extends Entity<number> {
  name!: string;
  height!: number;
}

/** Names are unique, and the height is checked not to be 13. */
export const plants = mapEntity(Plant, {
  table: 'plant',
  columns: { id: column.integer(), name: column.text(), height: column.integer().default(1) },
  uniques: [['name']],
});

@injectable()
export class PlantRepository extends UnoDBRepository<typeof plants> {
  constructor(@inject(UnoContext) context: UnoContext) {
    super(context, plants, { batchSize: 5 });
  }
}

/** A database of plants, and containers on it that do batches or do not. */
export interface PlantDatabase {
  readonly db: Kysely<unknown>;
  open(useBatchOperations: boolean, timeoutMs?: number, batch?: BatchConfig): UnoContainer;
  cacheOf(container: UnoContainer): LruEntityCache;
  rows(): Promise<object[]>;
  close(): Promise<void>;
}

export async function openPlants(): Promise<PlantDatabase> {
  const database = await createTestDatabase({ name: 'plants' });
  const pool = new pg.Pool({ connectionString: database.connectionString, max: 4 });
  pool.on('error', () => {});
  pool.on('connect', (client) => void client.setMaxListeners(0));
  const db = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }) });
  await createTables(db, [plants]);
  await sql`alter table plant add constraint lucky check (height <> 13)`.execute(db);
  return {
    db,
    open: (useBatchOperations, timeoutMs, batch) =>
      createUnoContainer({
        database: { pool },
        repositories: [{ repository: PlantRepository, useBatchOperations, timeoutMs }],
        batch: { retryDelayMs: 0, ...batch },
      }),
    cacheOf: (container) => container.get(LruEntityCache),
    async rows() {
      const { rows } = await sql<object>`select id, name, height from plant order by id`.execute(db);
      return rows;
    },
    async close() {
      await pool.end();
      await database.drop();
    },
  };
}

/** Plants with the ids from 1 on. */
export function somePlants(count: number): { id: number; name: string; height: number }[] {
  return Array.from({ length: count }, (_, i) => ({ id: i + 1, name: `plant ${i}`, height: i + 100 }));
}

/** What a call gives or throws, so that it can be compared. */
export async function outcomeOf(call: () => Promise<unknown>): Promise<object> {
  try {
    return { result: comparable(await call()) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { message, name } = error;
    if (!(error instanceof BatchError)) return { name, message };
    const { operation, entity, total, index, key, sqlstate, constraint, column: at, field, retry, written } = error;
    const failures = error.failures.map(comparable);
    const facts = { operation, entity, total, index, key, sqlstate, constraint, at, field, retry };
    return { name, message, ...facts, written: `${written}`, unknown: `${error.unknown}`, failures };
  }
}

/** Errors by what they say. */
function comparable(value: unknown): unknown {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, comparable(inner)]));
}
