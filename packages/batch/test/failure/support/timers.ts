import { jest } from '@jest/globals';

/** Watches the timers that are set from now on, until the mocks are restored. */
export function watchTimers() {
  const set = jest.spyOn(globalThis, 'setTimeout');
  const clear = jest.spyOn(globalThis, 'clearTimeout');
  return {
    /** How many were set to so many milliseconds. */
    set: (ms: number): number => set.mock.calls.filter(([, delay]) => delay === ms).length,
    /** How many of those were not cleared. */
    running(ms: number): number {
      const cleared = new Set<unknown>(clear.mock.calls.map(([timer]) => timer));
      return set.mock.results.filter(({ value }, i) => set.mock.calls[i]?.[1] === ms && !cleared.has(value)).length;
    },
  };
}
