import { executeTextSql, type Queryable } from '@uno/postgres';
import { sql } from 'kysely';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { Field } from '../mapping/field.js';
import { tableText } from '../mapping/table-sql.js';

/** A column as it is in the database. */
export interface LiveColumn {
  /** With its modifier, such as `numeric(10,2)`; of a domain that is mapped by a type under it, that type. */
  readonly type: string;
  /** Whether it is of the mapped type, or of a domain over that. */
  readonly sameBaseType: boolean;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  readonly generated: boolean;
  /** Whether it is GENERATED ALWAYS AS IDENTITY. */
  readonly alwaysCounted: boolean;
  /** A collation under which texts that differ can be equal, such as one that ignores case; quoted. */
  readonly looseCollation: string | undefined;
  /** The same with its schema. */
  readonly looseCollationPath: string | undefined;
  /** Whether it is one of a view or a foreign table, whose columns say nothing of NULLs, defaults and indexes. */
  readonly elsewhere: boolean;
}

/** The columns of a mapping's table by their names, by one statement; none when there is no such table. */
export async function readColumns(db: Queryable, mapping: AnyMapping): Promise<Map<string, LiveColumn>> {
  const names = mapping.fields.map((field) => field.column);
  const types = mapping.fields.map(typeName);
  const { rows } = await executeTextSql(
    db,
    sql`select a.attname, coalesce(b.mapped_as, format_type(a.atttypid, a.atttypmod)), m.type is null or b.mapped_as is not null,
        a.attnotnull or b.not_null, (a.atthasdef and a.attgenerated = '') or a.attidentity <> '' or b.has_default,
        a.attgenerated <> '', a.attidentity = 'a', r.relkind in ('v', 'm', 'f'),
        case when not c.collisdeterministic then '"' || replace(c.collname, '"', '""') || '"' end,
        '"' || replace(n.nspname, '"', '""') || '"'
      from pg_class r
      join pg_attribute a on a.attrelid = r.oid
      left join pg_collation c on c.oid = a.attcollation
      left join pg_namespace n on n.oid = c.collnamespace
      left join unnest(${names}::text[], ${types}::text[]) as m(name, type) on m.name = a.attname
      cross join lateral (
        with recursive base(type, modifier) as (
          select a.atttypid, a.atttypmod
          union all select t.typbasetype, t.typtypmod from base join pg_type t on t.oid = base.type where t.typtype = 'd'
        )
        select min(format_type(type, modifier)) filter (where type = to_regtype(m.type)) as mapped_as,
          bool_or(t.typnotnull) as not_null, bool_or(t.typdefault is not null) as has_default
        from base join pg_type t on t.oid = base.type
      ) as b
      where r.oid = to_regclass(${tableText(mapping)}) and a.attnum > 0 and not a.attisdropped`,
  );
  return new Map(
    rows.map(([name, type, same, notNull, hasDefault, generated, alwaysCounted, elsewhere, looseCollation, schema]) => [
      String(name),
      {
        type: String(type),
        sameBaseType: same === 't',
        notNull: notNull === 't',
        hasDefault: hasDefault === 't',
        generated: generated === 't',
        alwaysCounted: alwaysCounted === 't',
        looseCollation: looseCollation ?? undefined,
        looseCollationPath: looseCollation ? `${schema}.${looseCollation}` : undefined,
        elsewhere: elsewhere === 't',
      },
    ]),
  );
}

/** What is cast to names its collation, which is no part of the type. */
function typeName({ type: { sql: declared, looseCollation } }: Field): string {
  return looseCollation === undefined ? declared : declared.replace(` collate ${looseCollation}`, '');
}
