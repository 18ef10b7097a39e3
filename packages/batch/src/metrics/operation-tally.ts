import type { RetryNote } from '@uno/postgres';
import type { SizeReason } from '../tuning/climber.js';
import type { ErrorSummary, OperationMetrics } from './batch-metrics-snapshot.js';
import type { CallEnd } from './call-recorder.js';
import { DistributionMeter } from './distribution.js';
import { perSecond } from './per-second.js';

/** How many errors are kept. */
const keptErrors = 20;

/** Counts what the calls of one operation do. */
export class OperationTally {
  readonly #chunkSize = new DistributionMeter(1);
  readonly #chunkDurationMs = new DistributionMeter(1000);
  readonly #retriesBySqlstate = new Map<string, number>();
  readonly #errors: ErrorSummary[] = [];
  #errorsTotal = 0;
  #calls = 0;
  #callsFailed = 0;
  #total = 0;
  #successful = 0;
  #failed = 0;
  #skipped = 0;
  #elapsedMs = 0;
  #bytesSent = 0;
  #statements = 0;
  #chunks = 0;
  #fallbacks = 0;
  #individually = 0;
  readonly #resizes = new Map<SizeReason, number>();
  #latestSize: number | null = null;

  statement(bytesSent: number): void {
    this.#statements += 1;
    this.#bytesSent += bytesSent;
  }

  chunk(records: number, elapsedMs: number): void {
    this.#chunks += 1;
    this.#chunkSize.record(records);
    this.#chunkDurationMs.record(elapsedMs);
  }

  resized(size: number, reason: SizeReason): void {
    this.#latestSize = size;
    this.#resizes.set(reason, (this.#resizes.get(reason) ?? 0) + 1);
  }

  retried(note: RetryNote): void {
    const why = note.sqlstate ?? note.code;
    this.#retriesBySqlstate.set(why, (this.#retriesBySqlstate.get(why) ?? 0) + 1);
  }

  fellBack(records: number): void {
    this.#fallbacks += 1;
    this.#individually += records;
  }

  failed(summary: ErrorSummary): void {
    this.#errorsTotal += 1;
    this.#errors.push(summary);
    if (this.#errors.length > keptErrors) this.#errors.shift();
  }

  ended(end: CallEnd, elapsedMs: number): void {
    this.#calls += 1;
    if (end.error !== undefined) this.#callsFailed += 1;
    this.#total += end.total;
    this.#successful += end.successful;
    this.#failed += end.failed;
    this.#skipped += end.skipped;
    this.#elapsedMs += elapsedMs;
  }

  read(): OperationMetrics {
    const processed = this.#successful + this.#failed + this.#skipped;
    let retries = 0;
    for (const times of this.#retriesBySqlstate.values()) retries += times;
    return Object.freeze({
      calls: this.#calls,
      callsFailed: this.#callsFailed,
      recordsTotal: this.#total,
      recordsProcessed: processed,
      recordsSuccessful: this.#successful,
      recordsFailed: this.#failed,
      recordsSkipped: this.#skipped,
      elapsedMs: this.#elapsedMs,
      recordsPerSecond: perSecond(processed, this.#elapsedMs),
      bytesSent: this.#bytesSent,
      statements: this.#statements,
      chunks: this.#chunks,
      chunkSize: this.#chunkSize.read(),
      chunkSizeChosen: this.#latestSize,
      resizesByReason: Object.freeze(Object.fromEntries(this.#resizes)),
      chunkDurationMs: this.#chunkDurationMs.read(),
      retries,
      retriesBySqlstate: Object.freeze(Object.fromEntries(this.#retriesBySqlstate)),
      fallbacks: this.#fallbacks,
      recordsIndividually: this.#individually,
      errors: Object.freeze([...this.#errors]),
      errorsTotal: this.#errorsTotal,
      successRate: processed === 0 ? 1 : this.#successful / processed,
    });
  }
}
