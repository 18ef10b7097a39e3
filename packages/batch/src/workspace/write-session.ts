import type { Execute, KeyTexts, WrittenRows } from '@uno/domain';
import { executeText, MovingSavepoint, type Queryable } from '@uno/postgres';
import type { Session } from '../engine/batch-job.js';
import type { CallRecorder } from '../metrics/call-recorder.js';

/** So many keys are kept for the observers of a write; beyond, they are told that any row may be different. */
const mostKeys = 100_000;

/** Statements of one transaction, or a single one outside of any. */
export class WriteSession implements Session {
  readonly execute: Execute;
  readonly #db: Queryable;
  #savepoint: MovingSavepoint | undefined;
  readonly #keys: KeyTexts[] = [];
  #isAnything = false;

  constructor(db: Queryable, signal: AbortSignal | undefined, recorder: CallRecorder) {
    this.#db = db;
    this.execute = async (statement, parameters) => {
      const result = await executeText(db, statement, parameters, { signal });
      recorder.statement(result.bytesSent);
      return result;
    };
  }

  attempt<T>(run: () => Promise<T>): Promise<T> {
    this.#savepoint ??= new MovingSavepoint(this.#db);
    return this.#savepoint.attempt(run);
  }

  /** Keys of rows that may be different now. */
  get touched(): WrittenRows<unknown>['keys'] {
    return this.#isAnything ? 'all' : this.#keys;
  }

  touch(keys: readonly KeyTexts[]): void {
    if (this.#isAnything) return;
    for (const key of keys) this.#keys.push(key);
    this.#isAnything = this.#keys.length > mostKeys;
    if (this.#isAnything) this.#keys.length = 0;
  }
}
