import { type AnyMapping, cachedStatement, type Execute, type Field, shapeOf } from '@uno/domain';
import { arrayLiteral, type TextStatement } from '@uno/postgres';
import type { Step } from '../engine/step.js';
import type { WorkItem } from '../shapes/work-item.js';
import { columnArrays } from './column-arrays.js';
import { inputRows, isCompared, ord, partNames, withParts } from './conflict-input.js';
import type { ConflictTarget } from './conflict-target.js';
import type { TableFacts } from './table-facts.js';

/** By what rows are told apart. */
export interface Likeness {
  readonly mapping: AnyMapping;
  readonly target: ConflictTarget;
  readonly facts: TableFacts;
  /** The fields of which that depends. */
  readonly fields: readonly Field[];
}

/**
 * Has PostgreSQL tell which records mean the same row, where that cannot be told by the texts of their values: of numeric,
 * 1 and 1.0 are equal, and an index over `lower(email)` or of some rows only has its own idea. One statement.
 *
 * @returns by each record that is not the first one of its row, the one that is
 */
export async function firstAlike(
  execute: Execute,
  likeness: Likeness,
  items: readonly WorkItem[],
): Promise<Map<WorkItem, WorkItem>> {
  const { mapping } = likeness;
  const { given, partly } = givenBy(likeness, items);
  const flagged = (flagOf: (item: WorkItem) => boolean) =>
    arrayLiteral(
      items.map((item) => String(flagOf(item))),
      true,
    );
  // Where no record gives any of them, one array that says nothing stands for the records.
  const arrays =
    given.length === 0
      ? [flagged(() => false)]
      : [
          ...columnArrays(mapping, given, filledIn(items, partly)),
          ...partly.map(({ position }) => flagged(({ values }) => values[position] !== undefined)),
        ];
  const { rows } = await execute(alikeStatement(likeness, given, partly), arrays);
  const first = new Map<WorkItem, WorkItem>();
  for (const [position, firstPosition] of rows) {
    const item = items[Number(position) - 1];
    const earlier = items[Number(firstPosition) - 1];
    if (item !== undefined && earlier !== undefined && item !== earlier) first.set(item, earlier);
  }
  return first;
}

/** The records, with any value where they lack one, since not every column takes a NULL. */
function filledIn(items: readonly WorkItem[], partly: readonly Field[]): readonly Pick<WorkItem, 'values' | 'index'>[] {
  if (partly.length === 0) return items;
  const some = new Map(
    partly.map(({ position }) => [
      position,
      items.find(({ values }) => values[position] !== undefined)?.values[position],
    ]),
  );
  return items.map(({ values, index }) => ({
    values: values.map((value, position) => (value === undefined ? some.get(position) : value)),
    index,
  }));
}

/** What {@link firstAlike} sends. */
export function alikeStep(likeness: Likeness, items: readonly WorkItem[]): Step {
  const { given, partly } = givenBy(likeness, items);
  return {
    way: 'aside',
    why: 'the texts of the records do not tell which of them mean one row, so PostgreSQL is asked',
    sql: alikeStatement(likeness, given, partly).sql,
    parameters: given.length === 0 ? 1 : given.length + partly.length,
    times: 1,
    indices: items.flatMap((item) => item.indices),
  };
}

/** The fields that some of the records give, and those of them that others do not. */
function givenBy({ fields }: Likeness, items: readonly WorkItem[]) {
  const given = fields.filter(({ position }) => items.some(({ values }) => values[position] !== undefined));
  const partly = given.filter(({ position }) => items.some(({ values }) => values[position] === undefined));
  return { given, partly };
}

function alikeStatement(
  { mapping, target, facts }: Likeness,
  fields: readonly Field[],
  partly: readonly Field[],
): TextStatement {
  const { predicate, nullsNotDistinct } = target;
  const name = `alike ${shapeOf(fields)} partly ${shapeOf(partly)} by ${target.id}`;
  return cachedStatement(mapping, name, () => {
    const rows = inputRows(fields, target, facts, partly);
    const compared = nullsNotDistinct ? (predicate ?? 'true') : isCompared(target);
    const same = `over (partition by ${partNames(target)})`;
    return (
      `select ${ord}, first from (select ${ord}, min(${ord}) ${same} as first ` +
      `from (${withParts(target, `(${rows}) as input`)}) as x where ${compared}) as alike where ${ord} > first`
    );
  });
}
