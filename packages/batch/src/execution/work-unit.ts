import type { Queryable } from '@uno/postgres';
import type { WorkItem } from '../shapes/work-item.js';

/** The records of one statement, and how to write any part of them. */
export interface WorkUnit<T> {
  readonly items: readonly WorkItem[];
  /** Writes some of the records, all or none, and gives a result for each. */
  write(db: Queryable, items: readonly WorkItem[]): Promise<readonly T[]>;
}

/** Cuts records into parts of at most `size`, in order. */
export function chunksOf<R>(records: readonly R[], size: number): R[][] {
  const chunks: R[][] = [];
  for (let start = 0; start < records.length; start += size) chunks.push(records.slice(start, start + size));
  return chunks;
}
