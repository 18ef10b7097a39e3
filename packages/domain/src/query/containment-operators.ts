import { sql } from 'kysely';
import { encodeField } from '../mapping/record-reader.js';
import { type Condition, type FilteredField, rejectFilter } from './filtered-field.js';

const symbols: ReadonlyMap<string, string> = new Map([
  ['contains', '@>'],
  ['containedBy', '<@'],
  ['overlaps', '&&'],
]);

export const containmentOperatorNames: readonly string[] = [...symbols.keys()];

/** What arrays, and documents, can be asked of each other; `undefined` for another operator. */
export function containmentCondition(filtered: FilteredField, name: string, value: unknown): Condition | undefined {
  const symbol = symbols.get(name);
  if (symbol === undefined) return undefined;
  const { mapping, field, column } = filtered;
  const { type } = field;
  const document = isDocument(filtered) && name !== 'overlaps';
  if (!document && !(type.array && type.comparable)) {
    return rejectFilter(mapping, field.property, `${name} is not possible for ${type.sql}`, value);
  }
  if (value === null) return rejectFilter(mapping, field.property, `${name} is compared with nothing`, value);
  const encoded = encodeField(mapping, field, value, undefined);
  // PostgreSQL gives the parameter the type of the array beside it; json has the operators only as jsonb.
  if (!document) return sql`${column} ${sql.raw(symbol)} ${encoded}`;
  return sql`${column}::jsonb ${sql.raw(symbol)} ${encoded}::jsonb`;
}

/** Whether a field holds documents, of a mapped type or as the text of one. */
export function isDocument({ field: { type } }: FilteredField): boolean {
  return type.sql === 'jsonb' || type.sql === 'json';
}
