/** What calls of one operation on one table, with the same options, have done. Times are milliseconds. */
export interface CallStatistics {
  /** Such as `batchInsert`. */
  readonly operation: string;
  readonly strategy: string;
  /** Records in a chunk; at most, where that is found out. */
  readonly batchSize: number;
  /** Whether it is, so that there is nothing to be advised about it. */
  readonly isTuned?: boolean | undefined;
  readonly atomicity: 'all' | 'chunk';
  /** Calls that have ended. */
  readonly calls: number;
  /** Records that were taken from their sources. */
  readonly records: number;
  readonly successful: number;
  /** Those among them that were inserted and cannot have been there before. */
  readonly inserted: number;
  readonly elapsedMs: number;
  readonly chunks: number;
  /** Chunks of as many records as a chunk takes: of the others, another size says nothing. */
  readonly fullChunks: number;
  readonly fullChunksMs: number;
  /** Records of the largest chunk. */
  readonly largestChunk: number;
  readonly bytesSent: number;
  /** How many times the server was waited for. */
  readonly answers: number;
  readonly waitedMs: number;
  /** Attempts that failed because so much was asked for at once, by SQLSTATE, or code where there is none. */
  readonly tooMuch: FailedAttempts;
  /** Attempts that failed because of what others did at the same time. */
  readonly conflicts: FailedAttempts;
  /** Calls in which several connections could have been used. */
  readonly alone: LonelyCalls;
}

/** Attempts that failed, and were done again or ended their call. */
export interface FailedAttempts {
  readonly count: number;
  /** Milliseconds that they took, and the pauses after them. */
  readonly lostMs: number;
  readonly byCode: Readonly<Record<string, number>>;
}

/** Calls of several chunks that used one connection, while others of the pool were free all the time. */
export interface LonelyCalls {
  readonly calls: number;
  readonly records: number;
  readonly elapsedMs: number;
  /** How much of it the server was waited for. */
  readonly waitedMs: number;
  /** How much of it this process was busy, with whatever. */
  readonly activeMs: number;
  /** The least number of connections that could have been used besides. */
  readonly spareConnections: number;
}

/** What is known of a table from all calls. */
export interface TableStatistics {
  readonly calls: readonly CallStatistics[];
  /** Columns by which records were told apart in upserts and imports. */
  readonly conflictColumns: readonly ConflictColumns[];
  readonly reads: ReadStatistics;
  /** Rows that were written whether they differed or not, by operation. */
  readonly rewritten: readonly RewrittenRows[];
}

export interface ConflictColumns {
  readonly operation: string;
  readonly columns: readonly string[];
  readonly calls: number;
  /** Calls that PostgreSQL refused, since no unique index is over these columns. */
  readonly refused: number;
}

/** Rows that were read by key, outside of transactions and past every cache. */
export interface ReadStatistics {
  readonly keys: number;
  /** Keys that an earlier call had read, as far as is remembered: at least so many. */
  readonly repeated: number;
  /** Rows that were, or may have been, written since the first read. */
  readonly written: number;
}

export interface RewrittenRows {
  readonly operation: string;
  /** Rows that were looked at before they were written. */
  readonly sampled: number;
  /** How many of them were as asked. */
  readonly unchanged: number;
}
