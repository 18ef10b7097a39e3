/**
 * Takes from a source ahead of whoever reads here, so that both work at the same time; never more than `capacity` values
 * ahead, so that a slow reader slows the source down.
 *
 * @param waits - whether, when the reader stops early, what the source is just doing is waited for: a stream may take for
 *   ever to give its next record
 * @param buffer - where the values wait, for whoever wants to see the next one
 */
export async function* prefetch<T>(
  source: AsyncIterable<T>,
  capacity: number,
  waits: boolean,
  buffer: T[] = [],
): AsyncIterableIterator<T> {
  let wakeReader = () => {};
  let wakeSource = () => {};
  let isOver = false;
  let failure: { readonly error: unknown } | undefined;
  const fill = async () => {
    for await (const value of source) {
      buffer.push(value);
      wakeReader();
      while (buffer.length >= capacity && !isOver) {
        await new Promise<void>((resolve) => {
          wakeSource = resolve;
        });
      }
      if (isOver) return;
    }
  };
  const filling = fill()
    .catch((error: unknown) => {
      failure = { error };
    })
    .finally(() => {
      isOver = true;
      wakeReader();
    });
  try {
    for (;;) {
      const value = buffer.shift();
      if (value !== undefined) {
        wakeSource();
        yield value;
      } else if (isOver) {
        // What was read before the source failed comes first.
        if (failure !== undefined) throw failure.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          wakeReader = resolve;
        });
      }
    }
  } finally {
    isOver = true;
    wakeSource();
    if (waits) await filling;
  }
}
