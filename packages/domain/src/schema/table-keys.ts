import type { TableDescription } from './table-description.js';

/** The sets of columns that are unique in all rows of a table, as soon as they are stored: without the primary key. */
export function uniqueSets({ uniques }: TableDescription): readonly (readonly string[])[] {
  return uniques.flatMap(({ columns, predicate, isImmediate }) => {
    const names = columns.filter((name) => name !== null);
    return predicate === null && isImmediate && names.length === columns.length ? [names] : [];
  });
}

/** The columns that tell the rows of a table apart: the primary key, or the first unique set that may not be NULL. */
export function keyColumns(table: TableDescription): readonly string[] | undefined {
  if (table.primaryKey !== null) return table.primaryKey.columns;
  const given = new Set(table.columns.filter(({ nullable }) => !nullable).map(({ name }) => name));
  return uniqueSets(table).find((unique) => unique.every((name) => given.has(name)));
}
