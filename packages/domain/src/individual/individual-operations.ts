import { executeText, type Queryable } from '@uno/postgres';
import { calling } from '../errors/callback-error.js';
import { RowSuppressedError, StaleEntityError } from '../errors/repository-errors.js';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { KeyOf, Loaded, NewRecord, RecordPatch } from '../mapping/inferred-types.js';
import { encodeKey, encodeRecordKey, type KeyTexts, keyText } from '../mapping/key.js';
import { readNewRecord, readRecord } from '../mapping/record-reader.js';
import { hydrateLoaded, keyOfRow } from '../mapping/rows.js';
import { checkPlanned, isIdempotentUpdate, plannedFields, updatePlan } from '../mapping/update-plan.js';
import { Deadline } from '../operations/deadline.js';
import { encodeKeys, keyOfInput, keyOfKey } from '../operations/inputs.js';
import { ProgressMeter } from '../operations/progress-meter.js';
import { overDefaults } from '../operations/resolve-call.js';
import { defaultRetryPolicy, retrying } from '../operations/retrying.js';
import { sideBySide } from '../operations/side-by-side.js';
import { tellEnd } from '../operations/tell-errors.js';
import type {
  PortDefaults,
  PortUpdateOptions,
  PortWriteOptions,
  RecordOperations,
  WithModels,
} from '../ports/batch-port.js';
import type { BatchCallOptions } from '../ports/call-options.js';
import { observeWrite, type WriteTarget } from '../ports/observe-write.js';
import type { WithOutcomes, WriteResult } from '../ports/record-outcome.js';
import type { UpdateFields } from '../ports/update-options.js';
import type { WriteObserver } from '../ports/write-observer.js';
import type { LockClause } from '../query/row-lock.js';
import { existsOne, selectOne } from './individual-statements.js';
import { deleteRecord, type Execute, insertRecord, updateRecord } from './record-statements.js';
import { defaultBatchSize, executeOn, type InTurn, WriteInTurn } from './write-in-turn.js';

/** What {@link IndividualOperations} works on. */
export interface IndividualOperationsOptions<M extends AnyMapping> {
  readonly mapping: M;
  readonly db: Queryable;
  readonly observers: readonly WriteObserver[];
  /** Reads that may run side by side outside of a transaction. */
  readonly concurrency: number;
  /** What holds for batches where the call says nothing. */
  readonly defaults?: PortDefaults | undefined;
}

/**
 * One statement a record: the single operations of a repository, and all that it does where batching is off. Results,
 * order, errors and options are those of the batch operations.
 */
export class IndividualOperations<M extends AnyMapping> implements RecordOperations<M> {
  readonly #mapping: M;
  readonly #db: Queryable;
  readonly #target: WriteTarget;
  readonly #concurrency: number;
  readonly #defaults: PortDefaults;

  constructor(options: IndividualOperationsOptions<M>) {
    this.#mapping = options.mapping;
    this.#db = options.db;
    this.#target = options;
    this.#concurrency = options.db.isTransaction ? 1 : options.concurrency;
    this.#defaults = options.defaults ?? {};
  }

  async get(key: KeyOf<M>, lock?: LockClause): Promise<Loaded<M> | undefined> {
    return this.#select(executeOn(this.#db), encodeKey(this.#mapping, key), lock);
  }

  async exists(key: KeyOf<M>): Promise<boolean> {
    const { rows } = await executeText(this.#db, existsOne(this.#mapping), encodeKey(this.#mapping, key));
    return rows.length > 0;
  }

  /** @throws ValidationError, ConstraintError */
  async insert(record: NewRecord<M>): Promise<Loaded<M>> {
    const input = readNewRecord(this.#mapping, record, undefined);
    const row = await observeWrite(this.#target, 'insert', async () => {
      const inserted = await insertRecord(executeOn(this.#db), this.#mapping, input);
      return { result: inserted, keys: [keyOfRow(this.#mapping, inserted)] };
    });
    // Only now, because a row that cannot be read has been written all the same.
    return hydrateLoaded(this.#mapping, row);
  }

  /**
   * @throws StaleEntityError when no row has the key, or it has another version
   * @throws RowSuppressedError when a trigger suppressed the update
   */
  async update(record: RecordPatch<M>, options: UpdateFields<M>): Promise<Loaded<M>> {
    const mapping = this.#mapping;
    const input = readRecord(mapping, record, undefined);
    const key = encodeRecordKey(mapping, input.values);
    const plan = updatePlan(mapping, { ...options, skipUnchanged: options.version !== undefined });
    checkPlanned(mapping, plan, input);
    const row = await observeWrite(this.#target, 'update', async () => {
      const updated = await updateRecord(executeOn(this.#db), mapping, input, key, plan);
      if (updated.status === 'skipped') throw new StaleEntityError(mapping.name, [keyText(key)]);
      if (updated.status === 'unchanged' && !plan.skipsUnchanged && plannedFields(plan, input).length > 0) {
        throw new RowSuppressedError(mapping.name);
      }
      return { result: updated.row, keys: [key] };
    });
    return hydrateLoaded(mapping, row);
  }

  /** Whether there was a row to delete. */
  async delete(key: KeyOf<M>): Promise<boolean> {
    const texts = encodeKey(this.#mapping, key);
    return observeWrite(this.#target, 'delete', async () => {
      const deleted = await deleteRecord(executeOn(this.#db), this.#mapping, texts);
      return { result: deleted, keys: deleted ? [texts] : [] };
    });
  }

  async batchGet(keys: readonly KeyOf<M>[], options: BatchCallOptions = {}): Promise<(Loaded<M> | undefined)[]> {
    const call = overDefaults(this.#defaults, options);
    const deadline = new Deadline('batchGet', call);
    try {
      return await this.#getEach(encodeKeys(this.#mapping, 'batchGet', keys), call, deadline);
    } catch (error) {
      const failure = deadline.explain(error);
      await tellEnd(this.#defaults.onError, failure, deadline);
      throw failure;
    } finally {
      deadline[Symbol.dispose]();
    }
  }

  async #getEach(
    keys: readonly KeyTexts[],
    { batchSize = defaultBatchSize, onProgress }: BatchCallOptions,
    deadline: Deadline,
  ): Promise<(Loaded<M> | undefined)[]> {
    const meter = new ProgressMeter({ operation: 'batchGet', name: this.#mapping.name });
    const execute = executeOn(this.#db, deadline.signal);
    const { retry: policy = defaultRetryPolicy } = this.#defaults;
    let processed = 0;
    const one = async (key: KeyTexts) => {
      const read = () => this.#select(execute, key);
      // A transaction of the caller's can only be repeated by the caller.
      const found = await (this.#db.isTransaction ? read() : retrying({ policy, deadline, idempotent: true }, read));
      processed++;
      if (onProgress !== undefined && (processed % batchSize === 0 || processed === keys.length)) {
        const counts = { processed, failed: 0, skipped: 0, individually: 0 };
        await deadline.race(calling('onProgress', () => onProgress(meter.progress(counts, keys.length))));
      }
      return found;
    };
    deadline.check();
    return sideBySide(
      this.#concurrency,
      keys.map((key) => () => one(key)),
    );
  }

  async batchInsert(
    records: readonly NewRecord<M>[],
    options: PortWriteOptions & { readonly returnModels: true },
  ): Promise<WriteResult & WithModels<M> & Partial<WithOutcomes>> {
    const mapping = this.#mapping;
    const { result, models } = await this.#inTurn(options, {
      operation: 'batchInsert',
      kind: 'insert',
      isIdempotent: false,
      records,
      keyOf: (record) => keyOfInput(mapping, record),
      check: (record, index) => readNewRecord(mapping, record, index),
      write: async (execute, record, index) => {
        const row = await insertRecord(execute, mapping, readNewRecord(mapping, record, index));
        return { status: 'inserted', key: keyOfRow(mapping, row), value: row };
      },
      modelOf: (row) => hydrateLoaded(mapping, row),
    });
    return { ...result, models };
  }

  async batchUpdate(
    records: readonly RecordPatch<M>[],
    options: PortUpdateOptions<M>,
  ): Promise<WriteResult & Partial<WithOutcomes>> {
    const mapping = this.#mapping;
    const plan = updatePlan(mapping, options);
    const { result } = await this.#inTurn(options, {
      operation: 'batchUpdate',
      kind: 'update',
      records,
      keyOf: (record) => keyOfInput(mapping, record),
      isIdempotent: isIdempotentUpdate(plan),
      check: (record, index) => {
        const input = readRecord(mapping, record, index);
        checkPlanned(mapping, plan, input);
        encodeRecordKey(mapping, input.values, index);
      },
      write: async (execute, record, index) => {
        const input = readRecord(mapping, record, index);
        const key = encodeRecordKey(mapping, input.values, index);
        const { status } = await updateRecord(execute, mapping, input, key, plan);
        return { status, key, value: undefined };
      },
    });
    return result;
  }

  async batchDelete(
    keys: readonly KeyOf<M>[],
    options: PortWriteOptions,
  ): Promise<WriteResult & Partial<WithOutcomes>> {
    const mapping = this.#mapping;
    const { result } = await this.#inTurn(options, {
      operation: 'batchDelete',
      kind: 'delete',
      isIdempotent: false,
      records: keys,
      keyOf: (key) => keyOfKey(mapping, key),
      check: (key, index) => encodeKey(mapping, key, index),
      write: async (execute, record, index) => {
        const key = encodeKey(mapping, record, index);
        const deleted = await deleteRecord(execute, mapping, key);
        return { status: deleted ? 'deleted' : 'skipped', key, value: undefined };
      },
    });
    return result;
  }

  #inTurn<R, T, E extends object>(options: PortWriteOptions, work: InTurn<R, T, E>) {
    return new WriteInTurn(this.#target, work, options, this.#defaults).run();
  }

  async #select(execute: Execute, key: KeyTexts, lock?: LockClause): Promise<Loaded<M> | undefined> {
    const { rows } = await execute(selectOne(this.#mapping, lock), key);
    return rows[0] && hydrateLoaded(this.#mapping, rows[0]);
  }
}
