/** What some records are, as far as a sample of them tells. */
export interface Weight {
  /** Records in the sample. */
  readonly records: number;
  /** Bytes of their values, about as they are sent. */
  readonly bytes: number;
  /** Their values, of which each has a column. */
  readonly values: number;
}

/** Decides how many records are a chunk. */
export interface ChunkSizes {
  /** What it goes by, in words. */
  readonly says: string;
  /** Whether the size is found out: by what records weigh, and by what becomes of chunks. */
  readonly isTuned: boolean;
  /** More than so many were too much before. */
  readonly mostAtOnce: number;
  /**
   * Records of the chunk that is being cut, at most. Asked several times for one chunk, while more and more is known of it.
   *
   * @param weight - of its records so far, or of some of them
   * @param left - records that are left to be cut; `Infinity` where that is not known
   */
  sizeFor(weight: Weight, left: number): number;
  /** The server was waited for, so long, before it was sent anything that takes time. */
  waited(elapsedMs: number): void;
  /** A chunk went through, of so many records. */
  done(records: number, elapsedMs: number): void;
  /**
   * So many records were too much at once, for the memory of the server or the time that it allows.
   *
   * @returns how many to try instead, fewer than these, and {@link mostAtOnce} from then on; `undefined` where they are not
   *   to be done in smaller pieces
   */
  tooMuch(records: number): number | undefined;
}

/** Always the same number. */
export class FixedSize implements ChunkSizes {
  readonly says: string;
  readonly isTuned = false;
  readonly mostAtOnce = Number.POSITIVE_INFINITY;
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
    this.says = `batchSize: ${size}`;
  }

  sizeFor(): number {
    return this.#size;
  }

  waited(): void {}

  done(): void {}

  tooMuch(): undefined {
    return undefined;
  }
}
