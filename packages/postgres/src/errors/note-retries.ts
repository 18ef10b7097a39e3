import type { RetryNote, UnoError } from './uno-error.js';

/**
 * Tells on an error which attempts were made before it: in its `retries`, and at the end of its message.
 *
 * @param notes - the failed attempts before this error, oldest first; they replace those that were noted before
 * @returns the same error
 * @example
 * ```ts
 * throw noteRetries(error, [{ sqlstate: '40P01', code: 'UNO_DEADLOCK', delayMs: 20 }]);
 * // deadlock detected (SQLSTATE 40P01) Tried 2 times: 40P01 before.
 * ```
 */
export function noteRetries<E extends UnoError>(error: E, notes: readonly RetryNote[]): E {
  const said = sentence(error.retries);
  const bare = error.message.endsWith(said)
    ? error.message.slice(0, error.message.length - said.length)
    : error.message;
  const message = `${bare}${sentence(notes)}`;
  // The stack, which is what most loggers print, has begun with the message since the error was made.
  const stack = error.stack?.replace(error.message, () => message);
  if (stack !== undefined) error.stack = stack;
  error.message = message;
  // The error is the caller's to read; only here may it learn more than its constructor knew.
  Object.defineProperty(error, 'retries', { value: Object.freeze(notes.map((note) => Object.freeze({ ...note }))) });
  return error;
}

function sentence(notes: readonly RetryNote[]): string {
  if (notes.length === 0) return '';
  const before = notes.map(({ sqlstate, code }) => sqlstate ?? code).join(', ');
  return ` Tried ${notes.length + 1} times: ${before} before.`;
}
