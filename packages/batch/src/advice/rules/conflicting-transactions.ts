import { type Advice, type OptionChange, shownMs, shownShare } from '../advice.js';
import type { CallStatistics } from '../call-statistics.js';
import type { TableEvidence } from '../table-evidence.js';

/** Transactions that are undone and repeated, because others want the same rows at the same time. */
export type ConflictingTransactions = Advice<
  'conflicting_transactions',
  ConflictingTransactionsEvidence,
  | OptionChange<'maxWorkers', number>
  | OptionChange<'batchSize', number>
  | OptionChange<'atomicity', string>
  | { readonly sortBy: readonly string[] }
>;

export interface ConflictingTransactionsEvidence {
  /** Attempts that ended in a deadlock (40P01) or could not be serialized (40001). */
  readonly attempts: number;
  readonly attemptsBySqlstate: Readonly<Record<string, number>>;
  /** Milliseconds that they took, and the pauses after them. */
  readonly lostMs: number;
  readonly calls: number;
  readonly elapsedMs: number;
  /** How much of the time of the calls was lost, from 0; more than 1 where several attempts failed side by side. */
  readonly share: number;
}

/** One or two may happen to everybody. */
const leastAttempts = 3;
/** Below, repeating them is the cheapest that can be done about it. */
const leastShare = 0.05;

export function conflictingTransactions(evidence: TableEvidence): ConflictingTransactions[] {
  const { table, statistics } = evidence;
  return statistics.calls.flatMap((calls): ConflictingTransactions[] => {
    const { operation, conflicts, elapsedMs } = calls;
    const { count: attempts, lostMs, byCode: attemptsBySqlstate } = conflicts;
    const share = elapsedMs > 0 ? lostMs / elapsedMs : 0;
    if (attempts < leastAttempts || share < leastShare) return [];
    const { change, todo } = changeFor(calls, evidence);
    return [
      {
        code: 'conflicting_transactions',
        table,
        operation,
        message:
          `${operation} on ${table}: ${attempts} attempts met others that wanted the same rows, which cost ` +
          `${shownMs(lostMs)}, or ${shownShare(share)} of the time. ${todo}`,
        evidence: { attempts, attemptsBySqlstate, lostMs, calls: calls.calls, elapsedMs, share },
        change,
        savesMs: lostMs,
      },
    ];
  });
}

function changeFor(
  { strategy, atomicity, batchSize, isTuned, largestChunk, conflicts, chunks, calls }: CallStatistics,
  { mapping, maxWorkers }: TableEvidence,
): { readonly change: ConflictingTransactions['change']; readonly todo: string } {
  if (strategy === 'parallel' && maxWorkers > 1) {
    const to = Math.ceil(maxWorkers / 2);
    return {
      change: { option: 'maxWorkers', from: maxWorkers, to },
      todo: `Chunks of one call never want the same row, but each more meets others: set maxWorkers to ${to}.`,
    };
  }
  const deadlocks = conflicts.byCode['40P01'] ?? 0;
  if (atomicity === 'all' && 2 * deadlocks >= conflicts.count && (chunks > calls || strategy === 'single_query')) {
    return {
      change: { sortBy: mapping.key },
      todo: `Chunks of one transaction lock rows in the order of the source: sort it by ${mapping.key.join(', ')} everywhere.`,
    };
  }
  if (atomicity === 'all') {
    return {
      change: { option: 'atomicity', from: 'all', to: 'chunk' },
      todo: 'Shorter transactions meet fewer others: set atomicity to chunk, if chunks may commit by themselves.',
    };
  }
  const from = isTuned ? largestChunk : batchSize;
  const to = Math.max(1, Math.round(from / 4));
  return {
    change: { option: 'batchSize', from, to },
    todo: `Shorter transactions meet fewer others: set batchSize to ${to}.`,
  };
}
