import { types } from 'node:util';
import { sqlstateOf, UnoError } from '@uno/postgres';

/** What may be told of an error where it is written down. */
export interface ErrorFacts {
  /** Its own code where it has one, else its name, else the type of what was thrown. */
  readonly code: string;
  readonly sqlstate: string | undefined;
  /** `undefined` for errors that are not uno's, as their messages may hold the contents of records. */
  readonly message: string | undefined;
  /** The record at fault, where the error names one. */
  readonly index: number | undefined;
  readonly key: string | undefined;
}

/** What may be told of an error without giving away the contents of a record. */
export function errorFacts(error: unknown): ErrorFacts {
  if (UnoError.is(error)) {
    return {
      code: error.code,
      sqlstate: sqlstateOf(error),
      message: error.message,
      index: 'index' in error && typeof error.index === 'number' ? error.index : undefined,
      key: 'key' in error && typeof error.key === 'string' ? error.key : undefined,
    };
  }
  return { code: codeOf(error), sqlstate: undefined, message: undefined, index: undefined, key: undefined };
}

function codeOf(error: unknown): string {
  // Not `instanceof Error`, which an error of another realm is not. An aborted signal's DOMException is no native error.
  if (!types.isNativeError(error) && !(error instanceof DOMException)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
