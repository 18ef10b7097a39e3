import { arrayLiteral, text } from '@uno/postgres';
import { type RawBuilder, sql } from 'kysely';
import { encodeField } from '../mapping/record-reader.js';
import { type Condition, type FilteredField, rejectFilter } from './filtered-field.js';

export const textOperatorNames: readonly string[] = ['like', 'ilike', 'ieq', 'iin'];

/**
 * What can be asked of a text; `undefined` for another operator.
 *
 * @param expression - the text, in SQL
 */
export function textCondition(
  filtered: FilteredField,
  expression: RawBuilder<unknown>,
  name: string,
  value: unknown,
): Condition | undefined {
  switch (name) {
    case 'like':
      return sql`${expression} like ${textParameter(filtered, name, 'a pattern', value)}`;
    case 'ilike':
      return sql`${expression} ilike ${textParameter(filtered, name, 'a pattern', value)}`;
    case 'ieq':
      return sql`lower(${expression}) = lower(${collated(expression, textParameter(filtered, name, 'a text', value))})`;
    case 'iin': {
      const lowered = sql`select lower(${collated(expression, sql`uno_text`)}) from unnest(${texts(filtered, name, value)}) as texts(uno_text)`;
      return sql`lower(${expression}) = any(array(${lowered}))`;
    }
    default:
      return undefined;
  }
}

/**
 * Gives a text the collation of another one, which decides what its lower case is. PostgreSQL takes the condition out when
 * it plans, so that an index of `lower(column)` serves.
 */
function collated(model: RawBuilder<unknown>, value: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`case when false then ${model} else ${value} end`;
}

function textParameter(filtered: FilteredField, name: string, what: string, value: unknown): RawBuilder<unknown> {
  const { mapping, field } = filtered;
  if (typeof value !== 'string') return rejectFilter(mapping, field.property, `${name} takes ${what}`, value);
  return sql`${encodeField(mapping, { ...field, type: text }, value, undefined)}::text`;
}

/** One array parameter, so that the statement's text does not depend on the length of the list. */
function texts({ mapping, field }: FilteredField, name: string, value: unknown): RawBuilder<unknown> {
  if (!Array.isArray(value)) return rejectFilter(mapping, field.property, `${name} takes a list`, value);
  const encoded = value.map((item: unknown) => {
    if (typeof item !== 'string') return rejectFilter(mapping, field.property, `${name} takes texts in its list`, item);
    return encodeField(mapping, { ...field, type: text }, item, undefined);
  });
  return sql`${arrayLiteral(encoded, text.bare)}::text[]`;
}
