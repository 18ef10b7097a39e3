import { blamesRecord, CallbackError, EndOfCall, type FailedRecord } from '@uno/domain';
import type { UnoError } from '@uno/postgres';
import type { Account, BatchJob, Session } from './batch-job.js';
import { Breather } from './breather.js';
import type { Entry } from './chunk.js';
import type { EngineCall } from './engine-call.js';
import { isPromise, Window } from './window.js';

/** Records that were read: what became of them so far. */
export interface ReadRecords<I> {
  readonly items: I[];
  readonly dropped: number[];
  readonly refused: FailedRecord[];
}

/** What `preProcess` gave for a record, or threw. */
type Processed<R> = { readonly record: R | null } | { readonly error: unknown };

type PreProcess<R> = (record: R, index: number) => R | null | PromiseLike<R | null>;

/** Makes items of records: first what the caller's `preProcess` does, then what the operation checks. */
export class RecordReader<S extends Session, R, I, V, A extends Account<I, V>> {
  readonly #job: BatchJob<S, R, I, V, A>;
  readonly #call: EngineCall;
  readonly #breather: Breather;

  constructor(job: BatchJob<S, R, I, V, A>, call: EngineCall) {
    this.#job = job;
    this.#call = call;
    this.#breather = new Breather(call.deadline);
  }

  /**
   * @param first - the position of the first one
   * @throws EndOfCall for a record that is wrong, where such records are not left out
   */
  async read(records: readonly R[], first: number): Promise<ReadRecords<I>> {
    const read: ReadRecords<I> = { items: [], dropped: [], refused: [] };
    if (this.#job.preProcess === undefined) {
      let index = first;
      for (const record of records) {
        this.#readOne(read, { record, index: index++ });
        if (this.#breather.isDue()) await this.#breather.breathe();
      }
      return read;
    }
    const processed = await this.#preProcessed(records, first, this.#job.preProcess.bind(this.#job));
    for (const [position, record] of records.entries()) {
      const result = processed[position];
      const index = first + position;
      if (result === undefined) continue;
      if ('error' in result) this.#refuse(read, { record, index }, this.#failureOf(result.error));
      else if (result.record === null) read.dropped.push(index);
      else this.#readOne(read, { record: result.record, index });
      if (this.#breather.isDue()) await this.#breather.breathe();
    }
    return read;
  }

  #readOne(read: ReadRecords<I>, entry: Entry<R>): void {
    try {
      read.items.push(this.#job.read(entry));
    } catch (error) {
      if (!blamesRecord(error)) throw error;
      this.#refuse(read, entry, error);
    }
  }

  /** When the call is over, that is why it failed, if it has noticed that by itself. */
  #failureOf(thrown: unknown): CallbackError {
    this.#call.deadline.check();
    return new CallbackError('preProcess', thrown);
  }

  #refuse(read: ReadRecords<I>, { record, index }: Entry<R>, error: UnoError): void {
    const key = this.#job.keyOfRecord(record);
    if (!this.#call.skips) throw new EndOfCall({ index, key }, error);
    read.refused.push({ index, key, status: 'failed', error });
  }

  /** Calls of an async `preProcess` run side by side, so many at a time; their results are in the order of the records. */
  async #preProcessed(records: readonly R[], first: number, preProcess: PreProcess<R>): Promise<Processed<R>[]> {
    const { maxWorkers, deadline, skips, ending } = this.#call;
    const processed: Processed<R>[] = new Array(records.length);
    const window = new Window(maxWorkers, deadline);
    const begun: Promise<void>[] = [];
    let hasFailed = false;
    const keep = (position: number, one: Processed<R>) => {
      processed[position] = one;
      hasFailed ||= 'error' in one;
    };
    for (const [position, record] of records.entries()) {
      while (window.isFull) await window.untilOneEnds();
      if (this.#breather.isDue()) await this.#breather.breathe();
      // The call ends with the first failure then, and all records before this one have been begun.
      if ((hasFailed && !skips) || ending.aborted) break;
      const result = preProcessOne(preProcess, record, first + position);
      if (isPromise(result)) begun.push(window.add(result.then((one) => keep(position, one))));
      else keep(position, result);
    }
    await deadline.race(Promise.all(begun));
    return processed;
  }
}

/** An `undefined`, which is no `null`, is a record like any other, for the operation to refuse. */
function preProcessOne<R>(
  preProcess: PreProcess<R>,
  record: R,
  index: number,
): Processed<R> | PromiseLike<Processed<R>> {
  try {
    const result = preProcess(record, index);
    if (!isPromise(result)) return { record: result };
    return result.then(
      (settled) => ({ record: settled }),
      (error: unknown) => ({ error }),
    );
  } catch (error) {
    return { error };
  }
}
