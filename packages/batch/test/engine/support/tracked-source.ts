/** Where a source breaks, and with what. */
export interface Break {
  readonly at: number;
  readonly error: unknown;
}

/** Gives records as an iterable or an async iterable, and counts how it is used. */
export class TrackedSource<R> {
  /** Calls of `[Symbol.iterator]` or `[Symbol.asyncIterator]`. */
  opened = 0;
  /** Records that were given. */
  taken = 0;
  /** Calls of `return`. */
  closed = 0;
  /** Calls of `next` after the end, or after `return`. */
  late = 0;
  readonly #records: readonly R[];
  readonly #break: Break | undefined;
  #isOver = false;

  constructor(records: readonly R[], breaks?: Break) {
    this.#records = records;
    this.#break = breaks;
  }

  get sync(): Iterable<R> {
    return {
      [Symbol.iterator]: () => {
        this.opened++;
        return { next: () => this.#next(), return: () => this.#return() };
      },
    };
  }

  get async(): AsyncIterable<R> {
    return {
      [Symbol.asyncIterator]: () => {
        this.opened++;
        return { next: async () => this.#next(), return: async () => this.#return() };
      },
    };
  }

  #next(): IteratorResult<R> {
    if (this.#isOver) {
      this.late++;
      return { done: true, value: undefined };
    }
    if (this.taken === this.#break?.at) {
      this.#isOver = true;
      throw this.#break.error;
    }
    const [value] = this.#records.slice(this.taken, this.taken + 1);
    if (this.taken < this.#records.length && value !== undefined) {
      this.taken++;
      return { done: false, value };
    }
    this.#isOver = true;
    return { done: true, value: undefined };
  }

  #return(): IteratorResult<R> {
    this.closed++;
    this.#isOver = true;
    return { done: true, value: undefined };
  }
}
