import { type Advice, type OptionChange, shownMs, shownShare } from '../advice.js';
import type { TableEvidence } from '../table-evidence.js';

/** Long calls that wait for the server on one connection while others of the pool are free. */
export type SequentialWithIdlePool = Advice<
  'sequential_with_idle_pool',
  SequentialWithIdlePoolEvidence,
  OptionChange<'strategy', string>
>;

export interface SequentialWithIdlePoolEvidence {
  /** Calls of four chunks and 500 ms at least, outside of the caller's transactions. */
  readonly calls: number;
  readonly records: number;
  readonly elapsedMs: number;
  /** How much of it the server was waited for. */
  readonly waitedMs: number;
  /** How much of it this process was busy, with whatever: from the utilisation of its event loop. */
  readonly activeMs: number;
  /** The least number of connections that the calls could have used besides, at any chunk; one is left to others. */
  readonly spareConnections: number;
  /** Whether chunks commit by themselves already. */
  readonly atomicity: 'all' | 'chunk';
}

/** A sync is one transaction, a computation waits for its function, and of other statements nothing is known. */
const operations: ReadonlySet<string> = new Set([
  ...['batchGet', 'batchInsert', 'batchUpdate', 'batchUpsert', 'batchDelete', 'batchImport'],
]);
/** Below, there is little to save. */
const leastMs = 1000;
/** Otherwise it is the source, or this process, that is waited for, and connections change nothing. */
const leastWaited = 0.6;
/** A process that is busy more than half of the time could not feed two connections. */
const mostActive = 0.5;

export function sequentialWithIdlePool({ table, statistics, maxWorkers }: TableEvidence): SequentialWithIdlePool[] {
  return statistics.calls.flatMap(({ operation, strategy, atomicity, alone, batchSize }): SequentialWithIdlePool[] => {
    const { calls, records, elapsedMs, waitedMs, activeMs, spareConnections } = alone;
    if (!operations.has(operation) || strategy === 'parallel' || maxWorkers < 2 || elapsedMs < leastMs) return [];
    if (waitedMs < leastWaited * elapsedMs || activeMs > mostActive * elapsedMs) return [];
    const workers = Math.min(maxWorkers, spareConnections + 1, Math.ceil(records / calls / batchSize));
    const commits = atomicity === 'all' ? ' Each chunk then commits by itself.' : '';
    return [
      {
        code: 'sequential_with_idle_pool',
        table,
        operation,
        message:
          `${operation} on ${table}: ${shownShare(waitedMs / elapsedMs)} of ${shownMs(elapsedMs)} was spent waiting for ` +
          `the server on one connection, while ${spareConnections} or more could have been used besides. ` +
          `Set strategy to parallel.${commits}`,
        evidence: { calls, records, elapsedMs, waitedMs, activeMs, spareConnections, atomicity },
        change: { option: 'strategy', from: strategy, to: 'parallel' },
        savesMs: waitedMs * (1 - 1 / workers),
      },
    ];
  });
}
