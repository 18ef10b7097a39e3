import { type AnyMapping, encodeField, type Field, type KeyTexts, type TextRow } from '@uno/domain';
import { ConfigError, executeText, kindOf, type Queryable, ValidationError } from '@uno/postgres';
import { chunksOf, inTurn, type WorkUnit } from '../execution/work-unit.js';
import { indexOf, type WorkItem } from '../shapes/work-item.js';
import { columnArrays } from '../statements/column-arrays.js';
import { findRows } from '../statements/key-statements.js';
import { upsertStatement } from '../statements/upsert-statement.js';
import { insertShapes } from './batch-insert.js';

/** A row that an upsert wrote. */
export interface UpsertedRow {
  readonly inserted: boolean;
  readonly key: KeyTexts;
}

/** Which columns decide and which are written, checked. */
export interface UpsertColumns {
  readonly constraint: readonly Field[];
  /** `undefined` for all that a record has. */
  readonly updated: readonly Field[] | undefined;
}

/** @throws ConfigError for a field that does not exist, or cannot be updated */
export function upsertColumns(
  mapping: AnyMapping,
  constraintColumns: readonly string[] | undefined,
  updateColumns: readonly string[] | undefined,
): UpsertColumns {
  for (const [name, columns] of Object.entries({ constraintColumns, updateColumns })) {
    if (columns !== undefined && !Array.isArray(columns)) {
      throw new ConfigError(`batchUpsert: ${name} is a list of fields, not ${kindOf(columns)}.`);
    }
  }
  const constraint = [...new Set(constraintColumns ?? mapping.key)].map((property) => mapping.field(property));
  if (constraint.length === 0) throw new ConfigError('batchUpsert: constraintColumns names at least one field.');
  if (updateColumns === undefined) return { constraint, updated: undefined };
  const updated = [...new Set(updateColumns)].map((property) => mapping.field(property));
  const wrong = updated.find((field) => field.insertMode === 'never' || field.isKey || constraint.includes(field));
  if (wrong !== undefined) {
    throw new ConfigError(
      `batchUpsert: "${wrong.property}" cannot be among updateColumns, because ` +
        (wrong.insertMode === 'never'
          ? 'the database computes it.'
          : constraint.includes(wrong)
            ? 'it is one of the constraintColumns.'
            : 'a row keeps its key.'),
    );
  }
  return { constraint, updated };
}

/**
 * The texts by which two records of one call are found to mean the same row.
 *
 * @throws ValidationError when a record lacks one of the constraint columns
 */
export function constraintTexts(mapping: AnyMapping, constraint: readonly Field[], item: WorkItem): (string | null)[] {
  return constraint.map((field) => {
    const value = item.values[field.property];
    if (value !== undefined) return encodeField(mapping, field, value, indexOf(item));
    throw new ValidationError(
      `${mapping.name} record ${indexOf(item)} has no "${field.property}", one of the constraintColumns.`,
      { index: indexOf(item), field: field.property },
    );
  });
}

/** Statements that insert or update, and give the rows that they wrote. */
export function upsertUnits(
  mapping: AnyMapping,
  items: readonly WorkItem[],
  size: number,
  columns: UpsertColumns,
): WorkUnit<UpsertedRow>[] {
  return chunksOf(items, size).map((chunk) => {
    const shapesOf = insertShapes(mapping, chunk);
    return {
      items: chunk,
      isOneStatement: () => shapesOf(chunk).length === 1,
      write: (db, part) =>
        inTurn(shapesOf(part), async ({ fields, items: members }) => {
          const statement = upsertStatement(mapping, fields, columns.constraint, updatedOf(columns, fields));
          const { rows } = await executeText(db, statement, columnArrays(mapping, fields, members));
          return rows.map(([inserted, ...key]) => ({ inserted: inserted === 't', key: key.map(String) }));
        }),
    };
  });
}

/** Nothing that the records do not say is written over a row that is there, and a row keeps its key. */
function updatedOf({ constraint, updated }: UpsertColumns, fields: readonly Field[]): Field[] {
  return fields.filter((field) =>
    updated === undefined ? !constraint.includes(field) && !field.isKey : updated.includes(field),
  );
}

/**
 * The rows of upserted records, in their order; `undefined` for a record that has none, because a trigger suppressed or
 * changed it.
 */
export async function findUpserted(
  db: Queryable,
  mapping: AnyMapping,
  items: readonly WorkItem[],
  size: number,
  constraint: readonly Field[],
): Promise<(TextRow | undefined)[]> {
  return inTurn(chunksOf(items, size), (chunk) =>
    findRows(db, mapping, constraint, columnArrays(mapping, constraint, chunk), chunk.length),
  );
}

/** @throws ValidationError when a constraint column of a record is NULL: such a row cannot be found again */
export function requireFindable(mapping: AnyMapping, items: readonly WorkItem[], constraint: readonly Field[]): void {
  for (const item of items) {
    for (const field of constraint) {
      if (item.values[field.property] !== null) continue;
      throw new ValidationError(
        `${mapping.name} record ${indexOf(item)}: "${field.property}" is one of the constraintColumns and null, so its row cannot be found for returnModels.`,
        { index: indexOf(item), field: field.property },
      );
    }
  }
}
