import type { FailedRecord } from '@uno/domain';

/** A record of the source, and its position there, from 0. */
export interface Entry<R> {
  readonly record: R;
  readonly index: number;
}

/** What was decided about items that mean the same row. */
export interface Resolved<I> {
  readonly items: readonly I[];
  /** Records that are not to be written because of it. */
  readonly refused: readonly FailedRecord[];
}

/** Items that are done together, and what was found of other records while they were read. */
export interface Chunk<I, P> {
  /** From 0. */
  readonly number: number;
  readonly items: readonly I[];
  /** Records that it was cut from; items of records that had all been read before, if they had. */
  readonly taken: number;
  /** Positions of records for which `preProcess` gave `null`. */
  readonly dropped: readonly number[];
  /** Records that were found to be wrong before anything was sent. */
  readonly refused: readonly FailedRecord[];
  /** What was made of all items while the chunk before was being done, if anything. */
  readonly prepared?: P | undefined;
}

/** Items that went through together, and what came of them. */
export interface Piece<I, V> {
  readonly items: readonly I[];
  readonly value: V;
}

/** What came of a chunk. */
export interface ChunkReport<I, V> {
  readonly pieces: readonly Piece<I, V>[];
  readonly dropped: readonly number[];
  readonly failures: readonly FailedRecord[];
  /** Records that were done one by one, because the set-based way broke on them. */
  readonly individually: number;
}

/** The chunks of a call. */
export interface ChunkSource<I, P> {
  /** Whether `chunks` can be called again, and gives the same items; in other chunks, if other sizes are right by then. */
  readonly isRepeatable: boolean;
  /** Whether the next chunk is there without waiting, so that nothing is to be gained by asking for it early. */
  readonly isAtHand: boolean;
  /** Whether there is at most one chunk. */
  readonly isSingle: boolean;
  /** Whether it is known that no two items mean the same row. Default `false`. */
  readonly isDistinct?: boolean;
  /** Records in the source; `undefined` until a source that is no array has come to its end. */
  readonly total: number | undefined;
  /** The items of all chunks so far, where these are kept. */
  items(): Iterable<I>;
  chunks(): AsyncIterable<Chunk<I, P>>;
  /** The chunk after one, if it is there already. */
  after(chunk: Chunk<I, P>): Chunk<I, P> | undefined;
}
