import { ConnectionError } from '../errors/database-errors.js';

/** The error for a connection that was lost before the COMMIT of a transaction was sent on it. */
export function uncommitted(cause: ConnectionError): ConnectionError {
  return new ConnectionError(
    `The connection was lost before the transaction was committed: nothing of it is in the database. ${cause.message}`,
    'whole-transaction',
    { cause, sqlstate: cause.sqlstate },
  );
}
