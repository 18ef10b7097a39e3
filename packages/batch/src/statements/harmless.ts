import { ConnectionError } from '@uno/postgres';

/** A connection that is lost may have carried a write; this one has only been asked something. */
export function harmless(error: unknown): unknown {
  if (!(error instanceof ConnectionError) || error.retry !== 'if-idempotent') return error;
  return new ConnectionError(error.message, 'safe', { cause: error, sqlstate: error.sqlstate });
}
