import type { Queryable } from '@uno/postgres';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { KeyOf, Loaded, NewRecord, RecordPatch } from '../mapping/inferred-types.js';
import type { CallDefaults } from '../operations/resolve-call.js';
import type { RetryPolicy } from '../operations/retrying.js';
import type { BatchCallOptions, BatchWriteOptions } from './call-options.js';
import type { RecordCallbacks } from './record-callbacks.js';
import type { WithOutcomes, WriteResult, WriteTotals } from './record-outcome.js';
import type { BatchUpdateFields } from './update-options.js';
import type { WriteObserver } from './write-observer.js';

/** Stored entities in the order of the input: one for every record that has a row, shared by those that mean one row. */
export interface WithModels<M extends AnyMapping> {
  readonly models: Loaded<M>[];
}

/** What a write is asked for at the port: `outcomes` has to be said, and is there if it was. */
export interface PortWriteOptions extends BatchWriteOptions {
  readonly outcomes: boolean;
}

/** What an update is asked for at the port. */
export interface PortUpdateOptions<M extends AnyMapping> extends PortWriteOptions, BatchUpdateFields<M> {}

/** What {@link UnoDBRepository} asks of a batch implementation; what an option leaves open is up to it. */
export interface RecordOperations<M extends AnyMapping> {
  /** In the order of the keys; `undefined` where there is no row. */
  batchGet(keys: readonly KeyOf<M>[], options?: BatchCallOptions): Promise<(Loaded<M> | undefined)[]>;
  batchInsert(
    records: readonly NewRecord<M>[],
    options: PortWriteOptions & { readonly returnModels: true },
  ): Promise<WriteResult & WithModels<M> & Partial<WithOutcomes>>;
  batchUpdate(
    records: readonly RecordPatch<M>[],
    options: PortUpdateOptions<M>,
  ): Promise<WriteResult & Partial<WithOutcomes>>;
  batchDelete(keys: readonly KeyOf<M>[], options: PortWriteOptions): Promise<WriteResult & Partial<WithOutcomes>>;
}

/** What a batch implementation is given for one repository and one connection. */
export interface BatchPortRequest<M extends AnyMapping> {
  readonly mapping: M;
  /** The database, or the transaction that everything has to join. */
  readonly db: Queryable;
  readonly observers: readonly WriteObserver[];
  /** Whether what is read by key goes to the entity cache. */
  readonly isCached?: boolean | undefined;
}

/** What holds for a call that says nothing itself, whether its records are done in sets or one by one. */
export interface PortDefaults extends CallDefaults, RecordCallbacks {
  readonly retry?: RetryPolicy | undefined;
}

/** A call whose batch operations broke, and whose records are about to be done one by one. */
export interface FallbackCall {
  /** Such as `batchInsert`. */
  readonly operation: string;
  readonly mapping: AnyMapping;
  readonly total: number;
  /** What the batch operations threw. */
  readonly reason: unknown;
}

/** What came of it. */
export interface FallbackEnd extends Pick<WriteTotals, 'failed' | 'skipped'> {
  /** Why that failed, too. */
  readonly error?: unknown;
}

/**
 * The batch port. Without one a repository works record by record. What it throws and is no UnoError says that it
 * broke and that nothing is written: the records are done one by one then.
 */
export interface BatchPort {
  readonly defaults?: PortDefaults | undefined;
  operations<M extends AnyMapping>(request: BatchPortRequest<M>): RecordOperations<M>;
  /** Hears of a fallback and gives what hears of its end. Without it, a fallback is a warning of the process. */
  fallsBack?(call: FallbackCall): (end: FallbackEnd) => void;
}
