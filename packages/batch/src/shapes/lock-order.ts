import { type KeyTexts, keyText } from '@uno/domain';
import type { WorkItem } from './work-item.js';

/** By what rows are found. */
export interface LockedBy {
  /** A whole number from 0 that says as much as the texts, where there is one. */
  numberOf(item: WorkItem): number | undefined;
  textsOf(item: WorkItem): KeyTexts | undefined;
}

const byKey: LockedBy = { numberOf: ({ keyNumber }) => keyNumber, textsOf: ({ key }) => key };

/**
 * The items by their keys, in an order that is the same for everybody: two calls that touch the same rows lock them in
 * the same order then, as far as PostgreSQL follows it, and do not meet in a deadlock. Shorter texts come first, which
 * puts positive whole numbers in their order.
 *
 * @param by - by what a row is found, where that is not its key
 */
export function inLockOrder(items: readonly WorkItem[], by = byKey): readonly WorkItem[] {
  if (areNumbersInOrder(items, by)) return items;
  const texts = items.map((item) => textOf(by.textsOf(item)));
  // Keys are often in order already, and looking costs less than sorting.
  if (texts.every((text, i) => i === 0 || compare(texts[i - 1] ?? '', text) <= 0)) return items;
  const positions = Array.from(texts.keys()).sort((a, b) => compare(texts[a] ?? '', texts[b] ?? ''));
  return positions.flatMap((position) => items[position] ?? []);
}

/** Whether keys are numbers and in order, for which no texts are needed. */
function areNumbersInOrder(items: readonly WorkItem[], by: LockedBy): boolean {
  let last = -1;
  for (const item of items) {
    const number = by.numberOf(item);
    if (number === undefined || number < last) return false;
    last = number;
  }
  return true;
}

function textOf(key: KeyTexts | undefined): string {
  return key === undefined ? '' : keyText(key);
}

function compare(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
