import { keyText } from '@uno/domain';
import type { WorkItem } from './work-item.js';

/**
 * Makes one record of those that mean the same row, as if they had been written one after the other: a field that a
 * later record leaves out keeps the value of an earlier one. PostgreSQL would pick one of them at will in an UPDATE, and
 * refuse the statement in an upsert.
 *
 * @param identity - the texts that identify the row; `undefined` for a record that is like no other
 * @param overlay - which properties of a later record count where there is an earlier one
 */
export function foldDuplicates(
  items: readonly WorkItem[],
  identity: (item: WorkItem) => readonly (string | null)[] | undefined,
  overlay: (property: string) => boolean,
): WorkItem[] {
  const folded: WorkItem[] = [];
  const positions = new Map<string, number>();
  for (const item of items) {
    const texts = identity(item);
    // SQL's NULLs are all different, so a record with one is like no other.
    const text = texts === undefined || texts.includes(null) ? undefined : keyText(texts.map(String));
    const position = text === undefined ? undefined : positions.get(text);
    const earlier = position === undefined ? undefined : folded[position];
    if (position === undefined || earlier === undefined) {
      if (text !== undefined) positions.set(text, folded.length);
      folded.push(item);
    } else {
      folded[position] = merge(earlier, item, overlay);
    }
  }
  return folded;
}

function merge(earlier: WorkItem, later: WorkItem, overlay: (property: string) => boolean): WorkItem {
  const values: Record<string, unknown> = { ...earlier.values };
  for (const [property, value] of Object.entries(later.values)) {
    if (value !== undefined && overlay(property)) values[property] = value;
  }
  const parts = [...(earlier.parts ?? [earlier]), later];
  return { values, indices: [...earlier.indices, ...later.indices], key: earlier.key, parts };
}
