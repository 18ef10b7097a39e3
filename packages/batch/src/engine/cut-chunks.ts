import type { ChunkSizes } from '../tuning/chunk-sizes.js';
import { endOfChunk } from '../tuning/cut.js';
import type { Chunk, ChunkSource } from './chunk.js';

/** Where a chunk lies in what it is cut from. */
export interface Stretch {
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

/** Chunks of what is at hand. Each is cut when it is its turn, as large as is right then. */
export abstract class CutChunks<I, P> implements ChunkSource<I, P> {
  readonly isRepeatable = true;
  readonly isAtHand = true;
  readonly total: number;
  readonly #list: ArrayLike<unknown>;
  readonly #sizes: ChunkSizes;
  readonly isSingle: boolean;
  #latest: { readonly stretch: Stretch; readonly chunk: Chunk<I, P> } | undefined;
  readonly #stretches = new WeakMap<Chunk<I, P>, Stretch>();

  /** @param list - what is cut; it need not be what the chunks are made of, if as many come of it */
  constructor(list: ArrayLike<unknown>, sizes: ChunkSizes, total: number) {
    this.total = total;
    this.#list = list;
    this.#sizes = sizes;
    this.isSingle = endOfChunk(sizes, list, 0) >= list.length;
  }

  /** Whether there is something to be told although there may be nothing to cut. */
  protected get hasMore(): boolean {
    return false;
  }

  abstract items(): Iterable<I>;

  protected abstract make(stretch: Stretch): Chunk<I, P>;

  async *chunks(): AsyncIterableIterator<Chunk<I, P>> {
    let start = 0;
    for (let number = 0; start < this.#list.length || (number === 0 && this.hasMore); number++) {
      const { stretch, chunk } = this.#at(number, start);
      start = stretch.end;
      yield chunk;
    }
  }

  after(chunk: Chunk<I, P>): Chunk<I, P> | undefined {
    const stretch = this.#stretches.get(chunk);
    if (stretch === undefined || stretch.end >= this.#list.length) return undefined;
    try {
      return this.#at(stretch.number + 1, stretch.end).chunk;
    } catch {
      // It is made again where it is done, and what fails then has somebody to tell.
      return undefined;
    }
  }

  #at(number: number, start: number): { readonly stretch: Stretch; readonly chunk: Chunk<I, P> } {
    const latest = this.#latest;
    if (latest?.stretch.number === number && latest.stretch.start === start) return latest;
    // That there is only one may have been said, and must not become wrong.
    const end = this.isSingle ? this.#list.length : endOfChunk(this.#sizes, this.#list, start);
    const stretch = { number, start, end };
    const chunk = this.make(stretch);
    this.#stretches.set(chunk, stretch);
    this.#latest = { stretch, chunk };
    return this.#latest;
  }
}
