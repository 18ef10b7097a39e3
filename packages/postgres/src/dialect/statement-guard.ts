import { ConnectionError } from '../errors/database-errors.js';
import { describeError } from '../errors/translate.js';
import { sendCancelRequest } from './cancel-request.js';
import type { CancelTarget } from './cancel-target.js';
import { onAbort } from './on-abort.js';
import { pause } from './pause.js';
import { CANCEL_GRACE_MS } from './time-limits.js';

/**
 * A request that arrives while the server is still reading a large statement is lost on it: it cancels what runs, and
 * nothing runs yet. So it is sent again until there is an answer. In ms.
 */
const CANCEL_REPEAT_MS = 250;

/** What keeps a statement from being waited for without end. */
export interface Guard {
  /** When it is aborted, the server is asked to cancel, and has {@link CANCEL_GRACE_MS} to answer. */
  readonly signal?: AbortSignal | undefined;
  /** `false` lets the statement run on: an aborted signal only begins the grace period. */
  readonly cancel?: boolean;
  /** How long the server has for its answer, whatever the signal says. In ms. */
  readonly limitMs?: number;
}

/** The connection that the guarded statement runs on. */
export interface GuardedConnection {
  /** `undefined` when a statement on it cannot be cancelled. */
  readonly cancelTarget: CancelTarget | undefined;
  /** Closes the connection, so that whoever waits on it is told the reason. */
  destroy(reason: ConnectionError): void;
}

/**
 * Runs a statement under a guard. When it settles, no CancelRequest is on its way any more: it could hit the next
 * statement.
 */
export async function underGuard<T>(
  connection: GuardedConnection,
  { signal, cancel = true, limitMs }: Guard,
  run: () => Promise<T>,
): Promise<T> {
  const answered = new AbortController();
  const ends: Promise<void>[] = [];
  const expire = (afterMs: number, after: string): void => {
    ends.push(destroyUnanswered(connection, answered.signal, afterMs, after, signal?.reason));
  };
  if (limitMs !== undefined) expire(limitMs, 'after it was sent');
  const forget =
    signal &&
    onAbort(signal, () => {
      expire(CANCEL_GRACE_MS, 'after its signal was aborted');
      if (cancel) ends.push(cancelUntilAnswered(connection, answered.signal, signal.reason));
    });
  try {
    return await run();
  } finally {
    forget?.();
    answered.abort();
    await Promise.all(ends);
  }
}

async function destroyUnanswered(
  connection: GuardedConnection,
  answered: AbortSignal,
  afterMs: number,
  after: string,
  cause: unknown,
): Promise<void> {
  await pause(afterMs, answered);
  if (answered.aborted) return;
  const what = `The server did not answer a statement within ${afterMs} ms ${after}, so its connection was closed.`;
  connection.destroy(new ConnectionError(what, 'if-idempotent', { cause }));
}

async function cancelUntilAnswered(
  connection: GuardedConnection,
  answered: AbortSignal,
  cause: unknown,
): Promise<void> {
  const undelivered = (why: string): void =>
    connection.destroy(
      new ConnectionError(
        `A statement whose signal was aborted could not be cancelled, so its connection was closed: ${why}.`,
        'if-idempotent',
        { cause },
      ),
    );
  const { cancelTarget } = connection;
  if (cancelTarget === undefined) return undelivered('the pool does not tell how');
  const grace = new AbortController();
  const timer = setTimeout(() => grace.abort(), CANCEL_GRACE_MS);
  try {
    do {
      await sendCancelRequest(cancelTarget, grace.signal);
      await pause(CANCEL_REPEAT_MS, answered);
    } while (!answered.aborted);
  } catch (error) {
    // The request may arrive yet, so this is done too when the statement has been answered meanwhile.
    undelivered(describeError(error));
  } finally {
    clearTimeout(timer);
  }
}
