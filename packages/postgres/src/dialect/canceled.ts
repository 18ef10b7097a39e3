import { CanceledError } from '../errors/database-errors.js';

/** The error for a signal that was aborted before anything was sent to the server. */
export function canceledUnsent(signal: AbortSignal): CanceledError {
  return new CanceledError('It was cancelled before it was sent: its signal is aborted.', 'whole-transaction', {
    cause: signal.reason,
  });
}

/** The error for a transaction that is rolled back because its signal was aborted. */
export function canceledUncommitted(signal: AbortSignal, cause: unknown = signal.reason): CanceledError {
  return new CanceledError(
    'The transaction was cancelled and nothing of it was written: its signal is aborted.',
    'whole-transaction',
    { cause },
  );
}

/** The error for a statement that the server cancelled because we asked for it. */
export function canceledByServer(signal: AbortSignal, sqlstate: string): CanceledError {
  return new CanceledError(
    `The statement was cancelled: its signal is aborted (SQLSTATE ${sqlstate}).`,
    'whole-transaction',
    { cause: signal.reason, sqlstate },
  );
}
