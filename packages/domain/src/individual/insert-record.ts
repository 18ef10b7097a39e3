import { executeText, type Queryable } from '@uno/postgres';
import { RowSuppressedError } from '../errors/repository-errors.js';
import type { AnyMapping, TextRow } from '../mapping/entity-mapping.js';
import { encodeField, type InputRecord } from '../mapping/record-reader.js';
import { insertedFields } from '../mapping/record-shape.js';
import { insertOne } from './individual-statements.js';

/**
 * Inserts one record and gives its row.
 *
 * @throws ValidationError, ConstraintError
 * @throws RowSuppressedError when a trigger or a rule stored none
 */
export async function insertRecord(db: Queryable, mapping: AnyMapping, record: InputRecord): Promise<TextRow> {
  const fields = insertedFields(mapping, record);
  const parameters = fields.map((field) => encodeField(mapping, field, record.values[field.property], record.index));
  const { rows } = await executeText(db, insertOne(mapping, fields), parameters);
  const row = rows[0];
  if (row === undefined) throw new RowSuppressedError(mapping.name);
  return row;
}
