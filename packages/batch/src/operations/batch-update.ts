import { type AnyMapping, type Field, updatedFields } from '@uno/domain';
import { executeText } from '@uno/postgres';
import { AmbiguousKeysError } from '../execution/ambiguous-keys-error.js';
import { chunksOf, inTurn, type WorkUnit } from '../execution/work-unit.js';
import { foldDuplicates } from '../shapes/fold-duplicates.js';
import { grouping } from '../shapes/group-by-shape.js';
import { indexOf, type WorkItem } from '../shapes/work-item.js';
import { columnArrays, keyArrays } from '../statements/column-arrays.js';
import { updateStatement } from '../statements/update-statement.js';

/** Records of one key made one, so that the later one wins, as it would if they were written one after the other. */
export function foldUpdates(items: readonly WorkItem[], allowed: readonly Field[]): WorkItem[] {
  const properties = new Set(allowed.map((field) => field.property));
  return foldDuplicates(
    items,
    (item) => item.key,
    (property) => properties.has(property),
  );
}

/** Statements that update, and give the records that had a row. */
export function updateUnits(
  mapping: AnyMapping,
  items: readonly WorkItem[],
  size: number,
  allowed: readonly Field[],
): WorkUnit<WorkItem>[] {
  return chunksOf(items, size).map((chunk) => {
    const shapesOf = grouping(chunk, (item) => updatedFields(allowed, { values: item.values, index: indexOf(item) }));
    return {
      items: chunk,
      // Keys of which several mean one row are found out only by what comes back, which has to be undone then.
      isOneStatement: () => mapping.hasTextKey && shapesOf(chunk).length === 1,
      write: (db, part) =>
        inTurn(shapesOf(part), async ({ fields, items: members }) => {
          const keys = members.map((item) => item.key ?? []);
          const parameters = [...keyArrays(mapping, keys), ...columnArrays(mapping, fields, members)];
          const { rows } = await executeText(db, updateStatement(mapping, fields), parameters);
          const found = new Set(rows.map(([position]) => members[Number(position) - 1]));
          if (!mapping.hasTextKey && found.size < members.length && members.length > 1) throw new AmbiguousKeysError();
          return members.filter((item) => found.has(item));
        }),
    };
  });
}
