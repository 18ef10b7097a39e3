import { type BatchConfig, BatchOperations } from '@uno/batch';
import { UnoPostgresDialect } from '@uno/postgres';
import { Kysely } from 'kysely';
import { openPool } from '../../../open-pool.js';
import { measured, numbered } from '../../../measured.js';
import type { Way } from '../../way.js';
import type { IdsBack } from './ids-back.js';
import { idsByKeys } from './ids-by-keys.js';
import { idsByModels } from './ids-by-models.js';

/** One more than `parallel` gets, which leaves one to others. */
const POOL_MAX = 3;

/** Every means of getting generated keys back, by its name in the report. */
const idsBack: Readonly<Record<string, IdsBack>> = { keys: idsByKeys, models: idsByModels };

/**
 * A way of uno.
 *
 * @param name - as in `--ways`
 * @param variant - its strategy, and what else is particular about it
 */
export function unoWay(name: string, variant: string, config: BatchConfig): Way {
  return {
    name,
    library: 'uno',
    variant,
    open: async ({ connectionString, data }) => {
      // Connections are kept until it is their turn again, as those of the other ways are.
      const pool = openPool({ connectionString, max: POOL_MAX, idleTimeoutMillis: 0 });
      const db = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }) });
      const operations = new BatchOperations({ table: measured, db, config });
      const numberedOperations = new BatchOperations({ table: numbered, db, config });
      return {
        runs: [
          { operation: 'insert', run: async () => (await operations.batchInsert(data.records)).inserted },
          ...Object.entries(idsBack).map(([how, insert]) => ({
            operation: 'insert-ids' as const,
            how,
            run: () => insert(numberedOperations, data.unnumbered),
          })),
          { operation: 'get', run: () => operations.batchGet(data.ids) },
          { operation: 'update', run: async () => (await operations.batchUpdate(data.changes)).updated },
          { operation: 'upsert', run: () => operations.batchUpsert(data.changed) },
          { operation: 'delete', run: async () => (await operations.batchDelete(data.ids)).deleted },
        ],
        close: () => db.destroy(),
      };
    },
  };
}
