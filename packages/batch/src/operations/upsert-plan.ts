import { type AnyMapping, encodeField, type Field, type Identity, numericIdentity } from '@uno/domain';
import { ConfigError, kindOf, type Queryable, ValidationError } from '@uno/postgres';
import { isExpression, type RawBuilder, sql } from 'kysely';
import { identifier } from '@uno/postgres';
import type { WorkItem } from '../shapes/work-item.js';
import type { ConflictTarget } from '../statements/conflict-target.js';
import type { UpdateCondition } from '../statements/upsert-shape.js';
import type { BatchUpsertOptions } from './batch-options.js';

/** Which of several records of one row counts; a function makes one of two, the earlier and the later. */
export type Duplicates = 'last' | 'first' | 'error' | ((earlier: object, later: object) => unknown);

/** How the records of one upsert are written, checked. */
export interface UpsertPlan {
  /** The fields of the unique constraint that tells whether a record is there already, or its name. */
  readonly by: readonly Field[] | string;
  /** What is written to a row that is there; `undefined` for all that a record has. */
  readonly updated: readonly Field[] | undefined;
  readonly skipsUnchanged: boolean;
  readonly condition: UpdateCondition | undefined;
  readonly duplicates: Duplicates;
}

/** @throws ConfigError for a field that does not exist or cannot be updated, and options that contradict each other */
export function upsertPlan<M extends AnyMapping>(
  mapping: M,
  db: Queryable,
  options: Pick<
    BatchUpsertOptions<M>,
    'constraintColumns' | 'constraint' | 'updateColumns' | 'onConflict' | 'skipUnchanged' | 'updateWhere' | 'duplicates'
  >,
): UpsertPlan {
  const { constraintColumns, constraint, updateColumns, onConflict = 'update', updateWhere } = options;
  if (constraint !== undefined && constraintColumns !== undefined) {
    throw new ConfigError('batchUpsert: constraintColumns and constraint say the same: leave one of them out.');
  }
  const writes = Object.entries({ updateColumns, updateWhere, skipUnchanged: options.skipUnchanged });
  const [contradicted] = writes.find(([, said]) => said !== undefined) ?? [];
  if (onConflict === 'nothing' && contradicted !== undefined) {
    throw new ConfigError(`batchUpsert: under onConflict "nothing" no row is updated: leave ${contradicted} out.`);
  }
  const by = constraint ?? constraintFields(mapping, constraintColumns);
  return {
    by,
    updated: onConflict === 'nothing' ? [] : updatedFields(mapping, by, updateColumns),
    skipsUnchanged: options.skipUnchanged ?? true,
    condition: updateWhere && compiled(mapping, db, updateWhere),
    // The mapping's own type of its records is known to the caller only.
    duplicates: options.duplicates === undefined ? 'last' : asDuplicates(options.duplicates),
  };
}

/** Plain upserts by the key. */
export function upsertByKey(mapping: AnyMapping, updateColumns: readonly string[] | undefined): UpsertPlan {
  const by = constraintFields(mapping, undefined);
  const updated = updatedFields(mapping, by, updateColumns);
  return { by, updated, skipsUnchanged: true, condition: undefined, duplicates: 'last' };
}

function constraintFields(mapping: AnyMapping, constraintColumns: readonly string[] | undefined): readonly Field[] {
  const fields = [...new Set(constraintColumns ?? mapping.key)].map((property) => mapping.field(property));
  const counted = fields.find(({ definition: { origin } }) => origin?.kind === 'identity' && origin.always);
  if (counted !== undefined) {
    throw new ConfigError(
      `batchUpsert: "${counted.property}" cannot be among constraintColumns (the key, if not said), because no record gives it: it is always generated.`,
    );
  }
  if (fields.length === 0) throw new ConfigError('batchUpsert: constraintColumns names at least one field.');
  return fields;
}

function updatedFields(
  mapping: AnyMapping,
  by: readonly Field[] | string,
  updateColumns: readonly string[] | undefined,
): readonly Field[] | undefined {
  if (updateColumns === undefined) return undefined;
  const updated = [...new Set(updateColumns)].map((property) => mapping.field(property));
  const isOfConstraint = (field: Field) => typeof by !== 'string' && by.includes(field);
  const wrong = updated.find((field) => field.insertMode === 'never' || field.isKey || isOfConstraint(field));
  if (wrong === undefined) return updated;
  throw new ConfigError(
    `batchUpsert: "${wrong.property}" cannot be among updateColumns, because ` +
      (wrong.insertMode === 'never'
        ? 'the database computes it.'
        : isOfConstraint(wrong)
          ? 'it is one of the constraintColumns.'
          : 'a row keeps its key.'),
  );
}

function compiled<M extends AnyMapping>(
  mapping: M,
  db: Queryable,
  updateWhere: NonNullable<BatchUpsertOptions<M>['updateWhere']>,
): UpdateCondition {
  const refs = (alias: string) =>
    Object.freeze(
      Object.fromEntries(
        mapping.fields.map(({ property, column }) => [property, sql.raw(`${alias}.${identifier(column)}`)]),
      ),
    );
  // Every field of the mapping is there.
  const rows = { current: refs('t'), proposed: refs('excluded') } as Parameters<typeof updateWhere>[0];
  const condition: unknown = updateWhere(rows);
  if (!isRaw(condition)) {
    throw new ConfigError(`batchUpsert: updateWhere gives a condition made by Kysely's sql, not ${kindOf(condition)}.`);
  }
  return condition.compile(db);
}

function isRaw(condition: unknown): condition is RawBuilder<unknown> {
  return isExpression(condition) && 'compile' in condition;
}

function asDuplicates(said: 'last' | 'first' | 'error' | ((...records: never) => unknown)): Duplicates {
  if (typeof said !== 'function') return said;
  return (earlier, later) => Reflect.apply(said, undefined, [earlier, later]);
}

/** Nothing that the records do not say is written over a row that is there, and a row keeps its key. */
export function updatedOf({ updated }: UpsertPlan, target: ConflictTarget, fields: readonly Field[]): Field[] {
  return fields.filter((field) =>
    updated === undefined ? !target.fields.includes(field) && !field.isKey : updated.includes(field),
  );
}

/**
 * The texts by which two records of one call are found to mean the same row.
 *
 * @throws ValidationError when a record lacks one of the constraint columns
 */
export function constraintTexts(
  mapping: AnyMapping,
  fields: readonly Field[],
  { values, index }: Pick<WorkItem, 'values' | 'index'>,
): (string | null)[] {
  return fields.map((field) => constraintText(mapping, field, values[field.position], index));
}

/** The same as {@link constraintText} for less, where the value itself tells which row it is. */
export function constraintIdentity(mapping: AnyMapping, field: Field, value: unknown, index: number): Identity | null {
  return numericIdentity(field, value) ?? constraintText(mapping, field, value, index);
}

/** @throws ValidationError when a record lacks one of the constraint columns, or its type cannot hold the value */
function constraintText(mapping: AnyMapping, field: Field, value: unknown, index: number): string | null {
  if (value !== undefined) return encodeField(mapping, field, value, index);
  throw new ValidationError(
    `${mapping.name} record ${index} has no "${field.property}", one of the constraintColumns.`,
    { index, field: field.property },
  );
}
