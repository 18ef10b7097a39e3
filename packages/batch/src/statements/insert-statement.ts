import { type AnyMapping, cachedStatement, columnList, type Field, shapeOf, tableText } from '@uno/domain';
import { identifier, type TextStatement } from '@uno/postgres';
import { rowText } from './row-text.js';
import { unnestedValue, unnestTable } from './unnest-sql.js';

/** A key field that the database fills in, and the expression by which it does. */
export interface KeyDefault {
  readonly field: Field;
  readonly expression: string;
}

function values(fields: readonly Field[]): string {
  return fields.map((field, i) => unnestedValue(field, i)).join(', ');
}

/** An identity column that is GENERATED ALWAYS takes no value but in this way. */
function overriding(isKeyMade: boolean): string {
  return isKeyMade ? ' overriding system value' : '';
}

/**
 * Inserts records and gives nothing back.
 *
 * @param isKeyMade - whether the key is among the fields because the database was asked for one beforehand
 */
export function insertStatement(mapping: AnyMapping, fields: readonly Field[], isKeyMade = false): TextStatement {
  return cachedStatement(
    mapping,
    `insert ${isKeyMade} ${shapeOf(fields)}`,
    () =>
      `insert into ${tableText(mapping)} (${columnList(fields)})${overriding(isKeyMade)} ` +
      `select ${values(fields)} from ${unnestTable(fields, { ordinality: false })}`,
  );
}

/** So many new keys as its parameter says, one a row, by the expressions by which the database would fill them in. */
export function newKeysStatement(mapping: AnyMapping, defaults: readonly KeyDefault[]): TextStatement {
  const expressions = defaults.map(({ expression }) => expression).join(', ');
  return cachedStatement(
    mapping,
    `new keys ${expressions}`,
    () => `select ${expressions} from generate_series(1, $1::integer)`,
  );
}

/**
 * Inserts records and gives some columns of their rows back as one text, each with the position of its record, from 1, in
 * front.
 *
 * `RETURNING` promises no order and cannot see the input. So keys that the database would fill in are computed next to
 * the input first, by the column's own default, and the inserted rows are joined to the input by their keys: whatever
 * plans or triggers do, a row is the record's with that key. Where a record has no such row, because a trigger dropped
 * it or changed its key, the statement fails (by reading a text as a number) and so undoes itself; the caller then
 * inserts smaller parts, down to single records, whose rows need no lining up.
 *
 * @param inOrder - whether a row has to come back in the place of its record, besides having its key: for tables with
 *   triggers, which might hand the keys of some records to others
 */
export function insertReturningStatement(
  mapping: AnyMapping,
  fields: readonly Field[],
  defaults: readonly KeyDefault[],
  inOrder: boolean,
  returned: readonly Field[],
): TextStatement {
  const expressions = defaults.map(({ expression }) => expression).join();
  const name = `insert returning ${shapeOf(returned)} ${inOrder} ${shapeOf(fields)} ${expressions}`;
  return cachedStatement(mapping, name, () => {
    const columns = [...fields, ...defaults.map(({ field }) => field)];
    const inputs = [
      ...fields.map((field, i) => unnestedValue(field, i)),
      ...defaults.map(({ expression }) => expression),
    ];
    const input = inputs.map((expression, i) => `${expression} as v${i}`).join(', ');
    const inserted = columns.map((_, i) => `v${i}`).join(', ');
    const matched = mapping.keyFields.map(
      (field) => `i.${identifier(field.column)} = input.v${columns.indexOf(field)}`,
    );
    if (inOrder) matched.push(`i.${arrived} = input.ord`);
    const rows = inOrder ? `(select *, row_number() over () as ${arrived} from inserted)` : 'inserted';
    return (
      `with input as materialized (select ord, ${input} from ${unnestTable(fields, { ordinality: true })}), ` +
      `inserted as (insert into ${tableText(mapping)} (${columnList(columns)})${overriding(defaults.length > 0)} ` +
      `select ${inserted} from input order by input.ord ${returning(mapping, returned)}) ` +
      `select ${positionIf(mapping)}, ${rowText(returned, 'i')} ` +
      `from input left join ${rows} as i on ${matched.join(' and ')}`
    );
  });
}

/**
 * The same where keys cannot be known beforehand, as with a trigger that makes them or a view: a row is the record's
 * whose values it has, and the n-th of several equal ones that of the n-th such record, which makes no difference between
 * equal records. Where a trigger has changed values, it fails in the same way.
 */
export function insertByValuesStatement(
  mapping: AnyMapping,
  fields: readonly Field[],
  returned: readonly Field[],
): TextStatement {
  return cachedStatement(mapping, `insert by values ${shapeOf(returned)} ${shapeOf(fields)}`, () => {
    const input = fields.map((field, i) => `${unnestedValue(field, i)} as v${i}`).join(', ');
    const given = fields.map((_, i) => `v${i}`).join(', ');
    const image = `row(${given})::text`;
    const stored = rowText(fields, 'w');
    return (
      `with input as materialized (select ord, ${input} from ${unnestTable(fields, { ordinality: true })}), ` +
      `numbered as (select ord, ${image} as image, row_number() over (partition by ${image} order by ord) as nth from input), ` +
      `inserted as (insert into ${tableText(mapping)} (${columnList(fields)}) ` +
      `select ${given} from input order by input.ord ${returning(mapping, [...returned, ...fields])}) ` +
      `select ${positionIf(mapping, 'numbered')}, ${rowText(returned, 'i')} from numbered left join ` +
      `(select w.*, ${stored} as ${imageName}, row_number() over (partition by ${stored}) as ${nthName} from inserted as w) ` +
      `as i on i.${imageName} = numbered.image and i.${nthName} = numbered.nth`
    );
  });
}

/** Names that no column has: PostgreSQL's own are shorter than these are unlikely. */
const arrived = '"uno: arrived"';
const imageName = '"uno: image"';
const nthName = '"uno: nth"';

/** Each column once, and the key, by which it is seen that there is a row. */
function returning(mapping: AnyMapping, returned: readonly Field[]): string {
  return `returning ${columnList([...new Set([...mapping.keyFields, ...returned])])}`;
}

/** The position of a record that has a row; without one, the text cannot be read as a number, and the statement fails. */
function positionIf(mapping: AnyMapping, input = 'input'): string {
  const [first] = mapping.keyFields;
  const found = first === undefined ? 'true' : `i.${identifier(first.column)} is not null`;
  return `case when ${found} then ${input}.ord else ('no row for record ' || ${input}.ord)::bigint end`;
}
