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

/** An entity whose row has another version than the one that was read. */
export interface StaleVersion {
  /** Its key as text. */
  readonly key: string;
  /** The version that was read, as text. */
  readonly expected: string;
  /** The version that is in the database, as text; `undefined` where the row is gone. */
  readonly actual: string | null | undefined;
}

/** What a {@link StaleEntityError} knows besides. */
export interface StaleEntityErrorOptions extends UnoErrorOptions {
  readonly versions?: readonly StaleVersion[] | undefined;
}

/**
 * An entity that was to be written has been removed or changed by somebody else since it was read.
 *
 * @example
 * ```ts
 * if (error instanceof StaleEntityError) for (const { key, actual } of error.versions) console.log(key, actual);
 * ```
 */
export class StaleEntityError extends UnoError {
  readonly code = 'UNO_STALE_ENTITY';
  readonly entity: string;
  /** The keys of the stale entities, as text. */
  readonly keys: readonly string[];
  /** Which versions were expected and found, where the update goes by a version. */
  readonly versions: readonly StaleVersion[];

  constructor(entity: string, keys: readonly string[], options: StaleEntityErrorOptions = {}) {
    const { versions = [] } = options;
    super(
      versions.length > 0
        ? `${entity} was changed or removed since it was read: ${listed(versions.map(versionText))}. Read it again.`
        : `${entity} with key ${listed(keys)} is no longer in the database; read it again.`,
      'never',
      options,
    );
    this.entity = entity;
    this.keys = keys;
    this.versions = versions;
  }

  /** For entities that are written by their version. */
  static ofVersions(entity: string, versions: readonly StaleVersion[]): StaleEntityError {
    return new StaleEntityError(
      entity,
      versions.map(({ key }) => key),
      { versions },
    );
  }
}

function versionText({ key, expected, actual }: StaleVersion): string {
  return `key ${key} ${actual === undefined ? 'is gone' : `has version ${actual} and not ${expected}`}`;
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
