/** Far more than a busy machine needs: none of the tests is about time. */
const longestMs = 30_000;

/** Waits for a condition rather than for a time; fails, saying what it waited for, when the limit is over. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = longestMs,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
