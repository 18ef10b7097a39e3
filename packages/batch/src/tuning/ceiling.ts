/** What was too much is tried in pieces of one in so many, but no smaller than one in so many of all. */
const partOfFailed = 4;
const smallestPart = 256;

/** Chunks that go through before larger ones than those that were too much are tried again; doubled each time. */
const firstCaution = 16;
const mostCaution = 1024;

/**
 * What was too much for the server, and is not tried again before long: down at once and up again with more and more
 * caution, like the window of TCP after a loss.
 */
export class Ceiling {
  readonly #minSize: number;
  #most = Number.POSITIVE_INFINITY;
  #caution = 0;
  /** Chunks that went through since one was too much. */
  #good = 0;
  /** The largest number that was too much since one went through. */
  #failed = 0;

  constructor(minSize: number) {
    this.#minSize = minSize;
  }

  /** More than so many are not to be tried at present. */
  get most(): number {
    return this.#most;
  }

  /**
   * So many were too much.
   *
   * @returns whether fewer may go through: not where a small part of a chunk failed, too, as it is about something else then
   */
  lower(records: number): boolean {
    this.#failed = Math.max(this.#failed, records);
    if (records <= Math.max(this.#minSize, this.#failed / smallestPart)) return false;
    const part = Math.max(this.#minSize, Math.floor(records / partOfFailed));
    this.#good = 0;
    if (part >= this.#most) return true;
    this.#caution = this.#caution === 0 ? firstCaution : Math.min(mostCaution, this.#caution * 2);
    this.#most = part;
    return true;
  }

  /** A chunk went through. After enough of them, twice as many may. */
  wentThrough(maxSize: number): void {
    this.#failed = 0;
    this.#good++;
    if (this.#good < this.#caution || this.#most === Number.POSITIVE_INFINITY) return;
    this.#good = 0;
    this.#most = this.#most * 2 > maxSize ? Number.POSITIVE_INFINITY : this.#most * 2;
  }
}
