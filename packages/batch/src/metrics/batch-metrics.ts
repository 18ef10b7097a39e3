import type { BatchMetricsSnapshot, ErrorSummary } from './batch-metrics-snapshot.js';
import type { CallDescription, CallEvents, CallListener } from './call-recorder.js';
import type { Clock } from './clock.js';
import { type ErrorFacts, errorFacts } from './error-facts.js';
import { OperationTally } from './operation-tally.js';

/**
 * Counts what batch operations do, in this process and in constant memory.
 *
 * @example
 * ```ts
 * const { total, operations } = metrics.snapshot();
 * console.log(total.recordsPerSecond, operations['batchInsert']?.chunkDurationMs.p95);
 * ```
 */
export class BatchMetrics implements CallListener {
  readonly #operations = new Map<string, OperationTally>();
  #errors = 0;

  /** What has happened since the metrics were made or reset, by operation and in total. */
  snapshot(): BatchMetricsSnapshot {
    const total = new OperationTally();
    for (const tally of this.#operations.values()) total.add(tally);
    const operations = Object.fromEntries([...this.#operations].map(([name, tally]) => [name, tally.read()]));
    return Object.freeze({ total: total.read(), operations: Object.freeze(operations) });
  }

  /** Begins at 0 again. What calls that are running do from now on counts, and their records when they end. */
  reset(): void {
    this.#operations.clear();
  }

  /** Called by the batch engine. */
  begin({ operation }: CallDescription, clock: Clock): CallEvents {
    const beganAt = clock.now();
    // Asked for each time, since a reset may have come between.
    const tally = () => this.#tally(operation);
    return {
      statement: (bytesSent) => tally().statement(bytesSent),
      chunk: (records, elapsedMs) => tally().chunk(records, elapsedMs),
      retried: (note) => tally().retried(note),
      fellBack: (records) => tally().fellBack(records),
      recordFailed: ({ index, key, error }) => this.#failed(operation, { ...errorFacts(error), index, key }),
      end: (end) => {
        tally().ended(end, clock.now() - beganAt);
        if (end.error !== undefined) this.#failed(operation, errorFacts(end.error));
      },
    };
  }

  #failed(operation: string, { code, sqlstate, message, index, key }: ErrorFacts): void {
    const summary: ErrorSummary = {
      at: new Date().toISOString(),
      operation,
      ...(index === undefined ? {} : { index }),
      ...(key === undefined ? {} : { key }),
      code,
      ...(sqlstate === undefined ? {} : { sqlstate }),
      ...(message === undefined ? {} : { message }),
    };
    this.#errors += 1;
    this.#tally(operation).failed(this.#errors, Object.freeze(summary));
  }

  #tally(operation: string): OperationTally {
    let tally = this.#operations.get(operation);
    if (tally === undefined) {
      tally = new OperationTally();
      this.#operations.set(operation, tally);
    }
    return tally;
  }
}
