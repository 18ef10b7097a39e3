import { type AnyMapping, encodeField, type Field } from '@uno/domain';
import { ConfigError, kindOf, ValidationError } from '@uno/postgres';
import type { WorkItem } from '../shapes/work-item.js';

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
  const counted = constraint.find(({ definition: { origin } }) => origin?.kind === 'identity' && origin.always);
  if (counted !== undefined) {
    throw new ConfigError(
      `batchUpsert: "${counted.property}" cannot be among constraintColumns (the key, if not said), because no record gives it: it is always generated.`,
    );
  }
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
    const value = item.values[field.position];
    if (value !== undefined) return encodeField(mapping, field, value, item.index);
    throw new ValidationError(
      `${mapping.name} record ${item.index} has no "${field.property}", one of the constraintColumns.`,
      { index: item.index, field: field.property },
    );
  });
}

/** Nothing that the records do not say is written over a row that is there, and a row keeps its key. */
export function updatedOf({ constraint, updated }: UpsertColumns, fields: readonly Field[]): Field[] {
  return fields.filter((field) =>
    updated === undefined ? !constraint.includes(field) && !field.isKey : updated.includes(field),
  );
}

/** @throws ValidationError when a constraint column of the record is NULL: such a row cannot be found again */
export function requireFindable(mapping: AnyMapping, item: WorkItem, constraint: readonly Field[]): void {
  const missing = constraint.find((field) => item.values[field.position] === null);
  if (missing === undefined) return;
  throw new ValidationError(
    `${mapping.name} record ${item.index}: "${missing.property}" is one of the constraintColumns and null, so its row cannot be found for returnModels.`,
    { index: item.index, field: missing.property },
  );
}
