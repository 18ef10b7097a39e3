import {
  type AnyMapping,
  type Field,
  insertedFields,
  insertOne,
  insertRecord,
  shapeOf,
  type TextRow,
} from '@uno/domain';
import { executeText, type Queryable } from '@uno/postgres';
import { chunksOf, inTurn, type WorkUnit } from '../execution/work-unit.js';
import { type Grouping, grouping, type ShapeGroup } from '../shapes/group-by-shape.js';
import { indexOf, type WorkItem } from '../shapes/work-item.js';
import { columnArrays } from '../statements/column-arrays.js';
import { forgetInsertFacts, type InsertFacts, readInsertFacts } from '../statements/insert-facts.js';
import { insertReturningStatement, insertStatement, type KeyDefault } from '../statements/insert-statement.js';

/** A record that was inserted, and its row. */
export interface InsertedRow {
  readonly item: WorkItem;
  readonly row: TextRow;
}

/** Puts the records of a chunk together that insert the same columns. */
export function insertShapes(mapping: AnyMapping, chunk: readonly WorkItem[]): Grouping {
  return grouping(chunk, (item) => insertedFields(mapping, { values: item.values, index: indexOf(item) }));
}

/** Statements that insert and give nothing back but how many rows came to be. */
export function insertUnits(mapping: AnyMapping, items: readonly WorkItem[], size: number): WorkUnit<number>[] {
  return chunksOf(items, size).map((chunk) => {
    const shapesOf = insertShapes(mapping, chunk);
    return {
      items: chunk,
      isOneStatement: () => shapesOf(chunk).flatMap(partsOf).length === 1,
      write: (db, part) =>
        inTurn(shapesOf(part).flatMap(partsOf), async ({ fields, items: members }) => {
          const statement = fields.length === 0 ? insertOne(mapping, fields) : insertStatement(mapping, fields);
          return [(await executeText(db, statement, columnArrays(mapping, fields, members))).affected];
        }),
    };
  });
}

/** Without a single column there is nothing to make a table of, so such records go one by one. */
function partsOf(group: ShapeGroup): ShapeGroup[] {
  if (group.fields.length > 0) return [group];
  return chunksOf(group.items, 1).map((items) => ({ fields: group.fields, items }));
}

/** Statements that insert and give every record its row. */
export async function insertReturningUnits(
  db: Queryable,
  mapping: AnyMapping,
  items: readonly WorkItem[],
  size: number,
): Promise<WorkUnit<InsertedRow>[]> {
  const facts = new Map<string, InsertFacts>();
  const units: WorkUnit<InsertedRow>[] = [];
  for (const chunk of chunksOf(items, size)) {
    const shapesOf = insertShapes(mapping, chunk);
    for (const { fields } of shapesOf(chunk)) {
      const shape = shapeOf(fields);
      if (fields.length > 0 && !facts.has(shape)) {
        const missing = mapping.keyFields.filter((field) => !fields.includes(field));
        facts.set(shape, await readInsertFacts(db, mapping, missing));
      }
    }
    const write = (session: Queryable, { fields, items: members }: ShapeGroup) => {
      const known = facts.get(shapeOf(fields));
      // One row is the one record's. A key that only a trigger knows can be told to belong to a record in no other way.
      return known?.defaults === undefined || members.length === 1
        ? insertEach(session, mapping, members)
        : insertAligned(session, mapping, fields, known.defaults, known.meddling, members);
    };
    units.push({
      items: chunk,
      isOneStatement: () =>
        chunk.length === 1 ||
        shapesOf(chunk).every(({ fields }, i) => i === 0 && facts.get(shapeOf(fields))?.defaults !== undefined),
      write: (session, part) => inTurn(shapesOf(part), (group) => write(session, group)),
    });
  }
  return units;
}

function insertEach(db: Queryable, mapping: AnyMapping, items: readonly WorkItem[]): Promise<InsertedRow[]> {
  return inTurn(items, async (item) => {
    const row = await insertRecord(db, mapping, { values: item.values, index: indexOf(item) });
    return [{ item, row }];
  });
}

async function insertAligned(
  db: Queryable,
  mapping: AnyMapping,
  fields: readonly Field[],
  defaults: readonly KeyDefault[],
  meddling: boolean,
  items: readonly WorkItem[],
): Promise<InsertedRow[]> {
  const statement = insertReturningStatement(mapping, fields, defaults, meddling);
  const rows = await executeText(db, statement, columnArrays(mapping, fields, items)).catch((error: unknown) => {
    forgetInsertFacts(
      db,
      mapping,
      defaults.map(({ field }) => field),
    );
    throw error;
  });
  return rows.rows.flatMap(([position, ...row]) => {
    const item = items[Number(position) - 1];
    return item === undefined ? [] : [{ item, row }];
  });
}
