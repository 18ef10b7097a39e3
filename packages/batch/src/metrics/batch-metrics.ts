import { Observations } from '../advice/observations.js';
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
  /** What recommendations rest on. Told of the same calls by the batch engine. */
  readonly observations = new Observations();
  /** Counted along, because to put tallies together would take much memory each time. */
  #total = new OperationTally();

  /** What has happened since the metrics were made or reset, by operation and in total. */
  snapshot(): BatchMetricsSnapshot {
    const operations = Object.fromEntries([...this.#operations].map(([name, tally]) => [name, tally.read()]));
    return Object.freeze({ total: this.#total.read(), operations: Object.freeze(operations) });
  }

  /** Begins at 0 again. What calls that are running do from now on counts, and their records when they end. */
  reset(): void {
    this.#operations.clear();
    this.observations.reset();
    this.#total = new OperationTally();
  }

  /** Called by the batch engine. */
  begin({ operation }: CallDescription, clock: Clock): CallEvents {
    const beganAt = clock.now();
    // Asked for each time, since a reset may have come between.
    const each = (tell: (tally: OperationTally) => void) => {
      tell(this.#tally(operation));
      tell(this.#total);
    };
    const failed = (facts: ErrorFacts) => {
      const summary = summaryOf(operation, facts);
      each((tally) => tally.failed(summary));
    };
    return {
      statement: (bytesSent) => each((tally) => tally.statement(bytesSent)),
      chunk: (records, elapsedMs) => each((tally) => tally.chunk(records, elapsedMs)),
      resized: (size, reason) => each((tally) => tally.resized(size, reason)),
      retried: (note) => each((tally) => tally.retried(note)),
      fellBack: (records) => each((tally) => tally.fellBack(records)),
      recordFailed: ({ index, key, error }) => failed({ ...errorFacts(error), index, key }),
      end: (end) => {
        const elapsedMs = clock.now() - beganAt;
        each((tally) => tally.ended(end, elapsedMs));
        if (end.error !== undefined) failed(errorFacts(end.error));
      },
    };
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

function summaryOf(operation: string, { code, sqlstate, message, index, key }: ErrorFacts): ErrorSummary {
  return Object.freeze({
    at: new Date().toISOString(),
    operation,
    ...(index === undefined ? {} : { index }),
    ...(key === undefined ? {} : { key }),
    code,
    ...(sqlstate === undefined ? {} : { sqlstate }),
    ...(message === undefined ? {} : { message }),
  });
}
