import { UnoError, type UnoErrorOptions } from '@uno/postgres';

/** Rows that were asked for and are not there. */
export class NotFoundError extends UnoError {
  readonly code = 'UNO_NOT_FOUND';
  readonly entity: string;
  /** The keys without a row, as text. */
  readonly keys: readonly string[];

  constructor(entity: string, keys: readonly string[], options: UnoErrorOptions = {}) {
    super(`${entity} not found by key: ${listed(keys)}.`, 'never', options);
    this.entity = entity;
    this.keys = keys;
  }
}

/** An entity that was to be written has been removed or changed by somebody else since it was read. */
export class StaleEntityError extends UnoError {
  readonly code = 'UNO_STALE_ENTITY';
  readonly entity: string;
  /** The keys of the stale entities, as text. */
  readonly keys: readonly string[];

  constructor(entity: string, keys: readonly string[], options: UnoErrorOptions = {}) {
    super(`${entity} with key ${listed(keys)} is no longer in the database; read it again.`, 'never', options);
    this.entity = entity;
    this.keys = keys;
  }
}

/**
 * PostgreSQL gave no row for a record and reported no error: a BEFORE trigger or a rule suppressed it, or changed the
 * columns by which it is found again.
 */
export class RowSuppressedError extends UnoError {
  readonly code = 'UNO_ROW_SUPPRESSED';

  constructor(entity: string, options: UnoErrorOptions = {}) {
    super(
      `${entity} gave no row: a BEFORE trigger or a rule of its table suppressed it, or changed the columns by which it is found.`,
      'never',
      options,
    );
  }
}

function listed(keys: readonly string[]): string {
  const shown = keys.slice(0, 10).join(', ');
  return keys.length > 10 ? `${shown} and ${keys.length - 10} more` : shown;
}
