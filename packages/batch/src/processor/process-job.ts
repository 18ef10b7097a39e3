import { CallbackError, EndOfCall } from '@uno/domain';
import { ConfigError, UnoError } from '@uno/postgres';
import type { BatchJob, Prepared, Session, Verdict, Workspace } from '../engine/batch-job.js';
import type { ChunkReport, Entry, Piece } from '../engine/chunk.js';
import type { EngineCall } from '../engine/engine-call.js';
import { postProcessEach } from '../engine/post-process-each.js';
import { Window } from '../engine/window.js';
import type { BatchWork, PreparedBatchWork } from './batch-work.js';
import { ProcessAccount } from './process-account.js';

type Results<R> = readonly R[] | undefined;

/** A record that was done after its chunk had failed as a whole, and its result, if the function gives any. */
interface Done<R> {
  readonly results: Results<R>;
}

/** Some records of a chunk are done and others not, so that it has to be taken apart again. */
class PartlyDone extends Error {
  override readonly name = 'PartlyDone';
}

/** Nothing can be undone where a function does the work, which is why it has to do all of a chunk or nothing. */
const plainSession: Session = { attempt: (run) => run() };

const plainWorkspace: Workspace<Session> = {
  isJoined: false,
  isGone: async () => false,
  once: (run) => run(plainSession),
  whole: (run) => run(plainSession),
  spareWorkers: () => Number.POSITIVE_INFINITY,
};

/** A chunk function of the caller's as the engine sees it. */
export class ProcessJob<T, I, R> implements BatchJob<Session, T | I, Entry<I>, Results<R>, ProcessAccount<I, R>> {
  readonly isIdempotent = false;
  readonly workspace = plainWorkspace;
  readonly preProcess?: (record: T | I, index: number) => I | null | PromiseLike<I | null>;
  readonly postProcess?: (report: ChunkReport<Entry<I>, Results<R>>) => Promise<void>;
  readonly #work: BatchWork<I, R>;
  readonly #call: EngineCall;
  readonly #signal: AbortSignal;
  /** The records of chunks that failed, and which of them are done since: those must not be done again. */
  readonly #tried = new WeakMap<Entry<I>, Done<R> | undefined>();

  constructor(work: BatchWork<I, R> | PreparedBatchWork<T, I, R>, call: EngineCall) {
    const { postProcess } = work;
    const preProcess = 'preProcess' in work ? work.preProcess : undefined;
    this.#work = work;
    this.#call = call;
    this.#signal = call.deadline.signal ?? new AbortController().signal;
    // The engine calls it with records of the source alone.
    if (preProcess !== undefined) this.preProcess = (record, index) => preProcess(record as T, index);
    if (postProcess !== undefined) {
      const window = new Window(call.maxWorkers, call.deadline);
      this.postProcess = (report) => postProcessEach(window, call.deadline, postProcessing(report, postProcess));
    }
  }

  read({ record, index }: Entry<T | I>): Entry<I> {
    // Without `preProcess` the records of the source are those that the work is for; with it, they have become them.
    return { record: record as I, index };
  }

  partsOf(item: Entry<I>): readonly Entry<I>[] {
    return [item];
  }

  indicesOf({ index }: Entry<I>): readonly number[] {
    return [index];
  }

  keyOfRecord(): undefined {
    return undefined;
  }

  keyOfItem({ record }: Entry<I>): string | undefined {
    try {
      return this.#work.keyOf?.(record);
    } catch (error) {
      throw new CallbackError('keyOf', error);
    }
  }

  identityOf(item: Entry<I>): string | undefined {
    return this.keyOfItem(item);
  }

  prepare(items: readonly Entry<I>[]): Prepared<Session, Results<R>> {
    const records = items.map(({ record }) => record);
    const firstIndex = items[0]?.index ?? 0;
    return {
      isOneStatement: true,
      send: async () => {
        const done = items.flatMap((item) => this.#tried.get(item) ?? []);
        if (done.length === items.length) return resultsOf(done);
        if (done.length > 0) throw new PartlyDone();
        const results = await this.#execute(records, firstIndex).catch((error: unknown) => {
          for (const item of items) this.#tried.set(item, undefined);
          throw error;
        });
        if (results !== undefined && (!Array.isArray(results) || results.length !== items.length)) {
          throw new ConfigError(
            `The chunk function gave ${Array.isArray(results) ? `${results.length} results` : 'no list'} for ${items.length} records. It gives nothing, or one result for each.`,
          );
        }
        for (const [i, item] of items.entries()) {
          if (this.#tried.has(item)) this.#tried.set(item, { results: results?.slice(i, i + 1) });
        }
        return results;
      },
    };
  }

  doneOf(items: readonly Entry<I>[]): Piece<Entry<I>, Results<R>>[] {
    return items.flatMap((item) => {
      const done = this.#tried.get(item);
      return done === undefined ? [] : [{ items: [item], value: resultsOf([done]) }];
    });
  }

  /** Trying parts of a chunk again is for leaving records out; otherwise the first failure ends the call. */
  judge(error: unknown): Verdict {
    const isFinal = error instanceof EndOfCall || error instanceof ConfigError || this.#call.deadline.isOver;
    if (isFinal || !this.#call.skips) return 'call';
    if (error instanceof PartlyDone) return 'record';
    if (!UnoError.is(error)) return 'call';
    return error.retry === 'never' ? 'record' : 'call';
  }

  newAccount(): ProcessAccount<I, R> {
    return new ProcessAccount();
  }

  merge(into: ProcessAccount<I, R>, part: ProcessAccount<I, R>): void {
    into.take(part);
  }

  async #execute(records: readonly I[], firstIndex: number): Promise<Results<R>> {
    try {
      return (await this.#work.execute(records, { firstIndex, signal: this.#signal })) ?? undefined;
    } catch (error) {
      if (UnoError.is(error)) throw error;
      throw new CallbackError('chunk function', error, this.#isTransient(error) ? 'safe' : 'never');
    }
  }

  #isTransient(error: unknown): boolean {
    try {
      return this.#work.isTransient?.(error) ?? false;
    } catch (thrown) {
      throw new CallbackError('isTransient', thrown);
    }
  }
}

/** The calls of `postProcess` for the results of a chunk. */
function* postProcessing<I, R>(
  { pieces }: ChunkReport<Entry<I>, Results<R>>,
  postProcess: NonNullable<BatchWork<I, R>['postProcess']>,
): Iterable<() => void | PromiseLike<void>> {
  for (const { items, value = [] } of pieces) {
    for (const [i, result] of value.entries()) yield () => postProcess(result, items[i]?.index ?? 0);
  }
}

function resultsOf<R>(done: readonly Done<R>[]): Results<R> {
  const given = done.flatMap(({ results = [] }) => results);
  return given.length === 0 ? undefined : given;
}
