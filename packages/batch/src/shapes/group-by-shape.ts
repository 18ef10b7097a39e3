import { type Field, shapeOf } from '@uno/domain';
import type { WorkItem } from './work-item.js';

/** Records of one call that write the same columns and so share a statement. */
export interface ShapeGroup {
  readonly fields: readonly Field[];
  readonly items: readonly WorkItem[];
}

/** Groups the records by the fields that they write, in the order in which each set of fields appears first. */
export function groupByShape(items: readonly WorkItem[], fieldsOf: (item: WorkItem) => readonly Field[]): ShapeGroup[] {
  const groups = new Map<string, { fields: readonly Field[]; items: WorkItem[] }>();
  for (const item of items) {
    const fields = fieldsOf(item);
    const shape = shapeOf(fields);
    const group = groups.get(shape);
    if (group === undefined) groups.set(shape, { fields, items: [item] });
    else group.items.push(item);
  }
  return [...groups.values()];
}
