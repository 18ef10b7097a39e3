import type { TransactionSettings } from 'kysely';
import { ConnectionError } from '../errors/database-errors.js';
import { canceledUncommitted } from './canceled.js';
import { TransactionScope } from './transaction-scope.js';
import { uncommitted } from './uncommitted.js';
import type { UnoConnection } from './uno-connection.js';

/** A standby, and a transaction that may not write, have no id to give: there the setting says `on`. */
const ownId = "select case current_setting('transaction_read_only') when 'off' then pg_current_xact_id()::text end";

/** Opens a transaction in one round trip, whatever is asked of it. */
export async function openTransaction(
  connection: UnoConnection,
  { isolationLevel, accessMode }: TransactionSettings,
): Promise<TransactionScope> {
  const level = isolationLevel === undefined ? '' : ` isolation level ${isolationLevel}`;
  const access = accessMode === undefined ? '' : ` ${accessMode}`;
  const start = `start transaction${level}${access}`;
  const { wishes } = connection;
  connection.wishes = undefined;
  if (wishes === undefined) {
    await connection.command(start);
    return new TransactionScope();
  }
  const { signal, writes } = wishes;
  try {
    if (!writes) {
      await connection.command(start, { signal });
      return new TransactionScope({ signal });
    }
    const transactionId = await connection.textOf(`${start}; ${ownId}`, [], { signal });
    return new TransactionScope({ signal, transactionId });
  } catch (error) {
    // The second statement may have failed when the first had opened the transaction already.
    connection.markBroken();
    // Whatever became of the connection, nothing has been written on it.
    if (!(error instanceof ConnectionError)) throw error;
    if (signal?.aborted) throw canceledUncommitted(signal);
    throw error.retry === 'if-idempotent' ? uncommitted(error) : error;
  }
}
