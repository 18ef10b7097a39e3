const unoErrorBrand: unique symbol = Symbol.for('uno.error');

/**
 * What a caller may do after a failure.
 *
 * - `safe`: nothing has happened, the same call can be repeated.
 * - `whole-transaction`: repeat the transaction from its beginning, never the statement alone.
 * - `if-idempotent`: it may or may not have happened, repeat only what can be done twice.
 * - `never`: the same call fails the same way.
 */
export type Retry = 'safe' | 'whole-transaction' | 'if-idempotent' | 'never';

/** One attempt that failed before the one whose error was thrown. */
export interface RetryNote {
  /** What PostgreSQL said; `undefined` where it said nothing, as on a lost connection. */
  readonly sqlstate: string | undefined;
  /** The `code` of the error of that attempt, such as `UNO_DEADLOCK`. */
  readonly code: string;
  /** The pause after that attempt, in ms. */
  readonly delayMs: number;
}

const NO_RETRIES: readonly RetryNote[] = Object.freeze([]);

/** What every uno error takes besides its message. */
export interface UnoErrorOptions {
  /** The public operation that failed, such as `batchInsert`. */
  readonly operation?: string | undefined;
  readonly cause?: unknown;
}

/**
 * The base of every error that leaves a public function of uno.
 *
 * The `code` is stable and meant for `switch`; messages may change between versions. No message carries a record's
 * contents or a password.
 *
 * @example
 * ```ts
 * try {
 *   await cities.add(city);
 * } catch (error) {
 *   if (UnoError.is(error) && error.retry === 'whole-transaction') return again();
 *   throw error;
 * }
 * ```
 */
export abstract class UnoError extends Error {
  /** Stable, such as `UNO_CONSTRAINT`. */
  abstract readonly code: string;
  readonly retry: Retry;
  readonly operation: string | undefined;
  /** The attempts before this one, oldest first; empty when nothing was repeated. Set by `noteRetries`. */
  readonly retries: readonly RetryNote[] = NO_RETRIES;
  /** Recognises uno errors of another installed copy of this package, where `instanceof` fails. */
  readonly [unoErrorBrand] = true;

  constructor(message: string, retry: Retry, options: UnoErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.retry = retry;
    this.operation = options.operation;
  }

  /** Whether a value is an error of uno, from this or another installed copy. */
  static is(value: unknown): value is UnoError {
    return typeof value === 'object' && value !== null && unoErrorBrand in value;
  }
}
