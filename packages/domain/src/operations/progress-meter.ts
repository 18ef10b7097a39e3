import type { BatchProgress } from '../ports/call-options.js';

/** What a call has done so far. */
export interface ProgressCounts {
  readonly processed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly individually: number;
}

/** Makes of counts how far a call has come, how fast it is, and how long the rest takes at that rate. */
export class ProgressMeter {
  readonly #operation: string;
  readonly #name: string;
  readonly #now: () => number;
  readonly #began: number;

  /** @param now - a clock in milliseconds that never goes back */
  constructor(
    call: { readonly operation: string; readonly name: string },
    now: () => number = () => performance.now(),
  ) {
    this.#operation = call.operation;
    this.#name = call.name;
    this.#now = now;
    this.#began = now();
  }

  /** @param total - records in the source, where that is known */
  progress(counts: ProgressCounts, total: number | undefined): BatchProgress {
    const { processed, failed, skipped, individually } = counts;
    const elapsedMs = this.#now() - this.#began;
    // On a clock that has not moved yet there is no rate.
    const recordsPerSecond = elapsedMs > 0 ? (processed / elapsedMs) * 1000 : 0;
    const rest = total === undefined ? undefined : Math.max(0, total - processed);
    return {
      operation: this.#operation,
      name: this.#name,
      processed,
      total,
      failed,
      skipped,
      individually,
      elapsedMs,
      recordsPerSecond,
      remainingMs:
        rest === 0 ? 0 : rest === undefined || recordsPerSecond === 0 ? undefined : (rest / recordsPerSecond) * 1000,
    };
  }
}
