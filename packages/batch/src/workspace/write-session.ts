import type { Execute, KeyTexts, WrittenRows } from '@uno/domain';
import { MovingSavepoint, type Queryable } from '@uno/postgres';
import type { Session } from '../engine/batch-job.js';
import type { CallRecorder } from '../metrics/call-recorder.js';
import { recorded } from './recorded.js';

/** So many keys are kept for the observers of a write; beyond, they are told that any row may be different. */
const mostKeys = 100_000;

/** Statements of one transaction, or a single one outside of any. */
export class WriteSession implements Session {
  readonly execute: Execute;
  #isAnswered = false;
  readonly #db: Queryable;
  readonly #signal: AbortSignal | undefined;
  #savepoint: MovingSavepoint | undefined;
  readonly #isObserved: boolean;
  readonly #keys: KeyTexts[] = [];
  #isAnything = false;

  /** @param isObserved - whether somebody wants to know which rows were touched */
  constructor(db: Queryable, signal: AbortSignal | undefined, recorder: CallRecorder, isObserved: boolean) {
    this.#db = db;
    this.#signal = signal;
    this.#isObserved = isObserved;
    const execute = recorded(db, signal, recorder);
    this.execute = async (statement, parameters) => {
      const result = await execute(statement, parameters);
      this.#isAnswered = true;
      return result;
    };
  }

  /** Whether a statement has succeeded, which is committed then where there is no transaction. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  attempt<T>(run: () => Promise<T>): Promise<T> {
    this.#savepoint ??= new MovingSavepoint(this.#db, this.#signal);
    return this.#savepoint.attempt(run);
  }

  /** Keys of rows that may be different now. */
  get touched(): WrittenRows<unknown>['keys'] {
    return this.#isAnything ? 'all' : this.#keys;
  }

  /** @param keysOf - called only when somebody wants to know */
  touch(keysOf: () => readonly KeyTexts[]): void {
    if (this.#isAnything || !this.#isObserved) return;
    for (const key of keysOf()) this.#keys.push(key);
    this.#isAnything = this.#keys.length > mostKeys;
    if (this.#isAnything) this.#keys.length = 0;
  }
}
