import { performance } from 'node:perf_hooks';
import { keyText } from '@uno/domain';
import type { RetryNote } from '@uno/postgres';
import type { CallEnd, CallEvents, ReadItem } from '../metrics/call-recorder.js';
import type { Clock } from '../metrics/clock.js';
import { errorFacts } from '../metrics/error-facts.js';
import type { CallTally } from './call-tally.js';

/** What a call tells of its table. */
export interface TableWatch {
  read(key: string | number, call: number): void;
  rewritten(operation: string, rows: number, unchanged: number): void;
  toldApart(operation: string, columns: readonly string[], isRefused: boolean): void;
  /** @param inserts - whether no record of the call can have been there before */
  ended(operation: string, successful: number, inserts: boolean): void;
}

/** What a {@link CallWatch} is made of. */
export interface CallWatchOptions {
  readonly operation: string;
  /** From 1; no two calls of a table have the same. */
  readonly number: number;
  readonly clock: Clock;
  readonly kind: CallTally;
  readonly table: TableWatch;
}

/** Listens to one call for what advice rests on. */
export class CallWatch implements CallEvents {
  readonly #options: CallWatchOptions;
  readonly #beganAt: number;
  readonly #loopBefore = performance.eventLoopUtilization();
  #waitedMs = 0;
  #spareConnections: number | undefined;
  #conflictColumns: readonly string[] | undefined;

  constructor(options: CallWatchOptions) {
    this.#options = options;
    this.#beganAt = options.clock.now();
  }

  statement(bytesSent: number): void {
    this.#options.kind.sent(bytesSent);
  }

  chunk(records: number, elapsedMs: number): void {
    this.#options.kind.chunk(records, elapsedMs);
  }

  answered(elapsedMs: number): void {
    this.#waitedMs += elapsedMs;
    this.#options.kind.answered(elapsedMs);
  }

  poolSpare(connections: number): void {
    this.#spareConnections = Math.min(this.#spareConnections ?? connections, connections);
  }

  keysRead(items: readonly ReadItem[]): void {
    const { table, number } = this.#options;
    for (const item of items) table.read(item.keyNumber ?? keyText(item.key ?? []), number);
  }

  conflictsOn(columns: readonly string[]): void {
    this.#conflictColumns = columns;
  }

  rewritten(rows: number, unchanged: number): void {
    this.#options.table.rewritten(this.#options.operation, rows, unchanged);
  }

  retried({ sqlstate, code, delayMs }: RetryNote, lostMs = 0): void {
    this.#failed(sqlstate, code, lostMs + delayMs);
  }

  end(end: CallEnd): void {
    const { clock, kind, table, operation } = this.#options;
    const elapsedMs = clock.now() - this.#beganAt;
    const { utilization } = performance.eventLoopUtilization(this.#loopBefore);
    const times = { elapsedMs, waitedMs: this.#waitedMs, activeMs: utilization * elapsedMs };
    const inserts = inserting.has(operation) && this.#conflictColumns === undefined;
    kind.ended(end, inserts, times, this.#spareConnections);
    table.ended(operation, end.successful, inserts);
    const { sqlstate, code } = end.error === undefined ? noError : errorFacts(end.error);
    if (end.error !== undefined) this.#failed(sqlstate, code, elapsedMs);
    // No unique or exclusion constraint matches: what PostgreSQL says of an ON CONFLICT without an index.
    if (this.#conflictColumns !== undefined) table.toldApart(operation, this.#conflictColumns, sqlstate === '42P10');
  }

  #failed(sqlstate: string | undefined, code: string, lostMs: number): void {
    const why = reasonOf(sqlstate, code);
    if (why !== undefined) this.#options.kind.failedAttempt(why, sqlstate ?? code, lostMs);
  }
}

/** Unless they tell records apart by columns. */
const inserting: ReadonlySet<string> = new Set(['batchInsert', 'batchImport']);

const noError = { sqlstate: undefined, code: '' };

/**
 * Out of memory, the server's own limit of time for a statement, and what Node cannot hold in one string. The time limit
 * of a call is for all of it, however it is cut; a full disk, too many connections, or a row that is too large for its
 * index are not about chunks either.
 */
function reasonOf(sqlstate: string | undefined, code: string): 'tooMuch' | 'conflict' | undefined {
  if (sqlstate === '40001' || sqlstate === '40P01') return 'conflict';
  const isOurs = code === 'UNO_RESOURCE' && sqlstate === undefined;
  return sqlstate === '53200' || code === 'UNO_STATEMENT_TIMEOUT' || isOurs ? 'tooMuch' : undefined;
}
