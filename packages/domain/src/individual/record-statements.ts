import type { TextResult, TextStatement } from '@uno/postgres';
import { RowSuppressedError, StaleEntityError } from '../errors/repository-errors.js';
import type { AnyMapping, TextRow } from '../mapping/entity-mapping.js';
import { type KeyTexts, keyText } from '../mapping/key.js';
import { encodeField, type InputRecord } from '../mapping/record-reader.js';
import { insertedFields } from '../mapping/record-shape.js';
import { plannedFields, type UpdatePlan } from '../mapping/update-plan.js';
import { deleteOne, insertOne, selectOne, updateOne } from './individual-statements.js';

/** Runs a statement somewhere: on a database, in a transaction, with or without an eye on the clock. */
export type Execute = (statement: TextStatement, parameters: readonly unknown[]) => Promise<TextResult>;

/**
 * Inserts one record and gives its row.
 *
 * @throws ValidationError, ConstraintError
 * @throws RowSuppressedError when a trigger or a rule stored none
 */
export async function insertRecord(execute: Execute, mapping: AnyMapping, record: InputRecord): Promise<TextRow> {
  const fields = insertedFields(mapping, record);
  const parameters = fields.map((field) => encodeField(mapping, field, record.values[field.position], record.index));
  const { rows } = await execute(insertOne(mapping, fields), parameters);
  const row = rows[0];
  if (row === undefined) throw new RowSuppressedError(mapping.name);
  return row;
}

/** What became of the row of one record, and the row as it is stored now. */
export type UpdatedRow =
  | { readonly status: 'updated' | 'unchanged'; readonly row: TextRow }
  | { readonly status: 'skipped'; readonly row?: undefined };

/**
 * Writes the fields of one record that are not `undefined`, of those allowed: one statement, and one more where it wrote
 * nothing, to tell a row that is as asked, or whose update a trigger suppressed, from one that is not there.
 *
 * @throws ValidationError, ConstraintError
 * @throws StaleEntityError when the row is gone, or has another version, where the plan has one
 */
export async function updateRecord(
  execute: Execute,
  mapping: AnyMapping,
  record: InputRecord,
  key: KeyTexts,
  plan: UpdatePlan,
): Promise<UpdatedRow> {
  const fields = plannedFields(plan, record);
  const parameters = fields.map((field) => encodeField(mapping, field, record.values[field.position], record.index));
  const { version } = plan;
  const expected = version && encodeField(mapping, version, record.values[version.position] ?? null, record.index);
  if (fields.length > 0) {
    const all = version === undefined ? [...parameters, ...key] : [...parameters, ...key, expected];
    const { rows } = await execute(updateOne(mapping, plan, fields), all);
    if (rows[0] !== undefined) return { status: 'updated', row: rows[0] };
  }
  const { rows } = await execute(selectOne(mapping), key);
  const actual = version && rows[0]?.[version.position];
  if (version !== undefined && actual !== expected) {
    throw StaleEntityError.ofVersions(mapping.name, [{ key: keyText(key), expected: String(expected), actual }]);
  }
  return rows[0] === undefined ? { status: 'skipped' } : { status: 'unchanged', row: rows[0] };
}

/** Deletes one row; `false` when none has the key. */
export async function deleteRecord(execute: Execute, mapping: AnyMapping, key: KeyTexts): Promise<boolean> {
  const { affected } = await execute(deleteOne(mapping), key);
  return affected > 0;
}
