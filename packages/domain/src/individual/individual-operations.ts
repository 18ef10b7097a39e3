import { atomically, executeText, type Queryable } from '@uno/postgres';
import { asBatchError } from '../errors/batch-error.js';
import { RowSuppressedError, StaleEntityError } from '../errors/repository-errors.js';
import type { AnyMapping, TextRow } from '../mapping/entity-mapping.js';
import type { Field } from '../mapping/field.js';
import type { KeyOf, Loaded, NewRecord, RecordPatch, UpdatableField } from '../mapping/inferred-types.js';
import { encodeKey, encodeRecordKey, type KeyTexts, keyText } from '../mapping/key.js';
import { encodeField, type InputRecord, readNewRecord, readRecord } from '../mapping/record-reader.js';
import { updatableFields, updatedFields } from '../mapping/record-shape.js';
import { hydrateLoaded, keyOfRow } from '../mapping/rows.js';
import { encodeKeys, keyOfInput } from '../operations/inputs.js';
import { requireList } from '../operations/require-list.js';
import { sideBySide } from '../operations/side-by-side.js';
import { writeTotals } from '../operations/write-totals.js';
import type { RecordOperations, WriteTotals } from '../ports/batch-port.js';
import { observeWrite, type WriteTarget } from '../ports/observe-write.js';
import type { WriteKind, WriteObserver } from '../ports/write-observer.js';
import { deleteOne, existsOne, selectOne, updateOne } from './individual-statements.js';
import { insertRecord } from './insert-record.js';

/** What {@link IndividualOperations} works on. */
export interface IndividualOperationsOptions<M extends AnyMapping> {
  readonly mapping: M;
  readonly db: Queryable;
  readonly observers: readonly WriteObserver[];
  /** Reads that may run side by side outside of a transaction. */
  readonly concurrency: number;
}

/** What became of one record; the key where a row was touched. */
interface Written<T> {
  readonly result: T;
  readonly key: KeyTexts | undefined;
}

/**
 * One statement a record: the single operations of a repository, and all that it does where batching is off. Results,
 * order, errors and `fields` are those of the batch operations.
 */
export class IndividualOperations<M extends AnyMapping> implements RecordOperations<M> {
  readonly #mapping: M;
  readonly #db: Queryable;
  readonly #target: WriteTarget;
  readonly #concurrency: number;

  constructor(options: IndividualOperationsOptions<M>) {
    this.#mapping = options.mapping;
    this.#db = options.db;
    this.#target = options;
    this.#concurrency = options.db.isTransaction ? 1 : options.concurrency;
  }

  async get(key: KeyOf<M>): Promise<Loaded<M> | undefined> {
    return this.#select(encodeKey(this.#mapping, key));
  }

  async exists(key: KeyOf<M>): Promise<boolean> {
    const { rows } = await executeText(this.#db, existsOne(this.#mapping), encodeKey(this.#mapping, key));
    return rows.length > 0;
  }

  /** @throws ValidationError, ConstraintError */
  async insert(record: NewRecord<M>): Promise<Loaded<M>> {
    const input = readNewRecord(this.#mapping, record, undefined);
    const row = await observeWrite(this.#target, 'insert', async () => {
      const inserted = await insertRecord(this.#db, this.#mapping, input);
      return { result: inserted, keys: [keyOfRow(this.#mapping, inserted)] };
    });
    // Only now, because a row that cannot be read has been written all the same.
    return hydrateLoaded(this.#mapping, row);
  }

  /** @throws StaleEntityError when no row has the key */
  async update(record: RecordPatch<M>, named: readonly UpdatableField<M>[] | undefined): Promise<Loaded<M>> {
    const input = readRecord(this.#mapping, record, undefined);
    const key = encodeRecordKey(this.#mapping, input.values);
    const allowed = updatableFields(this.#mapping, named);
    const row = await observeWrite(this.#target, 'update', async () => {
      const updated = await this.#update(this.#db, input, key, allowed);
      if (updated === undefined) throw await this.#whyNotUpdated(key);
      return { result: updated, keys: [key] };
    });
    return hydrateLoaded(this.#mapping, row);
  }

  /** Whether there was a row to delete. */
  async delete(key: KeyOf<M>): Promise<boolean> {
    const texts = encodeKey(this.#mapping, key);
    return observeWrite(this.#target, 'delete', async () => {
      const deleted = await this.#delete(this.#db, texts);
      return { result: deleted, keys: deleted ? [texts] : [] };
    });
  }

  async batchGet(keys: readonly KeyOf<M>[]): Promise<(Loaded<M> | undefined)[]> {
    const texts = encodeKeys(this.#mapping, 'batchGet', keys);
    return sideBySide(
      this.#concurrency,
      texts.map((key) => () => this.#select(key)),
    );
  }

  async batchInsert(records: readonly NewRecord<M>[]): Promise<WriteTotals & { readonly models: Loaded<M>[] }> {
    const models = await this.#each('batchInsert', 'insert', records, readNewRecord, async (db, record) => {
      const row = await insertRecord(db, this.#mapping, record);
      return { result: hydrateLoaded(this.#mapping, row), key: keyOfRow(this.#mapping, row) };
    });
    return { ...writeTotals(records.length, { inserted: models.length }), models };
  }

  async batchUpdate(
    records: readonly RecordPatch<M>[],
    options: { readonly fields?: readonly UpdatableField<M>[] | undefined } = {},
  ): Promise<WriteTotals> {
    const allowed = updatableFields(this.#mapping, options.fields);
    const found = await this.#each('batchUpdate', 'update', records, readRecord, async (db, record) => {
      const key = encodeRecordKey(this.#mapping, record.values, record.index);
      const updated = await this.#update(db, record, key, allowed);
      return { result: updated !== undefined, key: updated && key };
    });
    return writeTotals(records.length, { updated: found.filter(Boolean).length });
  }

  async batchDelete(keys: readonly KeyOf<M>[]): Promise<WriteTotals> {
    const texts = encodeKeys(this.#mapping, 'batchDelete', keys);
    const deleted = await this.#inTurn('batchDelete', 'delete', texts, keyText, async (db, key) => {
      const gone = await this.#delete(db, key);
      return { result: gone, key: gone ? key : undefined };
    });
    return writeTotals(keys.length, { deleted: deleted.filter(Boolean).length });
  }

  #each<T>(
    operation: string,
    kind: WriteKind,
    records: readonly unknown[],
    read: typeof readRecord,
    one: (db: Queryable, record: InputRecord) => Promise<Written<T>>,
  ): Promise<T[]> {
    const name = (record: unknown) => keyOfInput(this.#mapping, record);
    return this.#inTurn(operation, kind, records, name, (db, record, index) =>
      one(db, read(this.#mapping, record, index)),
    );
  }

  /** Every record in turn, all in one transaction, so that a failure leaves nothing behind. */
  async #inTurn<R, T>(
    operation: string,
    kind: WriteKind,
    records: readonly R[],
    name: (record: R) => string | undefined,
    one: (db: Queryable, record: R, index: number) => Promise<Written<T>>,
  ): Promise<T[]> {
    const list = requireList(operation, records);
    if (list.length === 0) return [];
    const about = { operation, entity: this.#mapping.name, total: list.length };
    return observeWrite(this.#target, kind, async () => {
      try {
        return await atomically(this.#db, async (db) => {
          const result: T[] = [];
          const keys: KeyTexts[] = [];
          for (const [index, record] of list.entries()) {
            try {
              const written = await one(db, record, index);
              result.push(written.result);
              if (written.key !== undefined) keys.push(written.key);
            } catch (error) {
              throw asBatchError(error, { ...about, index, key: name(record) });
            }
          }
          return { result, keys };
        });
      } catch (error) {
        // What is still not named here failed at COMMIT, such as a deferred constraint.
        throw asBatchError(error, { ...about, index: undefined, key: undefined });
      }
    });
  }

  /** The row is gone; or it is there, and a trigger suppressed the update. */
  async #whyNotUpdated(key: KeyTexts): Promise<Error> {
    const { rows } = await executeText(this.#db, existsOne(this.#mapping), key);
    return rows.length > 0
      ? new RowSuppressedError(this.#mapping.name)
      : new StaleEntityError(this.#mapping.name, [keyText(key)]);
  }

  async #select(key: KeyTexts): Promise<Loaded<M> | undefined> {
    const { rows } = await executeText(this.#db, selectOne(this.#mapping), key);
    return rows[0] && hydrateLoaded(this.#mapping, rows[0]);
  }

  /** `undefined` when no row has the key. */
  async #update(
    db: Queryable,
    record: InputRecord,
    key: KeyTexts,
    allowed: readonly Field[],
  ): Promise<TextRow | undefined> {
    const mapping = this.#mapping;
    const fields = updatedFields(allowed, record);
    const parameters = fields.map((field) => encodeField(mapping, field, record.values[field.property], record.index));
    const statement = fields.length === 0 ? selectOne(mapping) : updateOne(mapping, fields);
    const { rows } = await executeText(db, statement, [...parameters, ...key]);
    return rows[0];
  }

  async #delete(db: Queryable, key: KeyTexts): Promise<boolean> {
    const { affected } = await executeText(db, deleteOne(this.#mapping), key);
    return affected > 0;
  }
}
