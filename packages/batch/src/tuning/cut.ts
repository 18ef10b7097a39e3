import type { ChunkSizes, Weight } from './chunk-sizes.js';
import { type Found, weigh } from './weigh.js';

/** The first records of a chunk are all looked at, since a few of them may be enough for one. */
const allOfFirst = 8;

/** And then one in so many. A prime number, as records may take turns in a period of two, eight or ten. */
const oneIn = 13;

/** A chunk that is being cut: looks at some of its records, and says when it is full. */
export class Cut {
  readonly #sizes: ChunkSizes;
  readonly #left: number;
  readonly #found: Found = { bytes: 0, values: 0 };
  #sampled = 0;
  #limit: number;

  /** @param left - records that are left to be cut; `Infinity` where that is not known */
  constructor(sizes: ChunkSizes, left: number) {
    this.#sizes = sizes;
    this.#left = left;
    this.#limit = sizes.sizeFor(this.#weight, left);
  }

  /** Records that go in; fewer, the more those weigh that are looked at. */
  get limit(): number {
    return Math.min(this.#left, Math.max(1, this.#limit));
  }

  /** Whether it would make a difference to look at the record at this place in the chunk. */
  looksAt(place: number): boolean {
    return this.#sizes.isTuned && (place < allOfFirst || place % oneIn === 0);
  }

  look(record: unknown): void {
    weigh(record, this.#found);
    this.#sampled++;
    this.#limit = this.#sizes.sizeFor(this.#weight, this.#left);
  }

  get #weight(): Weight {
    return { records: this.#sampled, ...this.#found };
  }
}

/** Where the chunk ends that begins at `start`. Costs nothing for most of its records. */
export function endOfChunk(sizes: ChunkSizes, list: ArrayLike<unknown>, start: number): number {
  const left = list.length - start;
  const cut = new Cut(sizes, left);
  if (sizes.isTuned) {
    for (let place = 0; place < cut.limit; place = nextPlace(place)) cut.look(list[start + place]);
  }
  return start + cut.limit;
}

function nextPlace(place: number): number {
  return place + 1 < allOfFirst ? place + 1 : (Math.floor(place / oneIn) + 1) * oneIn;
}
