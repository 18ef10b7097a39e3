import { canceledUnsent } from './canceled.js';
import { onAbort } from './on-abort.js';

/**
 * Runs a function that first has to wait, for a connection or for its turn, and calls `begin` when its wait is over.
 * A signal that is aborted before gives up the wait at once; `begin` then throws, so that nothing happens later on.
 *
 * @throws CanceledError when the signal was aborted before `begin` was called
 */
export function giveUpWaiting<T>(signal: AbortSignal | undefined, run: (begin: () => void) => Promise<T>): Promise<T> {
  if (signal === undefined) return run(() => {});
  if (signal.aborted) return Promise.reject(canceledUnsent(signal));
  return new Promise<T>((resolve, reject) => {
    // Whatever becomes of a wait that was given up, here it is too late: its caller has been told.
    const forget = onAbort(signal, () => reject(canceledUnsent(signal)));
    const begin = (): void => {
      forget();
      if (signal.aborted) throw canceledUnsent(signal);
    };
    run(begin).finally(forget).then(resolve, reject);
  });
}
