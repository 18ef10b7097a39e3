import { type AnyMapping, type Execute, tableText } from '@uno/domain';
import type { TextStatement } from '@uno/postgres';
import type { UniqueIndex } from './table-facts.js';

/** A unique index that PostgreSQL checks row by row, and all columns on which its entries depend. */
export interface RowByRowIndex
  extends Pick<UniqueIndex, 'name' | 'parts' | 'columns' | 'predicate' | 'nullsNotDistinct'> {
  /** Besides those of `columns`, those in its expressions and in its predicate. */
  readonly uses: readonly string[];
}

/** A column on which such an index depends. */
export interface UniqueColumn {
  readonly name: string;
  /** As written in a cast. */
  readonly type: string;
  /** The name in `pg_type` of the type below all domains, such as `int4`. */
  readonly base: string;
  /** The modifier of that type, as in `pg_attribute.atttypmod`; -1 for none. */
  readonly modifier: number;
  /** Whether neither the column nor a domain of it is NOT NULL. */
  readonly isNullable: boolean;
}

/** What has to be known to exchange unique values. */
export interface UniqueFacts {
  readonly indexes: readonly RowByRowIndex[];
  readonly columns: ReadonlyMap<string, UniqueColumn>;
}

/** The columns of an expression or a predicate are in `pg_depend`; a constraint's index has only plain ones. */
const uniqueFacts: TextStatement = {
  sql: `with recursive typed as (
      select a.attnum, a.attname, format_type(a.atttypid, a.atttypmod) as type, a.atttypid as base,
        a.atttypmod as modifier, not a.attnotnull as nullable
      from pg_attribute a where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
      union all
      select b.attnum, b.attname, b.type, t.typbasetype, case b.modifier when -1 then t.typtypmod else b.modifier end,
        b.nullable and not t.typnotnull
      from typed b join pg_type t on t.oid = b.base where t.typtype = 'd'
    )
    select json_build_object(
      'columns', (select json_agg(json_build_object(
          'name', b.attname, 'type', b.type, 'base', t.typname, 'modifier', b.modifier, 'isNullable', b.nullable))
        from typed b join pg_type t on t.oid = b.base where t.typtype <> 'd'),
      'indexes', (select json_agg(json_build_object(
          'name', n.relname,
          'parts', (select json_agg(pg_get_indexdef(i.indexrelid, k, true) order by k)
            from generate_series(1, i.indnkeyatts) as k),
          'columns', (select json_agg(a.attname order by k) from generate_series(1, i.indnkeyatts) as k
            left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[k - 1] and a.attnum > 0),
          'predicate', pg_get_expr(i.indpred, i.indrelid, true),
          'nullsNotDistinct', coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false),
          'uses', (select json_agg(a.attname order by a.attnum) from pg_attribute a
            where a.attrelid = i.indrelid and a.attnum > 0 and not a.attisdropped and (
              a.attnum in (select i.indkey[k - 1] from generate_series(1, i.indnkeyatts) as k)
              or exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid
                and d.refclassid = 'pg_class'::regclass and d.refobjid = i.indrelid and d.refobjsubid = a.attnum
                and d.deptype = 'a' and (i.indexprs is not null or i.indpred is not null))))
        ) order by n.relname)
        from pg_index i join pg_class n on n.oid = i.indexrelid
        where i.indrelid = to_regclass($1) and i.indisunique and i.indisvalid and i.indimmediate))`,
};

/** Asks the catalogue. Only for when an exchange is about to be tried: not a statement that every update should pay for. */
export async function readUniqueFacts(execute: Execute, mapping: AnyMapping): Promise<UniqueFacts> {
  const { rows } = await execute(uniqueFacts, [tableText(mapping)]);
  const { columns, indexes } = JSON.parse(rows[0]?.[0] ?? '{}') as WrittenFacts;
  return { indexes: indexes ?? [], columns: new Map((columns ?? []).map((column) => [column.name, column])) };
}

/** As the statement writes them. */
interface WrittenFacts {
  readonly columns?: readonly UniqueColumn[] | null;
  readonly indexes?: readonly RowByRowIndex[] | null;
}
