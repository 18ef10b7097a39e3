import { UnoError, type UnoErrorOptions } from '@uno/postgres';

/** What a write in chunks had done when it failed. */
export interface PartialWriteOptions extends UnoErrorOptions {
  readonly operation: string;
  readonly entity: string;
  readonly written: number;
  readonly lastKey: unknown;
  readonly cause: UnoError;
}

/**
 * A write by filter failed amid its chunks. Those before are committed, or will be with the caller's transaction;
 * `cause` says why the next one is not.
 *
 * @example
 * ```ts
 * if (error instanceof PartialWriteError) console.log(error.written, error.lastKey, error.cause.code);
 * ```
 */
export class PartialWriteError extends UnoError {
  readonly code = 'UNO_PARTIAL_WRITE';
  readonly entity: string;
  /** Rows that were written by the chunks before. */
  readonly written: number;
  /** The key of the last row of those chunks: they have dealt with all rows up to it, in the order of the key. */
  readonly lastKey: unknown;
  override readonly cause: UnoError;

  constructor({ operation, entity, written, lastKey, cause }: PartialWriteOptions) {
    const maybe = cause.code === 'UNO_COMMIT_UNKNOWN' ? ', and the next chunk may be' : '';
    super(
      `${operation} of ${entity} failed in a chunk; ${written} rows of the chunks before are written${maybe}. ${cause.message}`,
      cause.retry === 'never' ? 'never' : 'if-idempotent',
      { operation, cause },
    );
    this.entity = entity;
    this.written = written;
    this.lastKey = lastKey;
    this.cause = cause;
  }
}
