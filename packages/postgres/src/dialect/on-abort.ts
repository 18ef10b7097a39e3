/** Of every signal with listeners, what is to be called; the one listener on the signal itself calls them all. */
const watched = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls the listener once when the signal is aborted, until the returned function is called.
 *
 * One signal may be on a hundred statements at a time, and Node warns of a leak from the eleventh listener on.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  let listeners = watched.get(signal);
  if (listeners === undefined) {
    const all = new Set<() => void>();
    signal.addEventListener('abort', () => callAll(all), { once: true });
    watched.set(signal, all);
    listeners = all;
  }
  const own = (): void => listener();
  listeners.add(own);
  return () => listeners.delete(own);
}

function callAll(listeners: Set<() => void>): void {
  for (const listener of [...listeners]) listener();
  listeners.clear();
}
