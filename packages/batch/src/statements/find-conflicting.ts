import { type AnyMapping, cachedStatement, type Execute, type Field, shapeOf, tableText } from '@uno/domain';
import { identifier, type TextStatement } from '@uno/postgres';
import type { WorkItem } from '../shapes/work-item.js';
import { columnArrays } from './column-arrays.js';
import { inputRows, isCompared, ord, sameParts, withParts } from './conflict-input.js';
import type { ConflictTarget } from './conflict-target.js';
import { rowText } from './row-text.js';
import type { TableFacts } from './table-facts.js';
import { unnestedValue, unnestTable } from './unnest-sql.js';

/** Where rows are looked for. */
export interface Search {
  readonly mapping: AnyMapping;
  readonly target: ConflictTarget;
  readonly facts: TableFacts;
  /** The fields that the records give. */
  readonly fields: readonly Field[];
  /** The columns that are wanted, as one text. */
  readonly returned: readonly Field[];
}

/**
 * The rows with which records conflict, each as one text. One statement for each pattern of NULLs in them.
 *
 * @returns by record; nothing for one that has no such row
 */
export async function findConflicting(
  execute: Execute,
  search: Search,
  items: readonly WorkItem[],
): Promise<Map<WorkItem, string>> {
  const found = new Map<WorkItem, string>();
  for (const { statement, fields, members } of lookups(search, items)) {
    const { rows } = await execute(statement, columnArrays(search.mapping, fields, members));
    for (const [position, text] of rows) {
      const item = members[Number(position) - 1];
      if (item !== undefined && typeof text === 'string') found.set(item, text);
    }
  }
  return found;
}

/** A statement that looks for the rows of some records, and the fields that are its parameters. */
export interface Lookup {
  readonly statement: TextStatement;
  readonly fields: readonly Field[];
  readonly members: readonly WorkItem[];
}

/** What {@link findConflicting} sends. */
export function* lookups(search: Search, items: readonly WorkItem[]): IterableIterator<Lookup> {
  const { target } = search;
  const given = target.isPlain ? target.fields : search.fields;
  const groups = target.isPlain ? byNulls(items, target) : [{ nulls: noFields, items }];
  for (const { nulls, items: members } of groups) {
    const known = given.filter((field) => !nulls.includes(field));
    const statement = target.isPlain ? findPlain(search, known, nulls) : findByParts(search);
    // Without a value there is no array that would have as many elements as there are records.
    yield { statement, fields: known.length === 0 ? given : known, members };
  }
}

const noFields: readonly Field[] = [];

/** Where NULLs are all different, a record with one is like no row. */
function byNulls(items: readonly WorkItem[], { fields, nullsNotDistinct }: ConflictTarget) {
  const groups = new Map<string, { readonly nulls: readonly Field[]; readonly items: WorkItem[] }>();
  for (const item of items) {
    const nulls = fields.filter(({ position }) => item.values[position] === null);
    if (nulls.length > 0 && !nullsNotDistinct) continue;
    const shape = shapeOf(nulls);
    const group = groups.get(shape);
    if (group === undefined) groups.set(shape, { nulls, items: [item] });
    else group.items.push(item);
  }
  return groups.values();
}

function findPlain(
  { mapping, target, returned }: Search,
  known: readonly Field[],
  nulls: readonly Field[],
): TextStatement {
  const name = `find ${shapeOf(known)} null ${shapeOf(nulls)} giving ${shapeOf(returned)}`;
  return cachedStatement(mapping, name, () => {
    const given = known.length === 0 ? target.fields : known;
    const conditions = [
      ...known.map((field) => `t.${identifier(field.column)} = ${unnestedValue(field, given.indexOf(field))}`),
      ...nulls.map(({ column }) => `t.${identifier(column)} is null`),
    ];
    return (
      `select u.ord, ${rowText(returned, 't')} from ${unnestTable(given, { ordinality: true })} ` +
      `join ${tableText(mapping)} as t on ${conditions.join(' and ')}`
    );
  });
}

function findByParts({ mapping, target, facts, fields, returned }: Search): TextStatement {
  const { predicate, nullsNotDistinct } = target;
  const name = `find ${shapeOf(fields)} by ${target.id} giving ${shapeOf(returned)}`;
  return cachedStatement(mapping, name, () => {
    const where = predicate === undefined ? '' : ` where ${predicate}`;
    // An index answers to its own expression and predicate.
    const table = withParts(target, `${tableText(mapping)}${where}`);
    const compared = nullsNotDistinct ? (predicate ?? 'true') : isCompared(target);
    return (
      `with input as materialized (${inputRows(fields, target, facts)}) ` +
      `select i.${ord}, ${rowText(returned, 't')} ` +
      `from (select * from (${withParts(target, 'input')}) as x where ${compared}) as i ` +
      `join (${table}) as t on ${sameParts(target, 'i', 't', nullsNotDistinct ? 'is not distinct from' : '=')}`
    );
  });
}
