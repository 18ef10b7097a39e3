import { UnoError, type UnoErrorOptions } from './uno-error.js';

/** A mapping, an option or a piece of wiring is wrong: the program has to change, no data can help. */
export class ConfigError extends UnoError {
  readonly code = 'UNO_CONFIG';

  constructor(message: string, options: UnoErrorOptions = {}) {
    super(message, 'never', options);
  }
}

/** Where a value that cannot be stored was found. */
export interface ValidationErrorOptions extends UnoErrorOptions {
  /** The property of the entity, not the column. */
  readonly field?: string | undefined;
  /** Position of the record in the input of a batch, from 0. */
  readonly index?: number | undefined;
  /** The record's key as text, where it has one. */
  readonly key?: string | undefined;
  /** Set when PostgreSQL refused the value (class 22), absent when it was refused before anything was sent. */
  readonly sqlstate?: string | undefined;
  /** What is wrong with the value, without naming the record. */
  readonly reason?: string | undefined;
}

/** A value, a field or a record that cannot be written or asked for: the input has to change. */
export class ValidationError extends UnoError {
  readonly code = 'UNO_VALIDATION';
  readonly field: string | undefined;
  readonly index: number | undefined;
  readonly key: string | undefined;
  readonly sqlstate: string | undefined;
  readonly reason: string;

  constructor(message: string, options: ValidationErrorOptions = {}) {
    super(message, 'never', options);
    this.field = options.field;
    this.index = options.index;
    this.key = options.key;
    this.sqlstate = options.sqlstate;
    this.reason = options.reason ?? message;
  }
}
