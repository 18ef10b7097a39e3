import { CanceledError, ConnectionError } from '../errors/database-errors.js';
import { describeError } from '../errors/translate.js';
import { giveUpWaiting } from './give-up-waiting.js';
import { pause } from './pause.js';
import { COMMIT_LOOKUP_LIMIT_MS } from './time-limits.js';
import type { UnoConnection } from './uno-connection.js';

/** What became of a transaction whose COMMIT was not answered; `unknown` with why it could not be found out. */
export type CommitFate =
  | { readonly status: 'committed' }
  | { readonly status: 'aborted' }
  | { readonly status: 'unknown'; readonly why: string };

/** A transaction whose connection is gone. */
export interface LostTransaction {
  readonly transactionId: string;
  /** See {@link UnoConnection.serverLife}. */
  readonly serverLife: string | undefined;
}

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/** A standby learns of a commit later than it happens, so what it says is not the last word. */
const statusOf = "select case when pg_is_in_recovery() then 'in recovery' else pg_xact_status($1::xid8) end";

/**
 * Asks the server on another connection what became of a transaction, again and again while it cannot say, and never for
 * longer than {@link COMMIT_LOOKUP_LIMIT_MS}.
 *
 * A server that has crashed, or has taken over from one that failed, may have lost the transaction and given its id to
 * another one: what it says of that is no answer.
 *
 * @param acquire - takes a connection from the pool; what comes too late is given back
 */
export async function lookUpCommit(
  acquire: () => Promise<UnoConnection>,
  { transactionId, serverLife }: LostTransaction,
): Promise<CommitFate> {
  const deadline = performance.now() + COMMIT_LOOKUP_LIMIT_MS;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), COMMIT_LOOKUP_LIMIT_MS);
  const ask = async (begin: () => void): Promise<CommitFate | undefined> => {
    const connection = await acquire();
    try {
      begin();
      const limitMs = Math.max(1, deadline - performance.now());
      const status = await connection.textOf(statusOf, [transactionId], { limitMs });
      const isItsOwn = connection.serverLife === serverLife;
      return status === 'committed' && !isItsOwn ? unknown('the server has crashed since') : fateOf(status);
    } finally {
      connection.release();
    }
  };
  try {
    for (let wait = FIRST_PAUSE_MS; !limit.signal.aborted; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
      const fate = await giveUpWaiting(limit.signal, ask).catch(fateOfFailure);
      if (fate !== undefined) return fate;
      await pause(wait, limit.signal);
    }
    return unknown(`there was no answer to that within ${COMMIT_LOOKUP_LIMIT_MS} ms`);
  } finally {
    clearTimeout(timer);
  }
}

/** `undefined` where it is worth asking again. */
function fateOf(status: string | undefined): CommitFate | undefined {
  if (status === 'committed' || status === 'aborted') return { status };
  return status === undefined ? unknown('the server has forgotten it') : undefined;
}

function fateOfFailure(error: unknown): CommitFate | undefined {
  // The limit is over, which is seen before it is asked again.
  if (error instanceof CanceledError) return undefined;
  // A server that restarts refuses connections for a while; a wrong password is refused for good.
  if (error instanceof ConnectionError && error.retry !== 'never') return undefined;
  return unknown(describeError(error));
}

function unknown(why: string): CommitFate {
  return { status: 'unknown', why };
}
