import { calling, type Deadline } from '@uno/domain';
import { isPromise, type Window } from './window.js';

/**
 * Calls the caller's `postProcess` for one thing after the other, async ones side by side, and none after one has failed.
 * Afterwards none of them is under way.
 *
 * @param window - shared by all chunks of a call
 * @param calls - each a call that is still to be made
 * @throws CallbackError with what the first failure threw
 */
export async function postProcessEach(
  window: Window,
  deadline: Deadline,
  calls: Iterable<() => void | PromiseLike<void>>,
): Promise<void> {
  const failures: unknown[] = [];
  const note = (error: unknown) => void failures.push(error);
  const own: Promise<void>[] = [];
  await calling('postProcess', async () => {
    for (const call of calls) {
      while (window.isFull) await window.untilOneEnds();
      if (failures.length > 0) break;
      try {
        const done = call();
        if (isPromise(done)) own.push(window.add(done.then(undefined, note)));
      } catch (error) {
        note(error);
      }
    }
    await deadline.race(Promise.all(own));
    if (failures.length > 0) throw failures[0];
  });
}
