import { arrayLiteral, jsonb, text } from '@uno/postgres';
import { sql } from 'kysely';
import { encodeField } from '../mapping/record-reader.js';
import { comparisonCondition, comparisonOperatorNames } from './comparison-operators.js';
import { containmentCondition, isDocument } from './containment-operators.js';
import { type Condition, type FilteredField, isOperators, rejectFilter } from './filtered-field.js';
import { textCondition, textOperatorNames } from './text-operators.js';

const partOperatorNames = [...comparisonOperatorNames, ...textOperatorNames, 'contains', 'containedBy', 'exists'];

/** Any document, whatever the mapping says of the one that this is a part of. */
const anyDocument = jsonb<unknown>(true);

/** Conditions on parts of a document by their paths; all of them have to hold. */
export function documentCondition(filtered: FilteredField, value: unknown): Condition {
  const { mapping, field } = filtered;
  if (!isDocument(filtered)) {
    return rejectFilter(mapping, field.property, `at is not possible for ${field.type.sql}`, value);
  }
  const paths = isOperators(value) ? Object.entries(value) : [];
  if (paths.length === 0) {
    return rejectFilter(mapping, field.property, "at takes paths, such as { 'size.width': { gt: 5 } }", value);
  }
  return allOf(paths.map(([path, filter]) => partCondition(filtered, path, filter)));
}

function partCondition(filtered: FilteredField, path: string, filter: unknown): Condition {
  const { mapping, field, column } = filtered;
  const property = `${field.property} at ${path}`;
  const steps = stepsOf(path).map((step) => encodeField(mapping, { ...field, property, type: text }, step, undefined));
  const part: FilteredField = {
    mapping,
    // As if it were a column, whose name is for messages.
    field: { ...field, property, type: anyDocument },
    column: sql`(${column}::jsonb #> ${arrayLiteral(steps, text.bare)}::text[])`,
  };
  if (!isOperators(filter)) return partOperator(part, 'eq', filter);
  const names = Object.keys(filter);
  if (names.length === 0) return rejectFilter(mapping, property, 'has no operator', filter);
  return allOf(names.map((name) => partOperator(part, name, filter[name])));
}

/** In a path, a dot is between steps, and `\` takes the next character literally. */
function stepsOf(path: string): string[] {
  const steps: string[] = [];
  let step = '';
  for (const [piece, literal] of path.matchAll(/\\(.)|./gsu)) {
    if (piece === '.') {
      steps.push(step);
      step = '';
    } else {
      step += literal ?? piece;
    }
  }
  return [...steps, step];
}

function partOperator(part: FilteredField, name: string, value: unknown): Condition {
  const { mapping, field, column } = part;
  if (value === undefined) {
    return rejectFilter(mapping, field.property, `${name} is undefined; leave it out, or say null`, value);
  }
  if (name === 'exists') {
    if (typeof value !== 'boolean') return rejectFilter(mapping, field.property, 'exists takes true or false', value);
    return value ? sql`${column} is not null` : sql`${column} is null`;
  }
  // JSON's null says as little as an absent part: both are NULL here, so that operators mean what they mean of a column.
  const known = { ...part, column: sql`nullif(${column}, 'null')` };
  return (
    orderedCondition(known, name, value) ??
    comparisonCondition(known, name, value) ??
    containmentCondition(known, name, value) ??
    ofText(known, name, value) ??
    rejectFilter(
      mapping,
      field.property,
      `has an unknown operator "${name}". Known are: ${partOperatorNames.join(', ')}`,
      value,
    )
  );
}

/** Only values of one kind have an order that a person would expect: a text is neither below nor above a number. */
function orderedCondition(part: FilteredField, name: string, value: unknown): Condition | undefined {
  if (name === 'between') {
    if (!Array.isArray(value) || value.length !== 2) return undefined;
    return allOf([partOperator(part, 'gte', value[0]), partOperator(part, 'lte', value[1])]);
  }
  if (!['lt', 'lte', 'gt', 'gte'].includes(name)) return undefined;
  const type = typeof value;
  if (type === 'number' || type === 'string') return ofType(part, type, comparisonCondition(part, name, value));
  return rejectFilter(part.mapping, part.field.property, `${name} takes a number or a text`, value);
}

function ofText(part: FilteredField, name: string, value: unknown): Condition | undefined {
  return ofType(part, 'string', textCondition(part, sql`(${part.column} #>> '{}')`, name, value));
}

/** Besides, the part has to be of a type of JSON's: false of another one, and unknown where there is nothing. */
function ofType(
  part: FilteredField,
  type: 'number' | 'string',
  condition: Condition | undefined,
): Condition | undefined {
  return condition && sql`(jsonb_typeof(${part.column}) = ${sql.lit(type)} and ${condition})`;
}

function allOf(conditions: readonly Condition[]): Condition {
  return sql<boolean>`(${sql.join(conditions, sql` and `)})`;
}
