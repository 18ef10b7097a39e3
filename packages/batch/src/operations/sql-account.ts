import { type FailedRecord, IndexRanges } from '@uno/domain';
import type { WireParameters } from '@uno/postgres';
import type { Account } from '../engine/batch-job.js';
import type { ChunkReport } from '../engine/chunk.js';

/** What the statement gave for one set of parameters. */
export interface SqlResult<R> {
  readonly rows: readonly R[];
  /** Rows inserted, updated or deleted; 0 for a query. */
  readonly affected: number;
}

/** What `batchExecuteSql` has done; `succeeded + failed` is `total`, the sets that were taken from the source. */
export interface ExecuteSqlTotals {
  readonly total: number;
  readonly succeeded: number;
  /** Sets that were left out under `onRecordError: 'skip'`. */
  readonly failed: number;
  /** Rows inserted, updated or deleted by all sets together. */
  readonly affected: number;
  /** The sets that were left out, in the order of the source. */
  readonly failures: readonly FailedRecord[];
}

/** The same, and what came of each set. */
export interface ExecuteSqlResult<R> extends ExecuteSqlTotals {
  /** One for every set, in the order of the source; `undefined` for one that was left out. */
  readonly results: readonly (SqlResult<R> | undefined)[];
}

/** A set of parameters. */
export interface SqlItem {
  readonly index: number;
  readonly parameters: WireParameters;
  readonly key: string | undefined;
}

/** What came of some sets: of each of them, where that is asked for. */
export interface SqlDone<R> {
  readonly affected: number;
  readonly results: readonly SqlResult<R>[] | undefined;
}

/** Keeps what came of the sets of a call. */
export class SqlAccount<R> implements Account<SqlItem, SqlDone<R>> {
  readonly written = new IndexRanges();
  readonly skipped = 0;
  readonly individually = 0;
  readonly #failures: FailedRecord[] = [];
  readonly #results: { readonly index: number; readonly result: SqlResult<R> }[] = [];
  #affected = 0;

  get failures(): readonly FailedRecord[] {
    return this.#failures;
  }

  get failed(): number {
    return this.#failures.length;
  }

  get processed(): number {
    return this.written.size + this.failed;
  }

  add({ pieces, failures }: ChunkReport<SqlItem, SqlDone<R>>): void {
    for (const { items, value } of pieces) {
      for (const { index } of items) this.written.add(index);
      this.#affected += value.affected;
      for (const [i, result] of value.results?.entries() ?? []) {
        const item = items[i];
        if (item !== undefined) this.#results.push({ index: item.index, result });
      }
    }
    for (const failure of failures) this.#failures.push(failure);
  }

  take(part: SqlAccount<R>): void {
    for (const index of part.written) this.written.add(index);
    this.#affected += part.#affected;
    for (const failure of part.#failures) this.#failures.push(failure);
    for (const result of part.#results) this.#results.push(result);
  }

  totals(): ExecuteSqlTotals {
    return {
      total: this.processed,
      succeeded: this.written.size,
      failed: this.failed,
      affected: this.#affected,
      failures: this.#failures.toSorted((a, b) => a.index - b.index),
    };
  }

  result(): ExecuteSqlResult<R> {
    const results = new Array<SqlResult<R> | undefined>(this.processed).fill(undefined);
    for (const { index, result } of this.#results) results[index] = result;
    return { ...this.totals(), results };
  }
}
