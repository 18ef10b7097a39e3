import { type FailedRecord, IndexRanges } from '@uno/domain';
import type { Account } from '../engine/batch-job.js';
import type { ChunkReport, Entry } from '../engine/chunk.js';

/** What a {@link BatchProcessor} has done; `processed + skipped + failed` is `total`, the records taken from the source. */
export interface ProcessResult<R> {
  readonly total: number;
  readonly processed: number;
  /** Records that `preProcess` left out. */
  readonly skipped: number;
  /** Records that were left out under `onRecordError: 'skip'`. */
  readonly failed: number;
  readonly failures: readonly FailedRecord[];
  /** The results of the records that were processed, in the order of the source; empty if the function gives none. */
  readonly results: readonly R[];
}

/** Keeps the results of a call. */
export class ProcessAccount<I, R> implements Account<Entry<I>, readonly R[] | undefined> {
  readonly written = new IndexRanges();
  readonly individually = 0;
  readonly #failures: FailedRecord[] = [];
  readonly #results: { readonly index: number; readonly result: R }[] = [];
  readonly #dropped: number[] = [];

  get failures(): readonly FailedRecord[] {
    return this.#failures;
  }

  get failed(): number {
    return this.#failures.length;
  }

  get skipped(): number {
    return this.#dropped.length;
  }

  get processed(): number {
    return this.written.size + this.failed;
  }

  add({ pieces, dropped, failures }: ChunkReport<Entry<I>, readonly R[] | undefined>): void {
    for (const { items, value } of pieces) {
      for (const { index } of items) this.written.add(index);
      value?.forEach((result, i) => {
        this.#results.push({ index: items[i]?.index ?? 0, result });
      });
    }
    for (const index of dropped) {
      this.written.add(index);
      this.#dropped.push(index);
    }
    for (const failure of failures) this.#failures.push(failure);
  }

  take(part: ProcessAccount<I, R>): void {
    for (const index of part.written) this.written.add(index);
    for (const failure of part.#failures) this.#failures.push(failure);
    for (const index of part.#dropped) this.#dropped.push(index);
    for (const result of part.#results) this.#results.push(result);
  }

  result(): ProcessResult<R> {
    return {
      total: this.processed,
      processed: this.written.size - this.skipped,
      skipped: this.skipped,
      failed: this.failed,
      failures: this.#failures.toSorted((a, b) => a.index - b.index),
      results: this.#results.toSorted((a, b) => a.index - b.index).map(({ result }) => result),
    };
  }
}
