import { UnoError } from './uno-error.js';

/** What PostgreSQL said of a failure; `undefined` where it said nothing, and for what is no error of uno. */
export function sqlstateOf(error: unknown): string | undefined {
  if (!UnoError.is(error) || !('sqlstate' in error)) return undefined;
  return typeof error.sqlstate === 'string' ? error.sqlstate : undefined;
}
