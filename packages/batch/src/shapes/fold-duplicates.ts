import { type Field, keyText } from '@uno/domain';
import { WorkItem } from './work-item.js';

/** How records that mean the same row are made one. */
export interface Folding {
  /** The fields of the records. */
  readonly fields: readonly Field[];
  /** The texts that identify the row; `undefined` for a record that is like no other. */
  identity(item: WorkItem): readonly (string | null)[] | undefined;
  /** Whether a field of a later record counts where there is an earlier one. */
  overlays(field: Field): boolean;
}

/**
 * Makes one record of those that mean the same row, as if they had been written one after the other: a field that a
 * later record leaves out keeps the value of an earlier one. PostgreSQL would pick one of them at will in an UPDATE, and
 * refuse the statement in an upsert.
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
  return groups.map((parts) => (parts.length === 1 ? parts[0] : merged(parts, folding)));
}

function merged(parts: readonly [WorkItem, ...WorkItem[]], { fields, overlays }: Folding): WorkItem {
  const [earliest] = parts;
  const values = fields.map((field) => {
    const { position } = field;
    const last = overlays(field) ? parts.findLast((part) => part.values[position] !== undefined) : earliest;
    return last?.values[position];
  });
  return WorkItem.ofParts(values, parts);
}
