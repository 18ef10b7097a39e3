import { type Field, type FieldValues, shapeOf } from '@uno/domain';
import type { WorkItem } from './work-item.js';

/** Records of one call that write the same columns and so share a statement. */
export interface ShapeGroup {
  readonly fields: readonly Field[];
  readonly items: readonly WorkItem[];
}

interface OpenGroup {
  readonly fields: readonly Field[];
  readonly items: WorkItem[];
}

/** Groups the records by the fields that they write, in the order in which each set of fields appears first. */
export function groupByShape(items: readonly WorkItem[], fieldsOf: (item: WorkItem) => readonly Field[]): ShapeGroup[] {
  const groups = new Map<string, OpenGroup>();
  let last: { readonly values: FieldValues; readonly group: OpenGroup } | undefined;
  for (const item of items) {
    // Most records look like the one before, which is seen faster than their fields are listed.
    if (last === undefined || !haveSameFields(last.values, item.values)) {
      last = { values: item.values, group: groupOf(groups, fieldsOf(item)) };
    }
    last.group.items.push(item);
  }
  return [...groups.values()];
}

function groupOf(groups: Map<string, OpenGroup>, fields: readonly Field[]): OpenGroup {
  const shape = shapeOf(fields);
  let group = groups.get(shape);
  if (group === undefined) {
    group = { fields, items: [] };
    groups.set(shape, group);
  }
  return group;
}

function haveSameFields(one: FieldValues, other: FieldValues): boolean {
  for (let i = 0; i < one.length; i++) {
    if ((one[i] === undefined) !== (other[i] === undefined)) return false;
  }
  return true;
}
