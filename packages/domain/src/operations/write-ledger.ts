import type { UnoError } from '@uno/postgres';
import { IndexRanges } from '../errors/index-ranges.js';
import type { FailedRecord, RecordOutcome, RecordStatus, WithOutcomes, WriteResult } from '../ports/record-outcome.js';

/** What may become of a record that did not fail. */
export type SettledStatus = Exclude<RecordStatus, 'failed'>;

/** Keeps count of what became of the records of a write, or of a part of it that may yet be rolled back. */
export class WriteLedger {
  /** Records that are done. */
  readonly written = new IndexRanges();
  readonly #counts: Record<RecordStatus, number> = {
    inserted: 0,
    updated: 0,
    unchanged: 0,
    deleted: 0,
    skipped: 0,
    failed: 0,
  };
  readonly #failures: FailedRecord[] = [];
  readonly #outcomes: RecordOutcome[] | undefined;
  readonly #mostFailures: number;
  #individually = 0;

  /**
   * @param detailed - whether the outcome of every record is kept, and not only those of the ones that failed
   * @param mostFailures - of so many that failed, at most; all are counted
   */
  constructor(detailed: boolean, mostFailures = Number.POSITIVE_INFINITY) {
    this.#mostFailures = mostFailures;
    this.#outcomes = detailed ? [] : undefined;
  }

  /** Whether the outcome of every record is kept. */
  get isDetailed(): boolean {
    return this.#outcomes !== undefined;
  }

  get failures(): readonly FailedRecord[] {
    return this.#failures;
  }

  get failed(): number {
    return this.#counts.failed;
  }

  get skipped(): number {
    return this.#counts.skipped;
  }

  /** Records that were done one by one, because the set-based way broke on them. */
  get individually(): number {
    return this.#individually;
  }

  /** Records that it knows of, whatever became of them. */
  get processed(): number {
    const { inserted, updated, unchanged, deleted, skipped, failed } = this.#counts;
    return inserted + updated + unchanged + deleted + skipped + failed;
  }

  /** A record whose outcome is known. */
  settle(index: number, key: string | undefined, status: SettledStatus): void {
    this.#counts[status]++;
    this.written.add(index);
    this.#outcomes?.push({ index, key, status });
  }

  /** Records of which only the numbers are known; not for a ledger that is detailed. Their positions are `written`. */
  count(counts: Partial<Record<SettledStatus, number>>): void {
    for (const status of ['inserted', 'updated', 'unchanged', 'deleted', 'skipped'] as const) {
      this.#counts[status] += counts[status] ?? 0;
    }
  }

  /** A record that is left out. */
  fail(index: number, key: string | undefined, error: UnoError): void {
    const failure: FailedRecord = { index, key, status: 'failed', error };
    this.#counts.failed++;
    if (this.#failures.length < this.#mostFailures) this.#failures.push(failure);
    this.#outcomes?.push(failure);
  }

  wentIndividually(records: number): void {
    this.#individually += records;
  }

  /** Takes over what a part of the write came to, once that is certain. */
  merge(part: WriteLedger): void {
    for (const { first, last } of part.written.ranges) this.written.addRange(first, last);
    this.count(part.#counts);
    this.#counts.failed += part.#counts.failed;
    this.#individually += part.#individually;
    const room = this.#mostFailures - this.#failures.length;
    for (const failure of part.#failures.slice(0, Math.max(0, room))) this.#failures.push(failure);
    for (const outcome of part.#outcomes ?? []) this.#outcomes?.push(outcome);
  }

  result(): WriteResult & Partial<WithOutcomes> {
    return {
      total: this.processed,
      ...this.#counts,
      failures: byIndex(this.#failures),
      individually: this.#individually,
      ...(this.#outcomes === undefined ? {} : { outcomes: byIndex(this.#outcomes) }),
    };
  }
}

function byIndex<T extends RecordOutcome>(outcomes: readonly T[]): T[] {
  return [...outcomes].sort((a, b) => a.index - b.index);
}
