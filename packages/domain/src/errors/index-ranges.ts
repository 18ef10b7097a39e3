/** Positions from `first` to `last`, both included. */
export interface IndexRange {
  readonly first: number;
  readonly last: number;
}

/** A set of positions in a caller's input, kept as ranges, so that a million records in a row cost as much as one. */
export class IndexRanges implements Iterable<number> {
  readonly #ranges: { first: number; last: number }[] = [];
  #size = 0;

  /** How many positions are in it. */
  get size(): number {
    return this.#size;
  }

  /** Ascending, and never next to each other. */
  get ranges(): readonly IndexRange[] {
    return this.#ranges.map(({ first, last }) => ({ first, last }));
  }

  /** Adds a position; one that is in it already changes nothing. */
  add(index: number): void {
    const end = this.#ranges.at(-1);
    if (end !== undefined && end.last === index - 1) {
      end.last = index;
      this.#size++;
      return;
    }
    const at = this.#firstEndingFrom(index - 1);
    const range = this.#ranges[at];
    if (range === undefined || range.first > index + 1) {
      this.#ranges.splice(at, 0, { first: index, last: index });
    } else if (index < range.first) {
      range.first = index;
    } else if (index > range.last) {
      range.last = index;
      const next = this.#ranges[at + 1];
      if (next !== undefined && next.first === index + 1) {
        range.last = next.last;
        this.#ranges.splice(at + 1, 1);
      }
    } else {
      return;
    }
    this.#size++;
  }

  /** Adds positions that follow each other, both included; after all that are in it, at the cost of one. */
  addRange(first: number, last: number): void {
    const end = this.#ranges.at(-1);
    if (first > last) return;
    if (end !== undefined && end.last >= first) {
      for (let index = first; index <= last; index++) this.add(index);
      return;
    }
    if (end !== undefined && end.last === first - 1) end.last = last;
    else this.#ranges.push({ first, last });
    this.#size += last - first + 1;
  }

  has(index: number): boolean {
    const range = this.#ranges[this.#firstEndingFrom(index)];
    return range !== undefined && range.first <= index;
  }

  *[Symbol.iterator](): IterableIterator<number> {
    for (const { first, last } of this.ranges) {
      for (let index = first; index <= last; index++) yield index;
    }
  }

  /** `0-4, 7`, shortened after ten ranges. */
  toString(): string {
    const shown = this.#ranges
      .slice(0, 10)
      .map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
    const more = this.#ranges.length - shown.length;
    return shown.join(', ') + (more > 0 ? ` and ${more} more ranges` : '');
  }

  toJSON(): readonly IndexRange[] {
    return this.ranges;
  }

  /** The position of the first range whose end is at or after an index. */
  #firstEndingFrom(index: number): number {
    const end = this.#ranges.at(-1);
    if (end === undefined || end.last < index) return this.#ranges.length;
    let low = 0;
    let high = this.#ranges.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      const range = this.#ranges[middle];
      if (range !== undefined && range.last < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
