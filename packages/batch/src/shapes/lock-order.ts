import { keyText } from '@uno/domain';
import type { WorkItem } from './work-item.js';

/**
 * The items by their keys, in an order that is the same for everybody: two calls that touch the same rows lock them in
 * the same order then, as far as PostgreSQL follows it, and do not meet in a deadlock. Shorter texts come first, which
 * puts positive whole numbers in their order.
 */
export function inLockOrder(items: readonly WorkItem[]): WorkItem[] {
  const texts = new Map(items.map((item) => [item, keyText(item.key ?? [])]));
  return items.toSorted((a, b) => compare(texts.get(a) ?? '', texts.get(b) ?? ''));
}

function compare(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
