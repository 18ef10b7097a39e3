import type { Execute, KeyTexts, WrittenRows } from '@uno/domain';
import {
  type CopyStatement,
  canFly,
  copyIn,
  type ExecuteOptions,
  executeTogether,
  MovingSavepoint,
  type Queryable,
  type SentAhead,
  type TogetherRequest,
  type TogetherResult,
} from '@uno/postgres';
import type { Session } from '../engine/batch-job.js';
import type { CallRecorder } from '../metrics/call-recorder.js';
import { recorded, timedBy } from './recorded.js';

/** So many keys are kept for the observers of a write; beyond, they are told that any row may be different. */
export const mostKeys = 100_000;

/** Statements of one transaction, or a single one outside of any. */
export class WriteSession implements Session {
  readonly execute: Execute;
  #isAnswered = false;
  readonly #db: Queryable;
  readonly #options: ExecuteOptions;
  readonly #recorder: CallRecorder;
  #savepoint: MovingSavepoint | undefined;
  #canFly: Promise<boolean> | undefined;
  #handedOver: Promise<void> | undefined;
  #release = () => {};
  readonly #isObserved: boolean;
  readonly #keys: KeyTexts[] = [];
  #isAnything = false;

  /** @param isObserved - whether somebody wants to know which rows were touched */
  constructor(db: Queryable, signal: AbortSignal | undefined, recorder: CallRecorder, isObserved: boolean) {
    this.#db = db;
    this.#options = { signal, onSent: (bytes) => recorder.statement(bytes) };
    this.#isObserved = isObserved;
    this.#recorder = recorder;
    const execute = recorded(db, signal, recorder);
    this.execute = (statement, parameters) => this.#answered(execute(statement, parameters));
  }

  /** Whether a statement has succeeded, which is committed then where there is no transaction. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  get handedOver(): Promise<void> | undefined {
    return this.#handedOver;
  }

  /**
   * Runs something that ends in a {@link copy}. A server that waits for data should not have to wait for what is done
   * meanwhile, too, so nothing is until it has the data.
   */
  async beforeCopy<T>(run: () => Promise<T>): Promise<T> {
    this.#handedOver = new Promise((resolve) => {
      this.#release = resolve;
    });
    try {
      return await run();
    } finally {
      this.#release();
      this.#handedOver = undefined;
    }
  }

  /** Copies rows into a table, and gives their number. */
  async copy(statement: CopyStatement, data: Uint8Array): Promise<number> {
    const release = this.#release;
    const source = (function* () {
      yield data;
      release();
    })();
    const { affected } = await this.#answered(this.#timed(() => copyIn(this.#db, statement, source, this.#options)));
    return affected;
  }

  /** Whether somebody wants to know which rows were touched. */
  get isObserved(): boolean {
    return this.#isObserved;
  }

  /** Whether statements can be sent together. */
  canFly(): Promise<boolean> {
    this.#canFly ??= canFly(this.#db);
    return this.#canFly;
  }

  /** Sends statements in one round trip. */
  together(requests: readonly TogetherRequest[]): Promise<readonly TogetherResult[]> {
    return this.#answered(this.#timed(() => executeTogether(this.#db, requests, this.#options)));
  }

  /** The same as an attempt, in the same round trip; `done` belongs to the attempt. */
  attemptTogether<T>(
    requests: readonly TogetherRequest[],
    done: (results: readonly TogetherResult[]) => Promise<T>,
  ): Promise<T> {
    return this.#flown((answered) => this.#moving().together(requests, this.#options, answered), done);
  }

  /** Sends statements for the next attempt before the one under way is answered, where that can be. */
  sendAhead(requests: readonly TogetherRequest[]): SentAhead | undefined {
    return this.#savepoint?.sendAhead(requests, this.#options);
  }

  /** That attempt. */
  attemptSent<T>(sent: SentAhead, done: (results: readonly TogetherResult[]) => Promise<T>): Promise<T> {
    return this.#flown((answered) => this.#moving().attemptSent(sent, answered), done);
  }

  attempt<T>(run: () => Promise<T>): Promise<T> {
    return this.#moving().attempt(run);
  }

  /** Keys of rows that may be different now. */
  get touched(): WrittenRows<unknown>['keys'] {
    return this.#isAnything ? 'all' : this.#keys;
  }

  /** @param keysOf - called only when somebody wants to know */
  touch(keysOf: () => readonly KeyTexts[]): void {
    if (this.#isAnything || !this.#isObserved) return;
    for (const key of keysOf()) this.#keys.push(key);
    if (this.#keys.length > mostKeys) this.touchAll();
  }

  /** Nobody knows which rows are different now. */
  touchAll(): void {
    this.#isAnything = true;
    this.#keys.length = 0;
  }

  #moving(): MovingSavepoint {
    this.#savepoint ??= new MovingSavepoint(this.#db, this.#options.signal);
    return this.#savepoint;
  }

  /** Tells the recorder how long the answer was waited for, which ends when something is done with it. */
  async #flown<T>(
    fly: (answered: (results: readonly TogetherResult[]) => Promise<T>) => Promise<T>,
    done: (results: readonly TogetherResult[]) => Promise<T>,
  ): Promise<T> {
    let isTold = false;
    const began = performance.now();
    const tell = () => {
      if (!isTold) this.#recorder.answered(performance.now() - began);
      isTold = true;
    };
    try {
      return await fly((results) => {
        tell();
        this.#isAnswered = true;
        return done(results);
      });
    } finally {
      tell();
    }
  }

  #timed<T>(run: () => Promise<T>): Promise<T> {
    return timedBy(this.#recorder, run);
  }

  async #answered<T>(sent: Promise<T>): Promise<T> {
    const result = await sent;
    this.#isAnswered = true;
    return result;
  }
}
