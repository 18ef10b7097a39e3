import { type AnyMapping, type Field, insertedFields, RowSuppressedError, type TextRow } from '@uno/domain';
import { executeText, type Queryable } from '@uno/postgres';
import { MisalignedError } from '../execution/misaligned-error.js';
import { chunksOf, type WorkUnit } from '../execution/work-unit.js';
import { groupByShape, type ShapeGroup } from '../shapes/group-by-shape.js';
import { indexOf, type WorkItem } from '../shapes/work-item.js';
import { columnArrays } from '../statements/column-arrays.js';
import {
  insertOneStatement,
  insertReturningStatement,
  insertStatement,
  type KeyDefault,
} from '../statements/insert-statement.js';
import { forgetKeyDefaults, readKeyDefaults } from '../statements/key-defaults.js';

/** A record that was inserted, and its row. */
export interface InsertedRow {
  readonly item: WorkItem;
  readonly row: TextRow;
}

/** The records cut into chunks, and each chunk into those that insert the same columns. */
export function insertShapes(mapping: AnyMapping, items: readonly WorkItem[], size: number): ShapeGroup[] {
  return chunksOf(items, size).flatMap((chunk) =>
    groupByShape(chunk, (item) => insertedFields(mapping, { values: item.values, index: indexOf(item) })),
  );
}

/** Statements that insert and give nothing back but how many rows came to be. */
export function insertUnits(mapping: AnyMapping, items: readonly WorkItem[], size: number): WorkUnit<number>[] {
  return insertShapes(mapping, items, size).flatMap(({ fields, items: members }) => {
    const write = async (db: Queryable, part: readonly WorkItem[]) => {
      const statement = fields.length === 0 ? insertOneStatement(mapping, fields) : insertStatement(mapping, fields);
      return [(await executeText(db, statement, columnArrays(mapping, fields, part))).affected];
    };
    // Without a single column there is nothing to make a table of.
    const parts = fields.length === 0 ? chunksOf(members, 1) : [members];
    return parts.map((part) => ({ items: part, write }));
  });
}

/** Statements that insert and give every record its row. */
export async function insertReturningUnits(
  db: Queryable,
  mapping: AnyMapping,
  items: readonly WorkItem[],
  size: number,
): Promise<WorkUnit<InsertedRow>[]> {
  const units: WorkUnit<InsertedRow>[] = [];
  for (const { fields, items: members } of insertShapes(mapping, items, size)) {
    const missing = mapping.keyFields.filter((field) => !fields.includes(field));
    const defaults = fields.length === 0 ? undefined : await readKeyDefaults(db, mapping, missing);
    if (defaults === undefined) {
      // A key that only a trigger knows can be told to belong to a record when that record is alone.
      const write = (session: Queryable, part: readonly WorkItem[]) => insertEach(session, mapping, fields, part);
      units.push(...chunksOf(members, 1).map((part) => ({ items: part, write })));
    } else {
      units.push({
        items: members,
        write: (session, part) =>
          part.length === 1
            ? insertEach(session, mapping, fields, part)
            : insertAligned(session, mapping, fields, defaults, part),
      });
    }
  }
  return units;
}

async function insertEach(
  db: Queryable,
  mapping: AnyMapping,
  fields: readonly Field[],
  items: readonly WorkItem[],
): Promise<InsertedRow[]> {
  const inserted: InsertedRow[] = [];
  for (const item of items) {
    const parameters = columnArrays(mapping, fields, [item]);
    const { rows } = await executeText(db, insertOneStatement(mapping, fields), parameters);
    const row = rows[0];
    if (row === undefined) throw new RowSuppressedError(mapping.name);
    inserted.push({ item, row });
  }
  return inserted;
}

async function insertAligned(
  db: Queryable,
  mapping: AnyMapping,
  fields: readonly Field[],
  defaults: readonly KeyDefault[],
  items: readonly WorkItem[],
): Promise<InsertedRow[]> {
  const statement = insertReturningStatement(mapping, fields, defaults);
  const rows = await executeText(db, statement, columnArrays(mapping, fields, items)).catch((error: unknown) => {
    forgetKeyDefaults(
      db,
      mapping,
      defaults.map(({ field }) => field),
    );
    throw error;
  });
  const byPosition = new Map(rows.rows.map(([position, ...row]) => [Number(position), row]));
  return items.map((item, i) => {
    const row = byPosition.get(i + 1);
    if (row === undefined) throw new MisalignedError();
    return { item, row };
  });
}
