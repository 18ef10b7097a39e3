/** What a cache has done since it was made. */
export interface CacheStatistics {
  /** Keys that were found. */
  readonly hits: number;
  /** Keys that were not. */
  readonly misses: number;
  /** Entities that are kept now, those among them that are past their time and were not asked for since. */
  readonly entries: number;
  /** Entities that were written while they were read, or may have been, and therefore not kept. */
  readonly staleFillsRefused: number;
}
