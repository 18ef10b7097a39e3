import { type AnyMapping, tableText } from '@uno/domain';
import { executeText, type Queryable, type TextStatement } from '@uno/postgres';
import { harmless } from './harmless.js';

/** A unique index, which may be that of a constraint. */
export interface UniqueIndex {
  /** The name of the index, and of its constraint if it has one. */
  readonly name: string;
  /** What it is over, as in its definition: a quoted column, or an expression of columns. */
  readonly parts: readonly string[];
  /** The names of its columns; `null` in the place of an expression. */
  readonly columns: readonly (string | null)[];
  /** Which rows it is about, if not all. */
  readonly predicate: string | null;
  /** Whether it is checked by each statement, and not later on. */
  readonly isImmediate: boolean;
  /** Whether NULL equals NULL in it. */
  readonly nullsNotDistinct: boolean;
  /** Whether it compares by another collation than that of a column, which then is said in {@link parts}. */
  readonly hasCollation: boolean;
}

/** A column as the catalogue has it. */
export interface ColumnFacts {
  readonly name: string;
  readonly isAlwaysIdentity: boolean;
  /** The number of its type in `pg_type`, under a domain that of what it is made of. */
  readonly type: number;
  /** Its type as SQL says it, such as `character varying(3)`. */
  readonly sql: string;
  /** Its collation, quoted, where that is not the one of its type. */
  readonly collation: string | null;
  /** Whether texts that differ can be equal under it. */
  readonly isLoose: boolean;
  /** The expression of other columns that it is computed from, if it is. */
  readonly computation: string | null;
  /** The expression by which the database fills it in, where this role may use it; for an identity, `nextval(…)`. */
  readonly default: string | null;
}

/** What the catalogue says of a table that batches have to know. */
export interface TableFacts {
  /** Such as 180004. */
  readonly serverVersion: number;
  /** `pg_class.relkind`: `r` a table, `p` partitioned, `v` a view, `f` a foreign table. */
  readonly kind: string;
  /** Whether row-level security holds for this role. */
  readonly isSecured: boolean;
  /** Whether other tables inherit from it. */
  readonly hasChildren: boolean;
  /** Whether rules rewrite what is inserted, updated or deleted. */
  readonly hasRules: boolean;
  /** Whether triggers see rows before they are stored, and may change or drop them. */
  readonly meddlesWithInserts: boolean;
  readonly meddlesWithUpdates: boolean;
  /** Whether INSTEAD OF triggers do the work. */
  readonly isDoneByTriggers: boolean;
  readonly columns: ReadonlyMap<string, ColumnFacts>;
  readonly uniques: readonly UniqueIndex[];
}

/**
 * Of `pg_trigger.tgtype`: 1 for each row, 2 before, 4 insert, 16 update, 64 instead. A partition has triggers of its own.
 * What not all versions have is read by way of `to_jsonb`.
 */
const tableFacts: TextStatement = {
  sql: `select json_build_object(
      'serverVersion', current_setting('server_version_num')::integer,
      'kind', c.relkind,
      'isSecured', row_security_active(c.oid),
      'hasChildren', c.relhassubclass,
      'hasRules', exists (select from pg_rewrite r where r.ev_class = c.oid and r.ev_type <> '1'),
      'meddlesWithInserts', coalesce(t.inserts, false),
      'meddlesWithUpdates', coalesce(t.updates, false),
      'isDoneByTriggers', coalesce(t.instead, false),
      'columns', (select json_agg(json_build_object(
          'name', a.attname,
          'type', (case when y.typtype = 'd' then y.typbasetype else a.atttypid end)::bigint,
          'sql', format_type(a.atttypid, a.atttypmod),
          'collation', (select quote_ident(s.nspname) || '.' || quote_ident(l.collname)
            from pg_collation l join pg_namespace s on s.oid = l.collnamespace
            where l.oid = a.attcollation and l.oid <> y.typcollation),
          'isLoose', exists (select from pg_collation l where l.oid = a.attcollation and not l.collisdeterministic),
          'isAlwaysIdentity', a.attidentity = 'a',
          'computation', case when a.attgenerated <> '' then pg_get_expr(d.adbin, d.adrelid) end,
          'default', case
            when a.attgenerated <> '' then null
            when a.attidentity = '' then pg_get_expr(d.adbin, d.adrelid)
            when has_sequence_privilege(pg_get_serial_sequence($1, a.attname), 'usage')
              then format('nextval(%L::regclass)', pg_get_serial_sequence($1, a.attname))
          end))
        from pg_attribute a join pg_type y on y.oid = a.atttypid
          left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
      'uniques', coalesce((select json_agg(json_build_object(
          'name', n.relname,
          'parts', (select json_agg(pg_get_indexdef(i.indexrelid, k, true)
              || coalesce(' collate ' || quote_ident(s.nspname) || '.' || quote_ident(l.collname), '') order by k)
            from generate_series(1, i.indnkeyatts) as k
            left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[k - 1] and a.attnum > 0
            left join pg_collation l on l.oid = i.indcollation[k - 1] and l.oid <> a.attcollation
            left join pg_namespace s on s.oid = l.collnamespace),
          'hasCollation', exists (select from generate_series(1, i.indnkeyatts) as k
            join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[k - 1] and a.attnum > 0
            where i.indcollation[k - 1] <> a.attcollation),
          'columns', (select json_agg(a.attname order by k) from generate_series(1, i.indnkeyatts) as k
            left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[k - 1] and a.attnum > 0),
          'predicate', pg_get_expr(i.indpred, i.indrelid, true),
          'isImmediate', i.indimmediate,
          'nullsNotDistinct', coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false)))
        from pg_index i join pg_class n on n.oid = i.indexrelid
        where i.indrelid = c.oid and i.indisunique and i.indisvalid), '[]'))
    from pg_class c
    left join lateral (
      select bool_or(tgtype & 4 = 4) as inserts, bool_or(tgtype & 16 = 16) as updates, bool_or(tgtype & 64 = 64) as instead
      from pg_trigger
      where tgrelid in (select c.oid union select relid from pg_partition_tree(c.oid))
        and not tgisinternal and tgenabled <> 'D' and tgtype & 1 = 1 and tgtype & 66 <> 0
    ) as t on true
    where c.oid = to_regclass($1)`,
};

/** One entry for each database (all its transactions share the adapter) and table. */
const known = new WeakMap<object, Map<string, TableFacts>>();

function rememberedFor(db: Queryable): Map<string, TableFacts> {
  const { adapter } = db.getExecutor();
  let remembered = known.get(adapter);
  if (remembered === undefined) {
    remembered = new Map();
    known.set(adapter, remembered);
  }
  return remembered;
}

/** Reads them again next time, after a statement that rested on them failed: the table may have been changed. */
export function forgetTableFacts(db: Queryable, mapping: AnyMapping): void {
  rememberedFor(db).delete(mapping.tableName);
}

/**
 * What there is to know of a mapping's table, read from the catalogue once. Of a table that is not there, what holds for
 * most: the statements themselves will be refused.
 */
export async function readTableFacts(
  db: Queryable,
  mapping: AnyMapping,
  signal: AbortSignal | undefined,
): Promise<TableFacts> {
  const remembered = rememberedFor(db);
  const found = remembered.get(mapping.tableName);
  if (found !== undefined) return found;
  const { rows } = await executeText(db, tableFacts, [tableText(mapping)], { signal }).catch((error: unknown) => {
    throw harmless(error);
  });
  const text = rows[0]?.[0];
  if (text === undefined || text === null) return noTable;
  const { columns, ...facts } = JSON.parse(text) as WrittenFacts;
  const byName = new Map(columns.map((column) => [column.name, Object.freeze(column)]));
  const read = Object.freeze({ ...facts, columns: byName });
  remembered.set(mapping.tableName, read);
  return read;
}

/** As the statement writes them. */
type WrittenFacts = Omit<TableFacts, 'columns'> & { readonly columns: readonly ColumnFacts[] };

/** What is taken to hold where nothing is known. */
export const noTable: TableFacts = Object.freeze({
  serverVersion: 0,
  kind: 'r',
  isSecured: false,
  hasChildren: false,
  hasRules: false,
  meddlesWithInserts: false,
  meddlesWithUpdates: false,
  isDoneByTriggers: false,
  columns: new Map<string, ColumnFacts>(),
  uniques: [],
});
