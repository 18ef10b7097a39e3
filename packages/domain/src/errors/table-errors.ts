import { UnoError, type UnoErrorOptions } from '@uno/postgres';

/** There is no table of that name. */
export class TableNotFoundError extends UnoError {
  readonly code = 'UNO_TABLE_NOT_FOUND';
  /** The name as it was given. */
  readonly table: string;
  /** Tables whose names are like it, as SQL writes them. */
  readonly suggestions: readonly string[];

  constructor(table: string, why: string, suggestions: readonly string[], options: UnoErrorOptions = {}) {
    const hint = suggestions.length === 0 ? '' : ` Did you mean ${suggestions.join(' or ')}?`;
    super(`${why}.${hint}`, 'never', options);
    this.table = table;
    this.suggestions = Object.freeze([...suggestions]);
  }
}

/** The role of the connection may neither read nor write a table. */
export class TableAccessError extends UnoError {
  readonly code = 'UNO_TABLE_ACCESS';
  readonly table: string;

  constructor(table: string, why: string, options: UnoErrorOptions = {}) {
    super(why, 'never', options);
    this.table = table;
  }
}
