import type { Queryable } from '@uno/postgres';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { KeyOf, Loaded, NewRecord, RecordPatch, UpdatableField } from '../mapping/inferred-types.js';
import type { WriteObserver } from './write-observer.js';

/**
 * What became of the records of a write; the counts add up to `total`. A record is `skipped` when it changed nothing by
 * itself: no row has its key, or an equal key later in the same call took its place.
 */
export interface WriteTotals {
  readonly total: number;
  readonly inserted: number;
  readonly updated: number;
  /** Rows that already were as asked, and were not rewritten. */
  readonly unchanged: number;
  readonly deleted: number;
  readonly skipped: number;
  readonly failed: number;
}

/** How the records of one call are cut and sent. */
export interface BatchCallOptions {
  /** Records in one statement; a positive integer. */
  readonly batchSize?: number | undefined;
  readonly strategy?: 'single_query' | 'chunked' | 'parallel' | 'pipelined' | 'optimistic' | undefined;
}

/** What {@link UnoDBRepository} asks of a batch implementation. Every method does all or nothing. */
export interface RecordOperations<M extends AnyMapping> {
  /** In the order of the keys; `undefined` where there is no row. */
  batchGet(keys: readonly KeyOf<M>[], options?: BatchCallOptions): Promise<(Loaded<M> | undefined)[]>;
  /** The stored entities in the order of the input, with what the database filled in. */
  batchInsert(
    records: readonly NewRecord<M>[],
    options: BatchCallOptions & { readonly returnModels: true },
  ): Promise<WriteTotals & { readonly models: Loaded<M>[] }>;
  batchUpdate(
    records: readonly RecordPatch<M>[],
    options?: BatchCallOptions & { readonly fields?: readonly UpdatableField<M>[] | undefined },
  ): Promise<WriteTotals>;
  batchDelete(keys: readonly KeyOf<M>[], options?: BatchCallOptions): Promise<WriteTotals>;
}

/** What a batch implementation is given for one repository and one connection. */
export interface BatchPortRequest<M extends AnyMapping> {
  readonly mapping: M;
  /** The database, or the transaction that everything has to join. */
  readonly db: Queryable;
  readonly observers: readonly WriteObserver[];
  readonly defaults: BatchCallOptions;
}

/** The batch port. Without one a repository works record by record. */
export interface BatchPort {
  operations<M extends AnyMapping>(request: BatchPortRequest<M>): RecordOperations<M>;
}
