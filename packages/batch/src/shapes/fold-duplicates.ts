import { type Field, keyText } from '@uno/domain';
import { sumOf } from './sum-of.js';
import { WorkItem } from './work-item.js';

/** How records that mean the same row are made one. */
export interface Folding {
  /** The fields of the records. */
  readonly fields: readonly Field[];
  /** The texts that identify the row; `undefined` for a record that is like no other. */
  identity(item: WorkItem): readonly (string | null)[] | undefined;
  /** Whether a field of a later record counts where there is an earlier one. */
  overlays(field: Field): boolean;
  /** Fields whose values add up instead; none if not said. */
  readonly added?: readonly Field[];
}

/**
 * Makes one record of those that mean the same row, as if they had been written one after the other: a field that a
 * later record leaves out keeps the value of an earlier one. PostgreSQL would pick one of them at will in an UPDATE, and
 * refuse the statement in an upsert. Values that add up are made one only where that is exactly what adding them one by
 * one comes to; otherwise their records are left as they are.
 */
export function foldDuplicates(items: readonly WorkItem[], folding: Folding): WorkItem[] {
  const groups: [WorkItem, ...WorkItem[]][] = [];
  const known = new Map<string, WorkItem[]>();
  for (const item of items) {
    const texts = folding.identity(item);
    // SQL's NULLs are all different, so a record with one is like no other.
    const text = texts === undefined || texts.includes(null) ? undefined : keyText(texts.map(String));
    const group = text === undefined ? undefined : known.get(text);
    if (group !== undefined) {
      group.push(item);
      continue;
    }
    const own: [WorkItem] = [item];
    groups.push(own);
    if (text !== undefined) known.set(text, own);
  }
  const folded: WorkItem[] = [];
  let isInOrder = true;
  for (const parts of groups) {
    const one = parts.length === 1 ? parts[0] : merged(parts, folding);
    if (one !== undefined) folded.push(one);
    else {
      folded.push(...parts);
      isInOrder = false;
    }
  }
  // The first record at fault is the one that is named, so those that stay apart keep their places.
  return isInOrder ? folded : folded.sort((a, b) => (a.parts?.[0] ?? a).index - (b.parts?.[0] ?? b).index);
}

function merged(parts: readonly [WorkItem, ...WorkItem[]], folding: Folding): WorkItem | undefined {
  const { fields, added = [] } = folding;
  const [earliest] = parts;
  const values: unknown[] = [];
  for (const field of fields) {
    const { position } = field;
    if (added.includes(field)) {
      const given = parts.map((part) => part.values[position]).filter((value) => value !== undefined);
      const sum = sumOf(field, given);
      if (sum === undefined && given.length > 0) return undefined;
      values.push(sum);
    } else {
      const last = folding.overlays(field) ? parts.findLast((part) => part.values[position] !== undefined) : earliest;
      values.push(last?.values[position]);
    }
  }
  return WorkItem.ofParts(values, parts);
}
