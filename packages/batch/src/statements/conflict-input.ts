import type { AnyMapping, Field } from '@uno/domain';
import { identifier } from '@uno/postgres';
import type { ConflictTarget } from './conflict-target.js';
import type { ColumnFacts, TableFacts } from './table-facts.js';
import { unnestedValue, unnestTable } from './unnest-sql.js';

/** The position of a record, from 1; no column has such a name. */
export const ord = '"uno: ord"';

/**
 * The records as rows with the names of their columns, and {@link ord}, so that the expressions of an index can be
 * computed from them as from rows of the table: `select u.ord as "uno: ord", u.c0 as "email", …`.
 *
 * An expression needs the columns that records do not give as they will be, and all of them in the types and under the
 * collations of the table.
 *
 * @param fields - those that the records give, one array parameter each
 * @param partly - those of them that some records lack, each with one more array parameter that tells which have it
 */
export function inputRows(
  fields: readonly Field[],
  target: ConflictTarget,
  facts: TableFacts,
  partly: readonly Field[] = [],
): string {
  // Without any array there would be no rows.
  const flags = fields.length === 0 ? 1 : partly.length;
  const from = unnestTable(fields, { ordinality: true, flags });
  const given = (field: Field, i: number) => `${unnestedValue(field, i)} as ${identifier(field.column)}`;
  if (target.isPlain) return `select u.ord as ${ord}, ${fields.map(given).join(', ')} from ${from}`;
  const typed = (column: string, value: string) => {
    const stored = facts.columns.get(column);
    if (stored === undefined) return value;
    return `(${value})::${stored.sql}${stored.collation === null ? '' : ` collate ${stored.collation}`}`;
  };
  const values = fields.map((field, i) => {
    const flag = partly.indexOf(field);
    const value = unnestedValue(field, i);
    const missing = defaultOf(facts.columns.get(field.column));
    const either = flag < 0 ? value : `case when u.c${fields.length + flag} then ${value} else ${missing} end`;
    return `${typed(field.column, either)} as ${identifier(field.column)}`;
  });
  const others = [...facts.columns.values()].filter(
    ({ name }) => isMentioned(name, target, facts) && !fields.some(({ column }) => column === name),
  );
  const made = others
    .filter(({ computation }) => computation === null)
    .map((column) => `${typed(column.name, defaultOf(column))} as ${identifier(column.name)}`);
  const computed = others.flatMap(({ name, computation }) =>
    computation === null ? [] : [`${typed(name, `(${computation})`)} as ${identifier(name)}`],
  );
  const rows = `select ${[`u.ord as ${ord}`, ...values, ...made].join(', ')} from ${from}`;
  return computed.length === 0 ? rows : `select *, ${computed.join(', ')} from (${rows}) as given`;
}

/** The columns of an index in which two rows are compared, and the others that decide whether they are. */
export function fieldsOfTarget(mapping: AnyMapping, target: ConflictTarget, facts: TableFacts): readonly Field[] {
  if (target.isPlain) return target.fields;
  return mapping.fields.filter(
    ({ column, insertMode }) => insertMode !== 'never' && isMentioned(column, target, facts),
  );
}

/** `select *, lower(email) as "uno: p0", … from …` */
export function withParts({ parts }: ConflictTarget, relation: string, columns = '*'): string {
  return `select ${columns}, ${parts.map((part, i) => `${part} as ${partName(i)}`).join(', ')} from ${relation}`;
}

/** Which rows of {@link withParts} the index compares by `=`. */
export function isCompared({ parts, predicate }: ConflictTarget): string {
  const known = parts.map((_, i) => `${partName(i)} is not null`);
  return [...known, ...(predicate === undefined ? [] : [`(${predicate})`])].join(' and ');
}

/** The rows of {@link withParts} in an order that is the same for everybody, so that two calls lock them in one order. */
export function inLockOrder(target: ConflictTarget): string {
  return target.isPlain ? ord : `${partNames(target)}, ${ord}`;
}

/** Whether rows of {@link withParts} of two relations mean the same. */
export function sameParts({ parts }: ConflictTarget, one: string, other: string, operator = '='): string {
  return parts.map((_, i) => `${one}.${partName(i)} ${operator} ${other}.${partName(i)}`).join(' and ');
}

export function partNames({ parts }: ConflictTarget): string {
  return parts.map((_, i) => partName(i)).join(', ');
}

function partName(i: number): string {
  return `"uno: p${i}"`;
}

/** What is asked for once cannot be asked for beforehand: a sequence would count on. */
function defaultOf(column: ColumnFacts | undefined): string {
  const expression = column?.default ?? null;
  return expression === null || /nextval\s*\(/i.test(expression) ? 'null' : `(${expression})`;
}

/** Whether a name may be that of a column in the definition of an index: in its own, or in that of a computed column. */
function isMentioned(name: string, { parts, predicate = '' }: ConflictTarget, { columns }: TableFacts): boolean {
  const text = [...parts, predicate].join(' ');
  if (text.includes(name)) return true;
  return [...columns.values()].some(
    (column) => column.computation?.includes(name) === true && text.includes(column.name),
  );
}
