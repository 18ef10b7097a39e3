import { ConfigError } from '../errors/input-errors.js';

/**
 * A transaction, or a savepoint in it, as a place where one thing happens after the other.
 *
 * Savepoints of one connection are a stack: if two batches ran side by side in a transaction, the failure of one would
 * roll back what the other wrote in between, silently. So whatever begins on a level waits until all that began before
 * on the same level is over. What runs inside of a savepoint is on a level of its own, and so does not wait for itself.
 */
export class TransactionLevel {
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /**
   * Runs a function after everything that began on this level before.
   *
   * @throws ConfigError when the level is closed
   */
  async inTurn<T>(run: () => Promise<T>): Promise<T> {
    if (this.#closed) throw transactionEnded();
    const result = this.#last.then(run);
    // Who comes next waits for the end, whatever it is; the error is the caller's.
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Waits until nothing is under way, so that what nobody awaited is not cut off half done, and lets nothing more begin. */
  async quietAndClose(): Promise<void> {
    let last: Promise<unknown>;
    do {
      last = this.#last;
      await last;
    } while (last !== this.#last);
    this.#closed = true;
  }

  /** Lets nothing more begin. */
  close(): void {
    this.#closed = true;
  }
}

/** The error for what comes after the end of its transaction. */
export function transactionEnded(cause?: unknown): ConfigError {
  return new ConfigError('This transaction has ended. Await everything that is started in one before it ends.', {
    cause,
  });
}
