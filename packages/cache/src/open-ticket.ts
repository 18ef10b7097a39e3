/** A read that is under way: what was invalidated since it began must not be stored by it. */
export class OpenTicket {
  readonly #limit: number;
  readonly #invalidated = new Set<string>();
  #allInvalidated = false;

  /** @param limit - keys that are noted at most; after more of them, everything is refused */
  constructor(limit: number) {
    this.#limit = limit;
  }

  invalidate(keys: readonly string[] | 'all'): void {
    if (this.#allInvalidated) return;
    if (keys === 'all' || this.#invalidated.size + keys.length > this.#limit) {
      this.#allInvalidated = true;
      this.#invalidated.clear();
    } else {
      for (const key of keys) this.#invalidated.add(key);
    }
  }

  refuses(key: string): boolean {
    return this.#allInvalidated || this.#invalidated.has(key);
  }
}
