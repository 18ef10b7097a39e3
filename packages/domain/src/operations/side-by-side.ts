import PQueue from 'p-queue';

/**
 * Runs tasks side by side, so many at a time, and gives their results in their order. When one fails, those that have
 * not begun never do, and the ones that have are waited for: afterwards nothing runs on in the background.
 *
 * @throws the first failure
 */
export async function sideBySide<T>(concurrency: number, tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
  const queue = new PQueue({ concurrency });
  const guarded = tasks.map((task) => async () => {
    try {
      return await task();
    } catch (error) {
      // Before the queue hears of it, which would begin the next one.
      queue.clear();
      throw error;
    }
  });
  try {
    return await queue.addAll(guarded);
  } catch (error) {
    await queue.onIdle();
    throw error;
  }
}
