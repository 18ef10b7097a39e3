import { atomically, executeText, MovingSavepoint, type Queryable, type UnoError } from '@uno/postgres';
import { blamesRecord } from '../errors/batch-error.js';
import { calling } from '../errors/callback-error.js';
import { type KeyTexts, keyText } from '../mapping/key.js';
import { Deadline } from '../operations/deadline.js';
import { ProgressMeter } from '../operations/progress-meter.js';
import { commitsByChunk } from '../operations/resolve-call.js';
import { defaultRetryPolicy, retrying } from '../operations/retrying.js';
import { EndOfCall, endOfCall } from '../operations/write-call.js';
import { type SettledStatus, WriteLedger } from '../operations/write-ledger.js';
import type { PortWriteOptions } from '../ports/batch-port.js';
import { observeWrite, type WriteTarget } from '../ports/observe-write.js';
import type { WithOutcomes, WriteResult } from '../ports/record-outcome.js';
import type { WriteKind } from '../ports/write-observer.js';
import type { Execute } from './record-statements.js';

/** What became of one record. */
export interface Settled<T> {
  readonly status: SettledStatus;
  readonly key: KeyTexts | undefined;
  readonly value: T;
}

/** Records that are written one by one. */
export interface InTurn<R, T> {
  readonly operation: string;
  readonly kind: WriteKind;
  readonly records: readonly R[];
  /** The key of a record that failed. */
  keyOf(record: R): string | undefined;
  /** @throws UnoError for a record of which it can be told without the database that it is at fault */
  check(record: R, index: number): void;
  write(execute: Execute, record: R, index: number): Promise<Settled<T>>;
}

/** Runs statements on a database or in a transaction, until a signal. */
export function executeOn(db: Queryable, signal?: AbortSignal): Execute {
  return (statement, parameters) => executeText(db, statement, parameters, { signal });
}

/** Records in one transaction under `atomicity: 'chunk'`, where nothing is said: as in the batch operations. */
export const defaultBatchSize = 1000;

/** One transaction's share of the records, and what came of it. */
interface Part<T> {
  readonly ledger: WriteLedger;
  readonly values: T[];
  readonly keys: KeyTexts[];
}

/** Writes records one after the other, in one transaction or in one for every `batchSize` of them. */
export class WriteInTurn<R, T> {
  readonly #target: WriteTarget;
  readonly #work: InTurn<R, T>;
  readonly #options: PortWriteOptions;
  readonly #batchSize: number;
  readonly #deadline: Deadline;
  readonly #meter: ProgressMeter;
  readonly #ledger: WriteLedger;
  readonly #values: T[] = [];

  constructor(target: WriteTarget, work: InTurn<R, T>, options: PortWriteOptions) {
    this.#target = target;
    this.#work = work;
    this.#options = options;
    this.#batchSize = options.batchSize ?? defaultBatchSize;
    this.#deadline = new Deadline(work.operation, options);
    this.#meter = new ProgressMeter({ operation: work.operation, name: target.mapping.name });
    this.#ledger = new WriteLedger(options.outcomes);
  }

  /** @throws BatchError that names the record at fault; whatever else made it fail */
  async run(): Promise<{ readonly result: WriteResult & Partial<WithOutcomes>; readonly values: readonly T[] }> {
    const { db, mapping } = this.#target;
    const { operation, records } = this.#work;
    try {
      const byChunk = commitsByChunk(operation, this.#options, db.isTransaction);
      const step = byChunk ? this.#batchSize : Math.max(1, records.length);
      this.#deadline.check();
      if (this.#options.onRecordError !== 'skip') this.#checkAll();
      for (let start = 0; start < records.length; start += step) {
        const part = await this.#certainly(start, Math.min(start + step, records.length));
        this.#ledger.merge(part.ledger);
        for (const value of part.values) this.#values.push(value);
      }
      return { result: this.#ledger.result(), values: this.#values };
    } catch (error) {
      const call = { operation, entity: mapping.name, total: records.length };
      throw endOfCall(this.#deadline.explain(error), call, this.#ledger);
    } finally {
      this.#deadline[Symbol.dispose]();
    }
  }

  /** Records are checked before the first one is sent, as in the batch operations: the same one is named then. */
  #checkAll(): void {
    const { records, check, keyOf } = this.#work;
    for (const [index, record] of records.entries()) {
      try {
        check(record, index);
      } catch (error) {
        throw blamesRecord(error) ? new EndOfCall({ index, key: keyOf(record) }, error) : error;
      }
    }
  }

  /** One transaction, as often as it takes; in a transaction of the caller once, since only that can be repeated. */
  #certainly(start: number, end: number): Promise<Part<T>> {
    const run = () => this.#transaction(start, end);
    if (this.#target.db.isTransaction) return run();
    return retrying({ policy: defaultRetryPolicy, deadline: this.#deadline, idempotent: false }, run);
  }

  #transaction(start: number, end: number): Promise<Part<T>> {
    const { db } = this.#target;
    const { signal } = this.#deadline;
    return observeWrite(this.#target, this.#work.kind, async () => {
      const part: Part<T> = { ledger: new WriteLedger(this.#options.outcomes), values: [], keys: [] };
      try {
        await atomically(db, (transaction) => this.#each(transaction, part, start, end), { signal, writes: true });
      } catch (error) {
        // What no statement failed on fails at COMMIT, such as a deferred constraint.
        throw blamesRecord(error) ? new EndOfCall({ index: undefined, key: undefined }, error) : error;
      }
      return { result: part, keys: part.keys };
    });
  }

  async #each(transaction: Queryable, part: Part<T>, start: number, end: number): Promise<void> {
    const { records, write } = this.#work;
    const execute = executeOn(transaction, this.#deadline.signal);
    const savepoint =
      this.#options.onRecordError === 'skip' ? new MovingSavepoint(transaction, this.#deadline.signal) : undefined;
    for (const [offset, record] of records.slice(start, end).entries()) {
      const index = start + offset;
      const one = () => write(execute, record, index);
      try {
        const { status, key, value } = await (savepoint === undefined ? one() : savepoint.attempt(one));
        part.ledger.settle(index, key && keyText(key), status);
        part.values.push(value);
        if (key !== undefined && status !== 'skipped') part.keys.push(key);
      } catch (error) {
        if (!blamesRecord(error)) throw error;
        this.#blame(part, record, index, error);
      }
      if ((index + 1) % this.#batchSize === 0 || index + 1 === records.length) await this.#tell(part);
    }
  }

  #blame(part: Part<T>, record: R, index: number, error: UnoError): void {
    const { onRecordError, maxFailures = Number.POSITIVE_INFINITY } = this.#options;
    const key = this.#work.keyOf(record);
    if (onRecordError !== 'skip') throw new EndOfCall({ index, key }, error);
    part.ledger.fail(index, key, error);
    if (this.#ledger.failed + part.ledger.failed > maxFailures) {
      throw new EndOfCall({ index, key }, error, part.ledger.failures);
    }
  }

  async #tell({ ledger }: Part<T>): Promise<void> {
    const { onProgress } = this.#options;
    if (onProgress === undefined) return;
    const counts = {
      processed: this.#ledger.processed + ledger.processed,
      failed: this.#ledger.failed + ledger.failed,
      skipped: this.#ledger.skipped + ledger.skipped,
      individually: 0,
    };
    await calling('onProgress', () => onProgress(this.#meter.progress(counts, this.#work.records.length)));
  }
}
