/** What a cache has done since it was made. */
export interface CacheStatistics {
  /** Keys that were found. */
  readonly hits: number;
  /** Keys that were not. */
  readonly misses: number;
  /** Entities that are kept now. */
  readonly entries: number;
  /** Entities that were read while they were written and therefore not kept. */
  readonly staleFillsRefused: number;
}
