import {
  type AnyMapping,
  EndOfCall,
  hydrateLoaded,
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

/** What became of one item; its row where that was asked for. */
export interface SettledItem {
  readonly item: WorkItem;
  readonly status: SettledStatus;
  readonly key?: KeyTexts | undefined;
  readonly row?: TextRow | undefined;
}

/** What came of some items: of each of them, or of how many what. */
export type Written =
  | { readonly settled: readonly SettledItem[] }
  | { readonly counts: Partial<Record<SettledStatus, number>> };

/** Of the records that were folded into one, those to which the outcome belongs; the others count as skipped. */
export type FoldedOutcome = 'all' | 'first' | 'last';

/** What became of a record: of each of those that an item stands for. */
export function* outcomesOf(
  { item, status }: SettledItem,
  folded: FoldedOutcome,
): IterableIterator<{ readonly index: number; readonly status: SettledStatus }> {
  const { indices } = item;
  const whose = folded === 'first' ? indices[0] : indices.at(-1);
  for (const index of indices) yield { index, status: folded === 'all' || index === whose ? status : 'skipped' };
}

/** The ledger of a write, which also keeps the rows where entities are asked for. */
export class WriteAccount extends WriteLedger implements Account<WorkItem, Written> {
  readonly #folded: FoldedOutcome;
  readonly #rows: { readonly index: number; readonly row: TextRow }[] = [];

  constructor(detailed: boolean, folded: FoldedOutcome) {
    super(detailed);
    this.#folded = folded;
  }

  add({ pieces, dropped, failures, individually }: ChunkReport<WorkItem, Written>): void {
    for (const { items, value } of pieces) {
      if ('counts' in value) {
        for (const { indices } of inOrder(items, (item) => item)) for (const index of indices) this.written.add(index);
        this.count(value.counts);
      } else {
        for (const settled of inOrder(value.settled, ({ item }) => item)) this.#addOne(settled);
      }
    }
    for (const index of dropped) this.settle(index, undefined, 'skipped');
    for (const { index, key, error } of failures) this.fail(index, key, error);
    this.wentIndividually(individually);
  }

  mergeAll(part: WriteAccount): void {
    this.merge(part);
    for (const row of part.#rows) this.#rows.push(row);
  }

  /**
   * The entities of the records that have a row, in the order of the input; those of one row have the same entity.
   *
   * @throws EndOfCall with the record whose row cannot be made one
   */
  models<M extends AnyMapping>(mapping: M): Loaded<M>[] {
    const entities = new Map<TextRow, Loaded<M>>();
    return this.#rows
      .toSorted((a, b) => a.index - b.index)
      .map(({ row, index }) => {
        const entity = entities.get(row) ?? hydrated(mapping, row, index);
        entities.set(row, entity);
        return entity;
      });
  }

  #addOne(settled: SettledItem): void {
    const { item, key = item.key, row } = settled;
    const text = key && keyText(key);
    for (const { index, status } of outcomesOf(settled, this.#folded)) {
      this.settle(index, text, status);
      if (row !== undefined) this.#rows.push({ index, row });
    }
  }
}

/** In the order of the records; that in which their rows were locked would make many ranges first. */
function inOrder<T>(all: readonly T[], itemOf: (one: T) => WorkItem): readonly T[] {
  const firstOf = (one: T) => itemOf(one).indices[0] ?? 0;
  return all.toSorted((a, b) => firstOf(a) - firstOf(b));
}

function hydrated<M extends AnyMapping>(mapping: M, row: TextRow, index: number): Loaded<M> {
  try {
    return hydrateLoaded(mapping, row);
  } catch (error) {
    throw UnoError.is(error) ? new EndOfCall({ index, key: keyText(keyOfRow(mapping, row)) }, error) : error;
  }
}
