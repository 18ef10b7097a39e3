import { type ChunksTooLarge, chunksTooLarge } from './rules/chunks-too-large.js';
import { type ChunksTooSmall, chunksTooSmall } from './rules/chunks-too-small.js';
import { type ConflictingTransactions, conflictingTransactions } from './rules/conflicting-transactions.js';
import { type MissingForeignKeyIndex, missingForeignKeyIndex } from './rules/missing-foreign-key-index.js';
import { type MissingIndex, missingIndex } from './rules/missing-index.js';
import { type RepeatedReads, repeatedReads } from './rules/repeated-reads.js';
import { type SequentialWithIdlePool, sequentialWithIdlePool } from './rules/sequential-with-idle-pool.js';
import { type UnchangedRowsWritten, unchangedRowsWritten } from './rules/unchanged-rows-written.js';
import { type UnusedIndex, unusedIndex } from './rules/unused-index.js';
import type { TableEvidence } from './table-evidence.js';

/** Something that could be done better, told apart by `code`. */
export type Recommendation =
  | ChunksTooSmall
  | ChunksTooLarge
  | SequentialWithIdlePool
  | MissingIndex
  | MissingForeignKeyIndex
  | UnusedIndex
  | ConflictingTransactions
  | UnchangedRowsWritten
  | RepeatedReads;

const rules: readonly ((evidence: TableEvidence) => readonly Recommendation[])[] = [
  chunksTooSmall,
  chunksTooLarge,
  sequentialWithIdlePool,
  missingIndex,
  missingForeignKeyIndex,
  unusedIndex,
  conflictingTransactions,
  unchangedRowsWritten,
  repeatedReads,
];

/** What all rules say of a table. */
export function recommendationsFor(evidence: TableEvidence): readonly Recommendation[] {
  return rules.flatMap((rule) => rule(evidence));
}
