import type { Deadline } from '@uno/domain';

/** Lets only so many promises be under way at a time. None of them may fail. */
export class Window {
  readonly #limit: number;
  readonly #deadline: Deadline;
  readonly #underWay = new Set<Promise<void>>();

  constructor(limit: number, deadline: Deadline) {
    this.#limit = limit;
    this.#deadline = deadline;
  }

  get isFull(): boolean {
    return this.#underWay.size >= this.#limit;
  }

  /** Waits until one of them ends. Whether there is a place then is to be asked again: others may have waited for it. */
  async untilOneEnds(): Promise<void> {
    await this.#deadline.race(Promise.race(this.#underWay));
  }

  /** Counts a promise in, and gives one for its end. */
  add(promise: PromiseLike<void>): Promise<void> {
    const one: Promise<void> = Promise.resolve(promise).then(() => {
      this.#underWay.delete(one);
    });
    this.#underWay.add(one);
    return one;
  }
}

/** Whether a function of the caller's gave its result, or the promise of one. */
export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
