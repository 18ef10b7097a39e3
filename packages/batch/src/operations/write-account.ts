import {
  type AnyMapping,
  decodeKey,
  EndOfCall,
  hydrateLoaded,
  type IndexRange,
  type KeyOf,
  type KeyTexts,
  keyOfRow,
  keyText,
  type Loaded,
  type SettledStatus,
  type TextRow,
  WriteLedger,
} from '@uno/domain';
import { UnoError } from '@uno/postgres';
import type { Account } from '../engine/batch-job.js';
import type { ChunkReport } from '../engine/chunk.js';
import type { WorkItem } from '../shapes/work-item.js';
import { rowOf, type StoredRow } from '../statements/row-text.js';

/** What became of one item; its row where that was asked for. */
export interface SettledItem {
  readonly item: WorkItem;
  readonly status: SettledStatus;
  readonly key?: KeyTexts | undefined;
  readonly row?: StoredRow | undefined;
}

/** An item that failed, and why. */
export interface FailedItem {
  readonly item: WorkItem;
  readonly error: UnoError;
}

/** What came of some items: of each of them, or of how many what. */
export type Written = (
  | { readonly settled: readonly SettledItem[] }
  | { readonly counts: Partial<Record<SettledStatus, number>> }
) & {
  /** Those that failed without keeping the others from being written; they are in none of the former. */
  readonly failed?: readonly FailedItem[] | undefined;
};

/**
 * Of the records that were folded into one, those to which the outcome belongs: all, the first, or the one that counts. The
 * others count as skipped.
 */
export type FoldedOutcome = 'all' | 'first' | 'one';

/** What became of a record: of each of those that an item stands for. */
export function* outcomesOf(
  { item, status }: SettledItem,
  folded: FoldedOutcome,
): IterableIterator<{ readonly index: number; readonly status: SettledStatus }> {
  const { indices } = item;
  const whose = folded === 'first' ? indices[0] : item.index;
  for (const index of indices) yield { index, status: folded === 'all' || index === whose ? status : 'skipped' };
}

/** The key of an item's row: as it was made, or as the record says. */
export function keyOfSettled(mapping: AnyMapping, { item, key, row }: SettledItem): KeyTexts | undefined {
  return key ?? (row === undefined ? item.key : keyOfRow(mapping, rowOf(mapping, row)));
}

/** The ledger of a write, which also makes entities where they are asked for: while the server is busy. */
export class WriteAccount<M extends AnyMapping> extends WriteLedger implements Account<WorkItem, Written> {
  readonly #mapping: M;
  readonly #folded: FoldedOutcome;
  readonly #keepsModels: boolean;
  readonly #rows: SettledItem[] = [];
  readonly #keys: { readonly index: number; readonly key: KeyTexts }[] | undefined;
  readonly #models: { readonly index: number; readonly model: Loaded<M> }[] = [];

  /** @param keeps - what is kept of each record */
  constructor(
    mapping: M,
    keeps: {
      readonly outcomes: boolean;
      readonly keys: boolean;
      readonly models: boolean;
      readonly mostFailures?: number | undefined;
    },
    folded: FoldedOutcome,
  ) {
    super(keeps.outcomes, keeps.mostFailures);
    this.#mapping = mapping;
    this.#folded = folded;
    this.#keepsModels = keeps.models;
    this.#keys = keeps.keys ? [] : undefined;
  }

  add({ pieces, dropped, failures, individually }: ChunkReport<WorkItem, Written>): void {
    for (const { items, value } of pieces) {
      if ('counts' in value) {
        this.#addAllWritten(items);
        this.count(value.counts);
      } else {
        for (const settled of inOrder(value.settled, ({ item }) => item)) this.#addOne(settled);
      }
    }
    for (const index of dropped) this.settle(index, undefined, 'skipped');
    for (const { index, key, error } of failures) this.fail(index, key, error);
    this.wentIndividually(individually);
  }

  mergeAll(part: WriteAccount<M>): void {
    this.merge(part);
    for (const row of part.#rows) this.#rows.push(row);
    for (const model of part.#models) this.#models.push(model);
    for (const key of part.#keys ?? []) this.#keys?.push(key);
  }

  catchUp(): void {
    let done = 0;
    try {
      for (; done < this.#rows.length; done++) this.#make(this.#rows[done]);
    } finally {
      this.#rows.splice(0, done);
    }
  }

  /**
   * The entities of the records that have a row, in the order of the input; those of one row have the same entity.
   *
   * @throws EndOfCall with the record whose row cannot be made one
   */
  models(): Loaded<M>[] {
    this.catchUp();
    return sorted(this.#models, ({ index }) => index).map(({ model }) => model);
  }

  /** The keys of the records that have a row, in the order of the input. */
  keys(): KeyOf<M>[] {
    return sorted(this.#keys ?? [], ({ index }) => index).map(({ key }) => decodeKey(this.#mapping, key));
  }

  #addAllWritten(items: readonly WorkItem[]): void {
    const range = rangeOf(items);
    if (range !== undefined) this.written.addRange(range.first, range.last);
    else for (const item of inOrder(items, (one) => one)) for (const index of item.indices) this.written.add(index);
  }

  #addOne(settled: SettledItem): void {
    const { item, status, row } = settled;
    const key = this.isDetailed || this.#keys ? keyOfSettled(this.#mapping, settled) : undefined;
    const text = key && keyText(key);
    if (this.#keys !== undefined && key !== undefined && status !== 'skipped') {
      for (const index of item.indices) this.#keys.push({ index, key });
    }
    if (item.parts === undefined) this.settle(item.index, text, status);
    else for (const one of outcomesOf(settled, this.#folded)) this.settle(one.index, text, one.status);
    if (row !== undefined && this.#keepsModels) this.#rows.push(settled);
  }

  #make(settled: SettledItem | undefined): void {
    if (settled?.row === undefined) return;
    const { item, row } = settled;
    const values = rowOf(this.#mapping, row);
    const model = hydrated(this.#mapping, values, item.index);
    // A row is deleted once.
    const indices = this.#folded === 'first' ? item.indices.slice(0, 1) : item.indices;
    for (const index of indices) this.#models.push({ index, model });
  }
}

/** The positions of items of one record each that follow each other, as most chunks do. */
function rangeOf(items: readonly WorkItem[]): IndexRange | undefined {
  const first = items[0]?.index ?? 0;
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (item === undefined || item.parts !== undefined || item.index !== first + i) return undefined;
  }
  return { first, last: first + items.length - 1 };
}

/** In the order of the records; that in which their rows were locked would make many ranges first. */
function inOrder<T>(all: readonly T[], itemOf: (one: T) => WorkItem): readonly T[] {
  return sorted(all, (one) => {
    const { index, parts } = itemOf(one);
    return parts?.[0]?.index ?? index;
  });
}

/** Most lists are in order already, and looking costs less than sorting. */
function sorted<T>(all: readonly T[], numberOf: (one: T) => number): readonly T[] {
  let last = Number.NEGATIVE_INFINITY;
  for (const one of all) {
    const number = numberOf(one);
    if (number < last) return all.toSorted((a, b) => numberOf(a) - numberOf(b));
    last = number;
  }
  return all;
}

function hydrated<M extends AnyMapping>(mapping: M, row: TextRow, index: number): Loaded<M> {
  try {
    return hydrateLoaded(mapping, row);
  } catch (error) {
    throw UnoError.is(error) ? new EndOfCall({ index, key: keyText(keyOfRow(mapping, row)) }, error) : error;
  }
}
