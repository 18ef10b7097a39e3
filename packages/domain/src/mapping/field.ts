import { ConfigError, type PgType } from '@uno/postgres';
import type { AnyColumn, InsertMode } from './column.js';

/** A column of a mapping as the code that runs sees it. */
export interface Field {
  /** Position in the mapping, and in every row that is read. */
  readonly position: number;
  /** The name of the property. */
  readonly property: string;
  /** The name of the column. */
  readonly column: string;
  readonly type: PgType<unknown>;
  readonly nullable: boolean;
  readonly insertMode: InsertMode;
  readonly isKey: boolean;
  readonly definition: AnyColumn;
}

/** PostgreSQL cuts longer names off, silently. */
const maxNameBytes = 63;

/** @throws ConfigError when PostgreSQL could not keep the name as it is */
export function checkName(name: string, what: string): string {
  if (name !== '' && Buffer.byteLength(name) <= maxNameBytes && !name.includes('\0')) return name;
  throw new ConfigError(`${what} "${name}": a name takes 1 to ${maxNameBytes} bytes without U+0000.`);
}

/** Names that filters use for themselves. */
const reserved = new Set(['and', 'or', 'not']);

/** @throws ConfigError for what no table could have */
export function fieldsOf(
  table: string,
  columns: Readonly<Record<string, AnyColumn>>,
  key: readonly string[],
): readonly Field[] {
  const fields = Object.entries(columns).map(([property, definition], position): Field => {
    if (reserved.has(property))
      throw new ConfigError(`${table}: a field cannot be called "${property}", which filters use.`);
    if (property in Object.prototype) {
      // A record that leaves it out would seem to have it.
      throw new ConfigError(`${table}: a field cannot be called "${property}", which every object has already.`);
    }
    return Object.freeze({
      position,
      property,
      column: checkName(definition.columnName ?? property, `${table}: the column of ${property}`),
      type: definition.type,
      nullable: definition.isNullable,
      insertMode: definition.insertMode,
      isKey: key.includes(property),
      definition,
    });
  });
  const seen = new Map<string, string>();
  for (const field of fields) {
    const other = seen.get(field.column);
    if (other !== undefined) {
      throw new ConfigError(
        `${table}: the fields "${other}" and "${field.property}" have the same column "${field.column}".`,
      );
    }
    seen.set(field.column, field.property);
  }
  return Object.freeze(fields);
}

/** A short text for a set of fields of one mapping. */
export function shapeOf(fields: readonly Field[]): string {
  return fields.map((field) => field.position).join();
}
