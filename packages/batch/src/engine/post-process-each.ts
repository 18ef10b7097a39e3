import { calling } from '@uno/domain';
import type { EngineCall } from './engine-call.js';
import { isPromise, Window } from './window.js';

/**
 * Calls the caller's `postProcess` for one thing after the other, async ones side by side, and none after one has failed.
 *
 * @param calls - each a call that is still to be made
 * @throws CallbackError with what the first failure threw
 */
export async function postProcessEach(
  { maxWorkers, deadline }: Pick<EngineCall, 'maxWorkers' | 'deadline'>,
  calls: Iterable<() => void | PromiseLike<void>>,
): Promise<void> {
  const window = new Window(maxWorkers, deadline);
  const failures: unknown[] = [];
  await calling('postProcess', async () => {
    for (const call of calls) {
      if (failures.length > 0) break;
      const done = call();
      if (isPromise(done)) await window.admit(done.then(undefined, (error: unknown) => void failures.push(error)));
    }
    await window.end();
    if (failures.length > 0) throw failures[0];
  });
}
