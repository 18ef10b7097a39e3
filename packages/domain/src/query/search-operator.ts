import { text } from '@uno/postgres';
import { sql } from 'kysely';
import { encodeField } from '../mapping/record-reader.js';
import { type Condition, type FilteredField, isOperators, rejectFilter } from './filtered-field.js';

/** Full text search in a text, or in a `tsvector` that was made of one. */
export function searchCondition(filtered: FilteredField, value: unknown): Condition {
  const { mapping, field, column } = filtered;
  const { kind } = field.definition;
  if (kind !== 'text' && kind !== 'search') {
    return rejectFilter(mapping, field.property, `matches is not possible for ${field.type.sql}`, value);
  }
  const problem = "matches takes an object such as { query: 'old town', config: 'english' }";
  if (!isOperators(value)) return rejectFilter(mapping, field.property, problem, value);
  const { query, config, ...others } = value;
  if (typeof query !== 'string' || typeof config !== 'string' || Object.keys(others).length > 0) {
    return rejectFilter(mapping, field.property, problem, value);
  }
  const asText = { ...field, type: text };
  const wanted = sql`${encodeField(mapping, asText, query, undefined)}::text`;
  // A parameter as well; PostgreSQL plans the statement with its value, so that an index of the same expression serves.
  const language = sql`${encodeField(mapping, asText, config, undefined)}::regconfig`;
  const vector = kind === 'search' ? column : sql`to_tsvector(${language}, ${column})`;
  return sql`${vector} @@ websearch_to_tsquery(${language}, ${wanted})`;
}
