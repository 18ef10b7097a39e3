import { setTimeout as pause } from 'node:timers/promises';
import { CommitUnknownError, noteRetries, type RetryNote, sqlstateOf, UnoError } from '@uno/postgres';
import type { Deadline } from './deadline.js';
import { EndOfCall } from './write-call.js';

/** How often something is tried again. */
export interface RetryPolicy {
  /** Attempts after the first one; 0 for none. */
  readonly retryCount: number;
  /** The longest pause before the second attempt, in milliseconds; it doubles with each further one. */
  readonly retryDelayMs: number;
}

/** No pause is longer, in milliseconds. */
const longestPauseMs = 30_000;

/** What was cancelled on purpose, or took too long once, is not begun again by itself. */
const notAgain: ReadonlySet<string> = new Set(['UNO_CANCELED', 'UNO_TIMEOUT', 'UNO_STATEMENT_TIMEOUT', 'UNO_BATCH']);

/** Whether the same may succeed if it is done again, its transaction having been rolled back. */
function isTransient(error: UnoError): boolean {
  return error.retry !== 'never' && !notAgain.has(error.code);
}

/** Three more attempts, the first of them within a tenth of a second. */
export const defaultRetryPolicy: RetryPolicy = Object.freeze({ retryCount: 3, retryDelayMs: 100 });

/** What {@link retrying} has to know. */
export interface RetryContext {
  readonly policy: RetryPolicy;
  readonly deadline: Deadline;
  /** Whether doing it twice comes to the same, so that it is repeated too when nobody knows whether it was committed. */
  readonly idempotent: boolean;
  readonly onRetry?: (note: RetryNote) => void;
}

/**
 * Runs a whole transaction, again when it fails for a reason that may pass. Before the n-th repetition it waits for a
 * random time of up to `retryDelayMs · 2^(n-1)`: the "full jitter" of Marc Brooker's "Exponential Backoff And Jitter"
 * (AWS Architecture Blog, 2015), which keeps those who were in each other's way from meeting again.
 *
 * @throws the last error, or the last one that says that nobody knows, with what it was tried again for
 */
export async function retrying<T>(context: RetryContext, run: () => Promise<T>): Promise<T> {
  const { policy, deadline, idempotent } = context;
  const notes: RetryNote[] = [];
  let doubt: CommitUnknownError | undefined;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (error instanceof EndOfCall) noteRetries(error.cause, notes);
      if (!UnoError.is(error)) throw error;
      const curable = isTransient(error) && (idempotent || !(error instanceof CommitUnknownError));
      if (error instanceof CommitUnknownError) doubt = error;
      // What an attempt may have written is not to be forgotten over what a later one has failed with.
      const outOfTime = doubt !== undefined && deadline.isOver;
      if (!curable || outOfTime || notes.length >= policy.retryCount) throw noteRetries(doubt ?? error, notes);
      // There would be another attempt if there was time.
      deadline.check();
      const delayMs = Math.random() * Math.min(longestPauseMs, policy.retryDelayMs * 2 ** notes.length);
      const note: RetryNote = { sqlstate: sqlstateOf(error), code: error.code, delayMs };
      notes.push(note);
      context.onRetry?.(note);
      await pause(delayMs, undefined, { signal: deadline.signal }).catch((interrupted: unknown) => {
        if (doubt !== undefined) throw noteRetries(doubt, notes);
        deadline.check();
        throw interrupted;
      });
    }
  }
}
