/** Bounds of what `optimizeForSize` may choose. */
export interface SizeTuning {
  /**
   * Milliseconds that a chunk may take; a longer one makes the next ones smaller. It is what is lost when a chunk fails, and
   * the time between two calls of `onProgress`. Default 1000.
   */
  readonly targetMs?: number | undefined;
  /** Records of a chunk, at least, from 1, but for the last one. Default 1. */
  readonly minSize?: number | undefined;
  /** Records of a chunk, at most. Default 50,000. */
  readonly maxSize?: number | undefined;
  /**
   * Bytes of values in a chunk, at most, as far as a sample of its records tells; one record is a chunk however large.
   * Default 33,554,432 (32 MB).
   */
  readonly maxBytes?: number | undefined;
}
