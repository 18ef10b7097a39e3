import type { TextResult, TextStatement } from '@uno/postgres';
import { RowSuppressedError } from '../errors/repository-errors.js';
import type { AnyMapping, TextRow } from '../mapping/entity-mapping.js';
import type { Field } from '../mapping/field.js';
import type { KeyTexts } from '../mapping/key.js';
import { encodeField, type InputRecord } from '../mapping/record-reader.js';
import { insertedFields, updatedFields } from '../mapping/record-shape.js';
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

/**
 * Writes the fields of one record that are not `undefined`, of those allowed, and gives its row; `undefined` when no row
 * has the key.
 *
 * @throws ValidationError, ConstraintError
 */
export async function updateRecord(
  execute: Execute,
  mapping: AnyMapping,
  record: InputRecord,
  key: KeyTexts,
  allowed: readonly Field[],
): Promise<TextRow | undefined> {
  const fields = updatedFields(allowed, record);
  const parameters = fields.map((field) => encodeField(mapping, field, record.values[field.position], record.index));
  const statement = fields.length === 0 ? selectOne(mapping) : updateOne(mapping, fields);
  const { rows } = await execute(statement, [...parameters, ...key]);
  return rows[0];
}

/** Deletes one row; `false` when none has the key. */
export async function deleteRecord(execute: Execute, mapping: AnyMapping, key: KeyTexts): Promise<boolean> {
  const { affected } = await execute(deleteOne(mapping), key);
  return affected > 0;
}
