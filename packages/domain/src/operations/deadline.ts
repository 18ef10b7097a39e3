import { CanceledError, CommitUnknownError, OperationTimeoutError, UnoError } from '@uno/postgres';
import { CallbackError } from '../errors/callback-error.js';

/** When a call has to end. */
export interface DeadlineOptions {
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The caller's signal and the time limit of a call as one signal, for everything that the call does. */
export class Deadline implements Disposable {
  /** `undefined` for a call that may take as long as it likes. */
  readonly signal: AbortSignal | undefined;
  readonly #operation: string;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #callers: AbortSignal | undefined;
  readonly #onAbort = () => this.#controller.abort(this.#callers?.reason);

  constructor(operation: string, { timeoutMs, signal }: DeadlineOptions) {
    this.#operation = operation;
    this.#callers = signal;
    if (timeoutMs === undefined && signal === undefined) return;
    this.signal = this.#controller.signal;
    if (timeoutMs !== undefined) {
      this.#timer = setTimeout(() => {
        this.#controller.abort(new OperationTimeoutError(timeoutMs, { operation }));
      }, timeoutMs);
    }
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get isOver(): boolean {
    return this.signal?.aborted ?? false;
  }

  /** @throws CanceledError, OperationTimeoutError */
  check(): void {
    if (this.isOver) throw this.#error(undefined);
  }

  /**
   * What comes of a promise, or the end of the deadline if that is earlier. What the promise comes to then is lost, so
   * nothing that writes may be waited for in this way.
   *
   * @throws CanceledError, OperationTimeoutError
   */
  async race<T>(promise: PromiseLike<T>): Promise<T> {
    const { signal } = this;
    if (signal === undefined) return promise;
    let onAbort = () => {};
    try {
      return await Promise.race([
        promise,
        new Promise<never>((_, reject) => {
          onAbort = () => reject(this.#error(undefined));
          if (signal.aborted) onAbort();
          else signal.addEventListener('abort', onAbort, { once: true });
        }),
      ]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** The error for what failed: when the deadline is over, that is why, unless it is not known whether a commit went through. */
  explain(error: unknown): unknown {
    if (!this.isOver || error instanceof CommitUnknownError) return error;
    if (!UnoError.is(error)) return error;
    const isConsequence =
      error instanceof CallbackError
        ? this.#hasStopped(error.cause)
        : error instanceof CanceledError || error.code === 'UNO_CONNECTION' || error.code === 'UNO_STATEMENT_TIMEOUT';
    return isConsequence ? this.#error(error) : error;
  }

  /** Whether a function of the caller's was given up, or has itself heeded the signal, as `fetch` and timers do. */
  #hasStopped(thrown: unknown): boolean {
    if (thrown === this.signal?.reason || thrown instanceof CanceledError) return true;
    return typeof thrown === 'object' && thrown !== null && 'name' in thrown && thrown.name === 'AbortError';
  }

  /** Stops the clock. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#callers?.removeEventListener('abort', this.#onAbort);
  }

  #error(cause: unknown): UnoError {
    const reason: unknown = this.signal?.reason;
    if (reason instanceof OperationTimeoutError) return reason;
    return new CanceledError(`${this.#operation} was cancelled.`, 'whole-transaction', {
      operation: this.#operation,
      cause: reason ?? cause,
    });
  }
}
