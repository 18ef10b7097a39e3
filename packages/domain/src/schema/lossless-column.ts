import { type AnyColumn, column } from '../mapping/column.js';
import type { ColumnDescription, TypeDescription } from './table-description.js';

/**
 * What an explicit cast cuts short without a word, as to `varchar(3)`, where storing a value in such a column refuses it:
 * without a modifier in the cast, the column decides. `"bit"` with quotes has none; without them it is `bit(1)`.
 */
const cutByCasts = new Set(['character varying', 'bpchar', '"bit"', 'bit varying']);

/** Types whose values uno keeps to the last digit, and can compare; of all others the text is what loses nothing. */
const exact: ReadonlyMap<string, () => AnyColumn> = new Map<string, () => AnyColumn>([
  ['smallint', column.smallint],
  ['integer', column.integer],
  ['bigint', () => column.bigint()],
  ['boolean', column.boolean],
  ['uuid', column.uuid],
]);

/** A column of that type through which every value goes unchanged, and none is cut. */
export function losslessColumn({ type, looseCollation }: ColumnDescription): AnyColumn {
  if (looseCollation !== null && isText(type)) {
    // It has to be in every cast, as it decides which texts are equal.
    const { schema, name: nondeterministic } = looseCollation;
    return column.text(schema === null ? { nondeterministic } : { nondeterministic, schema });
  }
  if (type.sql === 'text') return column.text();
  const found = exact.get(type.sql);
  if (found !== undefined) return found();
  const limit = /^(character varying|character)\((\d+)\)$/.exec(type.sql);
  if (limit !== null)
    return limit[1] === 'character' ? column.char(Number(limit[2])) : column.varchar(Number(limit[2]));
  if (type.kind === 'enum' && type.labels !== null && type.labels.length > 0) {
    return column.enumeration(type.sql, type.labels);
  }
  return column.ofType(castableType(type));
}

function isText({ plainSql, kind, of }: TypeDescription): boolean {
  return ['text', 'character varying', 'bpchar'].includes(kind === 'domain' ? (of?.plainSql ?? '') : plainSql);
}

/** A type as it is to be named in a cast, such as that of `column.ofType`, so that nothing is cut by it. */
export function castableType({ sql, plainSql, kind, of }: TypeDescription): string {
  const under = kind === 'domain' ? (of?.plainSql ?? '') : plainSql;
  return cutByCasts.has(under.replace(/\[\]$/, '')) ? under : sql;
}
