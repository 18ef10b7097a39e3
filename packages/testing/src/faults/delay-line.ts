interface Delayed<T> {
  readonly thing: T;
  /** When it was put in, on the clock of `performance`. */
  readonly since: number;
}

/** Taking things from the front of a long array one by one would move all the others each time. */
const TAKEN_OUT_AT_ONCE = 1024;

/** Things come out in the order in which they were put in, each so much later. */
export class DelayLine<T> {
  readonly #commonMs: () => number;
  readonly #wake: () => void;
  #line: Delayed<T>[] = [];
  #first = 0;
  #ownMs = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param commonMs a delay that may change at any time
   * @param wake called when the time of the first thing has come, if it was asked for before
   */
  constructor(commonMs: () => number, wake: () => void) {
    this.#commonMs = commonMs;
    this.#wake = wake;
  }

  push(thing: T): void {
    this.#line.push({ thing, since: performance.now() });
  }

  /** Everything in the line and everything to come is this much later still. */
  delayBy(ms: number): void {
    this.#ownMs += ms;
  }

  /** The first thing, if its time has come. */
  peek(): T | undefined {
    clearTimeout(this.#timer);
    const first = this.#line[this.#first];
    if (first === undefined) return undefined;
    const delayMs = this.#commonMs() + this.#ownMs;
    const waitMs = delayMs === 0 ? 0 : first.since + delayMs - performance.now();
    if (waitMs <= 0) return first.thing;
    this.#timer = setTimeout(this.#wake, Math.ceil(waitMs));
    return undefined;
  }

  /** Takes the first thing out. */
  shift(): T | undefined {
    const first = this.#line[this.#first];
    if (first === undefined) return undefined;
    this.#first += 1;
    if (this.#first >= TAKEN_OUT_AT_ONCE || this.#first === this.#line.length) {
      this.#line.splice(0, this.#first);
      this.#first = 0;
    }
    return first.thing;
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#line = [];
    this.#first = 0;
  }
}
