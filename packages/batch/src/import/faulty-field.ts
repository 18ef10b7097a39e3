import { type AnyMapping, encodeField, type Execute, type Field } from '@uno/domain';
import { preparedStatement, type UnoError, ValidationError } from '@uno/postgres';
import type { WorkItem } from '../shapes/work-item.js';
import type { TableFacts } from '../statements/table-facts.js';
import type { WriteSession } from '../workspace/write-session.js';

/** `pg_input_error_info` came with PostgreSQL 16. */
const firstWithErrorInfo = 160_000;

/**
 * Which field of a record PostgreSQL cannot read, when it said only that there is one. It costs one statement; before
 * PostgreSQL 16, one for each field up to that.
 *
 * @returns the error with the field, or as it was where every field by itself can be read
 */
export async function namingField(
  session: WriteSession,
  { mapping, facts }: { readonly mapping: AnyMapping; readonly facts: TableFacts },
  { values, index }: WorkItem,
  error: UnoError,
): Promise<UnoError> {
  if (!(error instanceof ValidationError) || error.sqlstate === undefined || error.field !== undefined) return error;
  const given = mapping.fields.flatMap((field) => {
    const value = values[field.position];
    if (value === undefined || value === null) return [];
    const type = facts.columns.get(field.column)?.sql ?? field.type.sql;
    return [{ field, type, text: String(encodeField(mapping, field, value, index)) }];
  });
  const found =
    facts.serverVersion >= firstWithErrorInfo
      ? await byErrorInfo(session.execute, given)
      : await byCasting(session, given);
  if (found === undefined) return error;
  const { sqlstate, cause, operation } = error;
  const reason = error.reason;
  return new ValidationError(error.message, { operation, field: found.property, sqlstate, reason, cause, index });
}

interface Given {
  readonly field: Field;
  readonly type: string;
  readonly text: string;
}

async function byErrorInfo(execute: Execute, given: readonly Given[]): Promise<Field | undefined> {
  const pairs = given.map((_, i) => `(${i}, $${i * 2 + 1}::text, $${i * 2 + 2}::text)`).join();
  if (pairs === '') return undefined;
  const statement = `select i from (values ${pairs}) as given (i, value, type)
where not pg_input_is_valid(value, type) order by i limit 1`;
  const parameters = given.flatMap(({ text, type }) => [text, type]);
  const { rows } = await execute({ sql: statement }, parameters);
  return given[Number(rows[0]?.[0] ?? -1)]?.field;
}

async function byCasting(session: WriteSession, given: readonly Given[]): Promise<Field | undefined> {
  for (const { field, type, text } of given) {
    try {
      await session.attempt(() => session.execute(preparedStatement(`select $1::text::${type}`), [text]));
    } catch (error) {
      if (error instanceof ValidationError) return field;
      throw error;
    }
  }
  return undefined;
}
