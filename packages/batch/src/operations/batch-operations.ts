import {
  type AnyMapping,
  asBatchError,
  type BatchCallOptions,
  encodeKeys,
  hydrateLoaded,
  type KeyOf,
  type KeyTexts,
  keyOfInput,
  keyOfRow,
  type Loaded,
  type NewRecord,
  observeWrite,
  type RecordOperations,
  type RecordPatch,
  RowSuppressedError,
  requireList,
  type TextRow,
  updatableFields,
  type WriteKind,
  type WriteTarget,
  type WriteTotals,
  type WrittenRows,
  writeTotals,
} from '@uno/domain';
import { atomically, type Queryable, requireUnoDialect, ValidationError } from '@uno/postgres';
import { type ResolvedBatchConfig, resolveBatchConfig } from '../config/batch-config.js';
import { nameOf } from '../execution/name-of.js';
import { type About, runUnits } from '../execution/run-units.js';
import { chunksOf } from '../execution/work-unit.js';
import { foldDuplicates } from '../shapes/fold-duplicates.js';
import { changedItems, newItems, type WorkItem } from '../shapes/work-item.js';
import { keyArrays } from '../statements/column-arrays.js';
import { findRows } from '../statements/key-statements.js';
import { deleteUnits } from './batch-delete.js';
import { insertReturningUnits, insertUnits } from './batch-insert.js';
import {
  type BatchOperationsOptions,
  type BatchUpdateOptions,
  type BatchUpsertOptions,
  resolveCall,
  statementSize,
} from './batch-options.js';
import { foldUpdates, updateUnits } from './batch-update.js';
import {
  constraintTexts,
  findUpserted,
  requireFindable,
  type UpsertedRow,
  upsertColumns,
  upsertUnits,
} from './batch-upsert.js';

/** Stored entities in the order of the input, beside the totals. */
export interface WithModels<M extends AnyMapping> {
  readonly models: Loaded<M>[];
}

/**
 * Set-based reads and writes of one table: n records cost about n / batchSize statements, whose text depends only on the
 * table, the operation and the set of columns. Every write does all or nothing: in a transaction of its own, or behind a
 * savepoint in the caller's.
 *
 * @example
 * ```ts
 * const operations = new BatchOperations({ table: cities, db, config: { batchSize: 5000 } });
 * const { inserted } = await operations.batchInsert([{ name: 'Bern', countryCode: 'CH' }]);
 * ```
 */
export class BatchOperations<M extends AnyMapping> implements RecordOperations<M> {
  readonly #mapping: M;
  readonly #db: Queryable;
  readonly #config: ResolvedBatchConfig;
  readonly #target: WriteTarget;

  /** @throws ConfigError for another Kysely dialect, or a configuration that is wrong */
  constructor(options: BatchOperationsOptions<M>) {
    requireUnoDialect(options.db);
    this.#mapping = options.table;
    this.#db = options.db;
    this.#config = resolveBatchConfig(options.config ?? {});
    this.#target = { mapping: options.table, db: options.db, observers: options.observers ?? [] };
  }

  /**
   * Entities by key, in the order of the keys; `undefined` where there is no row. One statement a chunk.
   *
   * @throws BatchError for a key of another type
   */
  async batchGet(keys: readonly KeyOf<M>[], options: BatchCallOptions = {}): Promise<(Loaded<M> | undefined)[]> {
    const config = resolveCall('batchGet', options, [], this.#config);
    const texts = encodeKeys(this.#mapping, 'batchGet', keys);
    const found: (Loaded<M> | undefined)[] = [];
    const mapping = this.#mapping;
    for (const chunk of chunksOf(texts, statementSize(config, texts.length))) {
      const rows = await findRows(this.#db, mapping, mapping.keyFields, keyArrays(mapping, chunk), chunk.length);
      for (const row of rows) found.push(row && hydrateLoaded(mapping, row));
    }
    return found;
  }

  /**
   * Inserts records. With `returnModels: true` the stored entities come back in the order of the input, with generated
   * keys, defaults and what triggers changed.
   *
   * @throws BatchError that names the record at fault; nothing is written then
   */
  batchInsert(
    records: readonly NewRecord<M>[],
    options?: BatchCallOptions & { readonly returnModels?: false },
  ): Promise<WriteTotals>;
  batchInsert(
    records: readonly NewRecord<M>[],
    options: BatchCallOptions & { readonly returnModels: true },
  ): Promise<WriteTotals & WithModels<M>>;
  async batchInsert(
    records: readonly NewRecord<M>[],
    options: BatchCallOptions & { readonly returnModels?: boolean } = {},
  ): Promise<WriteTotals | (WriteTotals & WithModels<M>)> {
    const config = resolveCall('batchInsert', options, ['returnModels'], this.#config);
    const mapping = this.#mapping;
    return this.#write('batchInsert', 'insert', records, async (about, list) => {
      const items = newItems(mapping, list);
      const size = statementSize(config, items.length);
      if (!options.returnModels) {
        const counts = await runUnits(this.#db, insertUnits(mapping, items, size), about);
        return { result: writeTotals(list.length, { inserted: sum(counts) }), keys: keysOf(items) };
      }
      const stored = await runUnits(this.#db, await insertReturningUnits(this.#db, mapping, items, size), about);
      const models = this.#models(stored, list.length);
      const keys = stored.map(({ row }) => keyOfRow(mapping, row));
      return { result: { ...writeTotals(list.length, { inserted: stored.length }), models }, keys };
    });
  }

  /**
   * Updates rows by key. A field that is `undefined` is left alone, `null` writes NULL; records may have different
   * fields. Records with the same key work as one after the other. A record whose key has no row is `skipped`.
   *
   * @throws BatchError that names the record at fault; nothing is written then
   */
  async batchUpdate(records: readonly RecordPatch<M>[], options: BatchUpdateOptions<M> = {}): Promise<WriteTotals> {
    const config = resolveCall('batchUpdate', options, ['fields'], this.#config);
    const mapping = this.#mapping;
    const allowed = updatableFields(mapping, options.fields);
    return this.#write('batchUpdate', 'update', records, async (about, list) => {
      const items = foldUpdates(changedItems(mapping, list), allowed);
      const units = updateUnits(mapping, items, statementSize(config, items.length), allowed);
      const found = await runUnits(this.#db, units, about);
      const updated = sum(found.map((item) => item.indices.length));
      return { result: writeTotals(list.length, { updated }), keys: keysOf(found) };
    });
  }

  /**
   * Inserts records, or updates the rows that are there already by a unique constraint. Rows that are as asked are not
   * written again and count as `unchanged`. Records that mean the same row work as one after the other; all but one of
   * them count as `skipped`. With `returnModels: true` the rows come back in the order of the input.
   *
   * @throws BatchError that names the record at fault; nothing is written then
   * @throws StatementError when no unique constraint has the columns
   */
  batchUpsert(
    records: readonly NewRecord<M>[],
    options?: BatchUpsertOptions<M> & { readonly returnModels?: false },
  ): Promise<WriteTotals>;
  batchUpsert(
    records: readonly NewRecord<M>[],
    options: BatchUpsertOptions<M> & { readonly returnModels: true },
  ): Promise<WriteTotals & WithModels<M>>;
  async batchUpsert(
    records: readonly NewRecord<M>[],
    options: BatchUpsertOptions<M> & { readonly returnModels?: boolean } = {},
  ): Promise<WriteTotals | (WriteTotals & WithModels<M>)> {
    const known = ['constraintColumns', 'updateColumns', 'returnModels'];
    const config = resolveCall('batchUpsert', options, known, this.#config);
    const mapping = this.#mapping;
    const columns = upsertColumns(mapping, options.constraintColumns, options.updateColumns);
    const overlay = (property: string) =>
      columns.updated === undefined || columns.updated.some((field) => field.property === property);
    return this.#write('batchUpsert', 'upsert', records, async (about, list) => {
      const items = foldDuplicates(
        newItems(mapping, list),
        (item) => constraintTexts(mapping, columns.constraint, item),
        overlay,
      );
      const size = statementSize(config, items.length);
      const units = upsertUnits(mapping, items, size, columns);
      if (!options.returnModels) {
        const rows = await runUnits(this.#db, units, about);
        return { result: upsertTotals(list, items, rows), keys: rows.map(({ key }) => key) };
      }
      requireFindable(mapping, items, columns.constraint);
      return atomically(this.#db, async (db) => {
        const rows = await runUnits(db, units, about);
        const found = await findUpserted(db, mapping, items, size, columns.constraint);
        const stored = items.map((item, i) => ({ item, row: this.#required(found[i], item, about) }));
        const models = this.#models(stored, list.length);
        return { result: { ...upsertTotals(list, items, rows), models }, keys: rows.map(({ key }) => key) };
      });
    });
  }

  /**
   * Deletes rows by key. A key without a row is `skipped`.
   *
   * @throws BatchError that names the key at fault, such as one that a foreign key still needs; nothing is deleted then
   */
  async batchDelete(keys: readonly KeyOf<M>[], options: BatchCallOptions = {}): Promise<WriteTotals> {
    const config = resolveCall('batchDelete', options, [], this.#config);
    const mapping = this.#mapping;
    return this.#write('batchDelete', 'delete', keys, async (about, list) => {
      const texts = encodeKeys(mapping, about.operation, list);
      const items = texts.map((key, index): WorkItem => ({ values: {}, indices: [index], key }));
      const counts = await runUnits(this.#db, deleteUnits(mapping, items, statementSize(config, items.length)), about);
      return { result: writeTotals(list.length, { deleted: sum(counts) }), keys: keysOf(items) };
    });
  }

  /** Runs a write, names the record that a refused value belongs to, and tells the observers. */
  async #write<T>(
    operation: string,
    kind: WriteKind,
    records: readonly unknown[],
    write: (about: About, list: readonly unknown[]) => Promise<WrittenRows<T>>,
  ): Promise<T> {
    const list = requireList(operation, records);
    const about: About = { operation, entity: this.#mapping.name, total: list.length };
    try {
      return await observeWrite(this.#target, kind, () => write(about, list));
    } catch (error) {
      if (!(error instanceof ValidationError) || error.index === undefined) throw error;
      throw asBatchError(error, { ...about, index: error.index, key: keyOfInput(this.#mapping, list[error.index]) });
    }
  }

  /** The entity of every record of the input; those that were folded into one have the same entity. */
  #models(stored: readonly { readonly item: WorkItem; readonly row: TextRow }[], total: number): Loaded<M>[] {
    const models = new Array<Loaded<M>>(total);
    for (const { item, row } of stored) {
      const model = hydrateLoaded(this.#mapping, row);
      for (const index of item.indices) models[index] = model;
    }
    return models;
  }

  #required(row: TextRow | undefined, item: WorkItem, about: About): TextRow {
    if (row !== undefined) return row;
    throw asBatchError(new RowSuppressedError(this.#mapping.name), { ...about, ...nameOf(item) });
  }
}

function upsertTotals(
  records: readonly unknown[],
  items: readonly WorkItem[],
  rows: readonly UpsertedRow[],
): WriteTotals {
  const inserted = rows.filter((row) => row.inserted).length;
  const updated = rows.length - inserted;
  return writeTotals(records.length, { inserted, updated, unchanged: items.length - rows.length });
}

function keysOf(items: readonly WorkItem[]): KeyTexts[] {
  return items.flatMap((item) => (item.key === undefined ? [] : [item.key]));
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
