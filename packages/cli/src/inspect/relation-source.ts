import type { TableDescription } from '@uno/domain';
import { className } from './names.js';
import { quoted } from './source-text.js';

/** A relation in source. */
export interface RelationSource {
  readonly name: string;
  /** The class that it leads to. */
  readonly target: string;
  /** What the property holds. */
  readonly type: string;
  readonly code: string;
  /** Whether the class that it leads to is in the same source; that of another table is for its own. */
  readonly isMapped: boolean;
}

/**
 * What foreign keys of one column lead to. The other side of a relation is found by its key, and which that is of another
 * table is not known here.
 */
export function relationsOf(
  table: TableDescription,
  entity: string,
  key: readonly string[] | undefined,
  names: ReadonlyMap<string, string>,
): RelationSource[] {
  const used = new Set(names.values());
  const nullable = new Map(table.columns.map((column) => [column.name, column.nullable]));
  return table.foreignKeys.flatMap(({ columns, references }): RelationSource[] => {
    const [column, ...more] = columns;
    const property = column === undefined ? undefined : names.get(column);
    if (column === undefined || property === undefined || more.length > 0) return [];
    const isOwn = references.schema === table.schema && references.name === table.name;
    const target = isOwn ? entity : className(references.name);
    const name = relationName(property, target, used);
    used.add(name);
    return [
      {
        name,
        target,
        type: nullable.get(column) ? `${target} | null` : target,
        code: `belongsTo(() => ${target}, ${quoted(property)})`,
        isMapped: isOwn && areEqual(references.columns, key),
      },
    ];
  });
}

/** `country` of `countryId` or `countryCode`; else as what it leads to. */
function relationName(property: string, target: string, used: ReadonlySet<string>): string {
  const short = property.replace(/(Id|Code|Key|Uuid)$/, '');
  const base = short !== property && short !== '' ? short : target.charAt(0).toLowerCase() + target.slice(1);
  let name = base;
  for (let n = 2; used.has(name) || name in Object.prototype; n++) name = `${base}${n}`;
  return name;
}

/** Whether two sets of columns are the same, in the same order. */
export function areEqual(some: readonly string[], others: readonly string[] | undefined): boolean {
  return some.length === others?.length && some.every((name, i) => name === others[i]);
}
