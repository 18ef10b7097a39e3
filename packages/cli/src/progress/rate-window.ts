/** So long back the rate is taken from, in ms: long enough to be steady, short enough to follow. */
const WINDOW_MS = 5_000;

interface Sample {
  readonly at: number;
  readonly done: number;
}

/** How fast something goes at the moment, from what was done in the last seconds. */
export class RateWindow {
  readonly #samples: Sample[];

  /** @param at - when it began, in ms */
  constructor(at: number) {
    this.#samples = [{ at, done: 0 }];
  }

  add(at: number, done: number): void {
    this.#samples.push({ at, done });
    // One sample older than the window stays, from which it begins.
    while ((this.#samples[1]?.at ?? at) < at - WINDOW_MS) this.#samples.shift();
  }

  /** In units a second; `undefined` as long as no time has passed. */
  get perSecond(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at <= first.at) return undefined;
    return ((last.done - first.done) * 1_000) / (last.at - first.at);
  }
}
