import type { Queryable } from '@uno/postgres';
import type { WorkItem } from '../shapes/work-item.js';

/** The records of one chunk, in the order of the input, and how to write any part of them. */
export interface WorkUnit<T> {
  readonly items: readonly WorkItem[];
  /** Whether writing all of them is one statement, which PostgreSQL does wholly or not at all. */
  isOneStatement(): boolean;
  /** Writes some of the records and gives what came of them. */
  write(db: Queryable, items: readonly WorkItem[]): Promise<T[]>;
}

/** Cuts records into parts of at most `size`, in order. */
export function chunksOf<R>(records: readonly R[], size: number): R[][] {
  const chunks: R[][] = [];
  for (let start = 0; start < records.length; start += size) chunks.push(records.slice(start, start + size));
  return chunks;
}

/** Does things one after the other and puts together what they give. */
export async function inTurn<P, T>(parts: readonly P[], run: (part: P) => Promise<readonly T[]>): Promise<T[]> {
  const results: T[] = [];
  for (const part of parts) {
    for (const result of await run(part)) results.push(result);
  }
  return results;
}
