import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Deadline } from '@uno/domain';

/** The event loop is kept busy no longer in one go, in ms. */
const longestMs = 10;

/** The clock is looked at once in so many steps. */
const stepsBetween = 64;

/**
 * Gives timers, signals and sockets their turn in work that would otherwise keep the event loop busy, such as taking
 * records from a source that never really waits.
 */
export class Breather {
  readonly #deadline: Deadline;
  #steps = 0;
  #since = performance.now();

  constructor(deadline: Deadline) {
    this.#deadline = deadline;
  }

  /** Counts a step, and says whether it is time for {@link breathe}. */
  isDue(steps = 1): boolean {
    this.#steps += steps;
    if (this.#steps < stepsBetween) return false;
    this.#steps = 0;
    return performance.now() - this.#since > longestMs;
  }

  /** @throws CanceledError, OperationTimeoutError */
  async breathe(): Promise<void> {
    await nextTurn();
    this.#since = performance.now();
    this.#deadline.check();
  }
}
