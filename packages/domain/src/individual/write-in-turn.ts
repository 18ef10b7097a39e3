import {
  asUncommitted,
  atomically,
  CommitUnknownError,
  executeText,
  isTransactionLost,
  MovingSavepoint,
  type Queryable,
  UnoError,
} from '@uno/postgres';
import { blamesRecord } from '../errors/batch-error.js';
import { calling } from '../errors/callback-error.js';
import { IndexRanges } from '../errors/index-ranges.js';
import { type KeyTexts, keyText } from '../mapping/key.js';
import { Deadline } from '../operations/deadline.js';
import { checkAtOnce, namingRefused } from '../operations/naming-refused.js';
import { ProgressMeter } from '../operations/progress-meter.js';
import { commitsByChunk, overDefaults } from '../operations/resolve-call.js';
import { defaultRetryPolicy, retrying } from '../operations/retrying.js';
import { tellEnd, tellFailure } from '../operations/tell-errors.js';
import { EndOfCall, endOfCall, RefusedAtCommit } from '../operations/write-call.js';
import { type SettledStatus, WriteLedger } from '../operations/write-ledger.js';
import type { PortDefaults, PortWriteOptions } from '../ports/batch-port.js';
import { observeWrite, type WriteTarget } from '../ports/observe-write.js';
import type { RecordOutcome, WithOutcomes, WriteResult } from '../ports/record-outcome.js';
import type { WriteKind } from '../ports/write-observer.js';
import { type ReadInTurn, readInTurn } from './read-in-turn.js';
import type { Execute } from './record-statements.js';

/** What became of one record. */
export interface Settled<T> {
  readonly status: SettledStatus;
  readonly key: KeyTexts | undefined;
  readonly value: T;
}

/** Records that are written one by one. */
export interface InTurn<R, T, E extends object> {
  readonly operation: string;
  readonly kind: WriteKind;
  /** Whether doing it twice comes to the same. */
  readonly isIdempotent: boolean;
  readonly records: readonly R[];
  /** The key of a record that failed. */
  keyOf(record: R): string | undefined;
  /** @throws UnoError for a record of which it can be told without the database that it is at fault */
  check(record: R, index: number): void;
  write(execute: Execute, record: R, index: number): Promise<Settled<T>>;
  /** The entity that was written, where entities are asked for. */
  modelOf?(value: T): E;
}

/** Runs statements on a database or in a transaction, until a signal. */
export function executeOn(db: Queryable, signal?: AbortSignal): Execute {
  return (statement, parameters) => executeText(db, statement, parameters, { signal });
}

/** Records in one transaction under `atomicity: 'chunk'`, where nothing is said: as in the batch operations. */
export const defaultBatchSize = 1000;

/** What came of writing one record. */
interface Indexed<T> {
  readonly index: number;
  readonly key: string | undefined;
  readonly value: T;
}

/** What came of one transaction's share of the records. */
interface Part<T> {
  readonly ledger: WriteLedger;
  readonly values: Indexed<T>[];
  readonly keys: KeyTexts[];
  /** What `postProcess` has not heard of yet. */
  readonly untold: { readonly outcome: RecordOutcome; readonly value: T }[];
}

/** Writes records one after the other, in one transaction or in one for every `batchSize` of them. */
export class WriteInTurn<R, T, E extends object> {
  readonly #target: WriteTarget;
  readonly #work: InTurn<R, T, E>;
  readonly #options: PortWriteOptions;
  readonly #defaults: PortDefaults;
  readonly #batchSize: number;
  readonly #byChunk: boolean;
  readonly #deadline: Deadline;
  readonly #meter: ProgressMeter;
  readonly #ledger: WriteLedger;
  readonly #inDoubt = new Set<ReadInTurn<R>>();
  readonly #values: Indexed<T>[] = [];

  /** @throws ConfigError for options that contradict each other */
  constructor(target: WriteTarget, work: InTurn<R, T, E>, options: PortWriteOptions, defaults: PortDefaults) {
    const said = overDefaults(defaults, options);
    this.#target = target;
    this.#work = work;
    this.#options = said;
    this.#defaults = defaults;
    this.#batchSize = said.batchSize ?? defaultBatchSize;
    this.#byChunk = commitsByChunk(work.operation, said, target.db.isTransaction);
    this.#meter = new ProgressMeter({ operation: work.operation, name: target.mapping.name });
    this.#ledger = new WriteLedger(said.outcomes);
    this.#deadline = new Deadline(work.operation, said);
  }

  /**
   * The totals, and the entities where the work makes some.
   *
   * @throws BatchError that names the record at fault; whatever else made it fail
   */
  async run(): Promise<{ readonly result: WriteResult & Partial<WithOutcomes>; readonly models: E[] }> {
    try {
      this.#deadline.check();
      for (const share of this.#sharesOf(await this.#read())) await this.#settle(await this.#certainly(share));
      // Only now, because a row that cannot be made an entity has been written all the same.
      return { result: this.#ledger.result(), models: this.#values.flatMap((one) => this.#modelOf(one) ?? []) };
    } catch (error) {
      const failure = await this.#failure(error);
      await tellEnd(this.#defaults.onError, failure, this.#deadline);
      throw failure;
    } finally {
      this.#deadline[Symbol.dispose]();
    }
  }

  #read(): Promise<ReadInTurn<R>> {
    const { records, kind, keyOf, check } = this.#work;
    // Keys are no records to be processed.
    const preProcess = kind === 'delete' ? undefined : this.#defaults.preProcess;
    return readInTurn({ records, preProcess, skips: this.#skips, deadline: this.#deadline, keyOf, check });
  }

  #modelOf({ index, value, key }: Indexed<T>): E | undefined {
    try {
      return this.#work.modelOf?.(value);
    } catch (error) {
      throw UnoError.is(error) ? new EndOfCall({ index, key }, error) : error;
    }
  }

  /** What is to be one transaction each. What was found while reading goes with the first. */
  #sharesOf({ ready, dropped, refused }: ReadInTurn<R>): ReadInTurn<R>[] {
    const [first = [], ...others] = this.#byChunk ? this.#cut(ready) : [ready];
    if (first.length + dropped.length + refused.length === 0) return [];
    return [{ ready: first, dropped, refused }, ...others.map((some) => ({ ready: some, dropped: [], refused: [] }))];
  }

  #cut<T>(all: readonly T[]): T[][] {
    const count = Math.ceil(all.length / this.#batchSize);
    return Array.from({ length: count }, (_, i) => all.slice(i * this.#batchSize, (i + 1) * this.#batchSize));
  }

  get #skips(): boolean {
    return this.#options.onRecordError === 'skip';
  }

  /** One transaction, as often as it takes; in a transaction of the caller once, since only that can be repeated. */
  async #certainly(share: ReadInTurn<R>): Promise<Part<T>> {
    const run = () =>
      namingRefused(
        this.#skips,
        () => this.#transaction(share, false),
        () => this.#transaction(share, true),
      );
    if (this.#target.db.isTransaction) return run();
    const { retry: policy = defaultRetryPolicy } = this.#defaults;
    const context = {
      policy,
      deadline: this.#deadline,
      idempotent: this.#work.isIdempotent,
      onRetry: ({ code }: { readonly code: string }) => {
        if (code === 'UNO_COMMIT_UNKNOWN') this.#inDoubt.add(share);
      },
    };
    try {
      const part = await retrying(context, run);
      this.#inDoubt.delete(share);
      return part;
    } catch (error) {
      if (error instanceof CommitUnknownError) this.#inDoubt.add(share);
      throw error;
    }
  }

  #transaction(share: ReadInTurn<R>, checksAtOnce: boolean): Promise<Part<T>> {
    const { signal } = this.#deadline;
    return observeWrite(this.#target, this.#work.kind, async () => {
      const part: Part<T> = { ledger: new WriteLedger(this.#options.outcomes), values: [], keys: [], untold: [] };
      const run = async (transaction: Queryable) => {
        const execute = executeOn(transaction, signal);
        if (checksAtOnce) await execute(checkAtOnce, []);
        await this.#each(transaction, execute, part, share);
      };
      try {
        if (share.ready.length === 0) await run(this.#target.db);
        else await atomically(this.#target.db, run, { signal, writes: true });
      } catch (error) {
        throw blamesRecord(error) ? new RefusedAtCommit(error, part.ledger.failures) : error;
      }
      return { result: part, keys: part.keys };
    });
  }

  async #each(
    transaction: Queryable,
    execute: Execute,
    part: Part<T>,
    { ready, dropped, refused }: ReadInTurn<R>,
  ): Promise<void> {
    const savepoint = this.#skips ? new MovingSavepoint(transaction, this.#deadline.signal) : undefined;
    for (const { index, key, error } of refused) this.#blame(part, index, key, error);
    for (const index of dropped) part.ledger.settle(index, undefined, 'skipped');
    for (const some of ready.length === 0 ? [[]] : this.#cut(ready)) {
      for (const { record, index } of some) await this.#one(execute, savepoint, part, record, index);
      // What commits by itself is told of once it has.
      if (!this.#byChunk) await this.#tell(part);
    }
  }

  async #one(
    execute: Execute,
    savepoint: MovingSavepoint | undefined,
    part: Part<T>,
    record: R,
    index: number,
  ): Promise<void> {
    const write = () => this.#work.write(execute, record, index);
    try {
      const { status, key, value } = await (savepoint === undefined ? write() : savepoint.attempt(write));
      const outcome = { index, key: key && keyText(key), status };
      part.ledger.settle(index, outcome.key, status);
      part.values.push({ index, key: outcome.key, value });
      if (key !== undefined && status !== 'skipped') part.keys.push(key);
      if (this.#defaults.postProcess !== undefined) part.untold.push({ outcome, value });
    } catch (error) {
      if (!blamesRecord(error)) throw error;
      this.#blame(part, index, this.#work.keyOf(record), error);
    }
  }

  #blame(part: Part<T>, index: number, key: string | undefined, error: UnoError): void {
    if (!this.#skips) throw new EndOfCall({ index, key }, error);
    part.ledger.fail(index, key, error);
    const { maxFailures = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#ledger.failed + part.ledger.failed > maxFailures) {
      throw new EndOfCall({ index, key }, error, part.ledger.failures);
    }
  }

  /** Takes over what has become certain. */
  async #settle(part: Part<T>): Promise<void> {
    this.#ledger.merge(part.ledger);
    for (const value of part.values) this.#values.push(value);
    const { onError } = this.#defaults;
    for (const failure of part.ledger.failures) await this.#deadline.race(tellFailure(onError, failure));
    if (this.#byChunk) await this.#tell(part, true);
  }

  /** Tells how far it has come, and of the records that were written since that was told last. */
  async #tell(part: Part<T>, isMerged = false): Promise<void> {
    const { onProgress } = this.#options;
    if (onProgress !== undefined) {
      const ledgers = isMerged ? [this.#ledger] : [this.#ledger, part.ledger];
      const sum = (count: (ledger: WriteLedger) => number) => ledgers.reduce((all, one) => all + count(one), 0);
      const counts = {
        processed: sum((ledger) => ledger.processed),
        failed: sum((ledger) => ledger.failed),
        skipped: sum((ledger) => ledger.skipped),
        individually: 0,
      };
      const progress = this.#meter.progress(counts, this.#work.records.length);
      await this.#deadline.race(calling('onProgress', () => onProgress(progress)));
    }
    const { postProcess } = this.#defaults;
    if (postProcess === undefined) return;
    for (const { outcome, value } of part.untold.splice(0)) {
      const model = this.#work.modelOf?.(value);
      await calling('postProcess', () => this.#deadline.race((async () => postProcess(outcome, model))()));
    }
  }

  async #failure(error: unknown): Promise<unknown> {
    const { db, mapping } = this.#target;
    const { operation, records } = this.#work;
    const call = { operation, entity: mapping.name, total: records.length };
    const isGone = db.isTransaction && (await isTransactionLost(db));
    const cause = this.#deadline.explain(isGone ? asUncommitted(error) : error);
    // What was done in a transaction of the caller's is gone with it.
    const ledger = isGone ? new WriteLedger(false) : this.#ledger;
    const unknown = new IndexRanges();
    // Where everything is one transaction, the error of its COMMIT says as much.
    if (this.#byChunk || cause instanceof EndOfCall) {
      for (const { ready } of this.#inDoubt) for (const { index } of ready) unknown.add(index);
    }
    return endOfCall(cause, call, ledger, unknown);
  }
}
