import { type AnyMapping, type FailedRecord, IndexRanges } from '@uno/domain';
import type { Account } from '../engine/batch-job.js';
import type { ChunkReport } from '../engine/chunk.js';
import type { Value } from './computation.js';
import type { ComputeTotals, WithResults } from './compute-types.js';

/** What was computed by a call that writes nothing. */
export class ComputeAccount<M extends AnyMapping, R> implements Account<Value<M, R>, readonly Value<M, R>[]> {
  /** Nothing is. */
  readonly written = new IndexRanges();
  readonly individually = 0;
  readonly #missing = new IndexRanges();
  readonly #failures: FailedRecord[] = [];
  readonly #keeps: boolean;
  readonly #values: { readonly index: number; readonly value: R }[] = [];
  #computed = 0;

  /** @param keeps - whether the values are asked for */
  constructor(keeps: boolean) {
    this.#keeps = keeps;
  }

  get failures(): readonly FailedRecord[] {
    return this.#failures;
  }

  get failed(): number {
    return this.#failures.length;
  }

  get skipped(): number {
    return this.#missing.size;
  }

  get processed(): number {
    return this.#computed + this.skipped + this.failed;
  }

  add({ pieces, dropped, failures }: ChunkReport<Value<M, R>, readonly Value<M, R>[]>): void {
    for (const { value: values } of pieces) {
      this.#computed += values.length;
      if (this.#keeps) for (const { index, value } of values) this.#values.push({ index, value });
    }
    for (const index of dropped) this.#missing.add(index);
    for (const failure of failures) this.#failures.push(failure);
  }

  take(part: ComputeAccount<M, R>): void {
    this.#computed += part.#computed;
    for (const value of part.#values) this.#values.push(value);
    for (const index of part.#missing) this.#missing.add(index);
    for (const failure of part.#failures) this.#failures.push(failure);
  }

  totals(): ComputeTotals {
    return {
      total: this.processed,
      computed: this.#computed,
      skipped: this.skipped,
      failed: this.failed,
      failures: this.#failures.toSorted((a, b) => a.index - b.index),
      missing: this.#missing,
    };
  }

  results(aligned: boolean): WithResults<R | undefined> {
    return { results: inOrder(this.#values, aligned ? this.processed : undefined) };
  }
}

/**
 * Values in the order of their positions.
 *
 * @param length - how many positions there are, if each of them is to have a place
 */
export function inOrder<R>(
  values: Iterable<{ readonly index: number; readonly value: R }>,
  length: number | undefined,
): (R | undefined)[] {
  if (length === undefined) return [...values].sort((a, b) => a.index - b.index).map(({ value }) => value);
  const results = new Array<R | undefined>(length).fill(undefined);
  for (const { index, value } of values) results[index] = value;
  return results;
}
