import {
  type AnyMapping,
  type BatchCallOptions,
  checkOptions,
  type FieldName,
  type UpdatableField,
  type WriteObserver,
} from '@uno/domain';
import type { Queryable } from '@uno/postgres';
import { type BatchConfig, type ResolvedBatchConfig, resolveBatchConfig } from '../config/batch-config.js';
import { BatchExecutionStrategy } from '../config/batch-execution-strategy.js';

/** What {@link BatchOperations} is made of. */
export interface BatchOperationsOptions<M extends AnyMapping> {
  /** The mapping of the table. */
  readonly table: M;
  /** A Kysely database over `UnoPostgresDialect`, or a transaction of it that everything joins. */
  readonly db: Queryable;
  readonly config?: BatchConfig | undefined;
  /** Told of every write after it was committed, such as an entity cache. */
  readonly observers?: readonly WriteObserver[] | undefined;
}

/** Options of `batchUpdate`. */
export interface BatchUpdateOptions<M extends AnyMapping> extends BatchCallOptions {
  /** Write only these; without it, all fields of each record that are not `undefined`. */
  readonly fields?: readonly UpdatableField<M>[] | undefined;
}

/** Options of `batchUpsert`. */
export interface BatchUpsertOptions<M extends AnyMapping> extends BatchCallOptions {
  /** The fields whose unique constraint tells whether a record is there already; the key if not said. */
  readonly constraintColumns?: readonly FieldName<M>[] | undefined;
  /** What to write where it is; all other fields of the records if not said, nothing if empty. */
  readonly updateColumns?: readonly UpdatableField<M>[] | undefined;
}

/** One call's options over the configuration; neither is changed. */
export function resolveCall(
  operation: string,
  options: BatchCallOptions,
  known: readonly string[],
  config: ResolvedBatchConfig,
): ResolvedBatchConfig {
  checkOptions(operation, options, ['batchSize', 'strategy', ...known]);
  return resolveBatchConfig({ batchSize: options.batchSize, executionStrategy: options.strategy }, config);
}

/** How many records a statement takes. */
export function statementSize(config: ResolvedBatchConfig, records: number): number {
  return config.executionStrategy === BatchExecutionStrategy.SINGLE_QUERY ? Math.max(records, 1) : config.batchSize;
}
