import { type AnyMapping, tableText } from '@uno/domain';
import { executeText, type Queryable, type TextStatement } from '@uno/postgres';
import { harmless } from '../statements/harmless.js';

/** How large a table is, its partitions together, and how often it was read. */
export interface TableSize {
  readonly bytes: number;
  /** As the server estimates; 0 where it does not know yet. */
  readonly rows: number;
  /** Scans of the whole table since the statistics began; the server tells them with a delay of some seconds. */
  readonly seqScans: number;
}

/** An index of the table. */
export interface IndexFacts {
  /** With its schema, quoted. */
  readonly name: string;
  /** The names of its columns; `null` in the place of an expression. */
  readonly columns: readonly (string | null)[];
  /** Whether it finds all rows by values that are equal. */
  readonly isFinder: boolean;
  readonly isUnique: boolean;
  /**
   * Whether nothing but reads needs it: no constraint, no uniqueness, no replication, no foreign key of the table, which
   * others' deletes look for, no statistics on an expression.
   */
  readonly isDispensable: boolean;
  readonly bytes: number;
  readonly scans: number;
  readonly definition: string;
}

/** A foreign key by which another table, or the same, refers to the table. */
export interface ReferenceFacts extends TableSize {
  readonly constraint: string;
  /** The table that refers, with its schema, quoted. */
  readonly table: string;
  readonly columns: readonly string[];
  readonly isIndexed: boolean;
  readonly isPartitioned: boolean;
}

/** What the catalogue and the statistics of the server say of a table. */
export interface TableCatalogue extends TableSize {
  /** `pg_class.relkind`: `r` a table, `p` partitioned, `v` a view, `f` a foreign table. */
  readonly kind: string;
  readonly hasUpdateTriggers: boolean;
  /** Milliseconds since the statistics were reset; since the server was started, if they never were. */
  readonly statisticsMs: number;
  readonly indexes: readonly IndexFacts[];
  readonly references: readonly ReferenceFacts[];
}

/** The size of the table whose oid an expression gives, as pairs for `json_build_object`. */
function sizeOf(oid: string): string {
  return `(select json_build_object('bytes', coalesce(sum(pg_relation_size(p.oid)), 0),
      'rows', coalesce(sum(case when p.reltuples > 0 then p.reltuples else pg_stat_get_live_tuples(p.oid) end), 0),
      'seqScans', coalesce(sum(pg_stat_get_numscans(p.oid)), 0))
    from pg_class p where p.relkind <> 'p'
      and p.oid in (select ${oid} union select relid from pg_partition_tree(${oid})))`;
}

const columnsOf = (relation: string, numbers: string) =>
  `(select json_agg(a.attname order by k.ord) from unnest(${numbers}) with ordinality as k(number, ord)
    left join pg_attribute a on a.attrelid = ${relation} and a.attnum = k.number and a.attnum > 0)`;

const qualified = (schema: string, name: string) => `quote_ident(${schema}) || '.' || quote_ident(${name})`;

/** Nothing in it waits for others, but for who changes the definition of the table. `tgtype` & 16 is UPDATE. */
const tableCatalogue: TextStatement = {
  sql: `select json_build_object(
      'kind', c.relkind,
      'size', ${sizeOf('c.oid')},
      'hasUpdateTriggers', exists (select from pg_trigger t
        where t.tgrelid in (select c.oid union select relid from pg_partition_tree(c.oid))
          and not t.tgisinternal and t.tgenabled <> 'D' and t.tgtype & 16 = 16),
      'statisticsMs', (select extract(epoch from clock_timestamp()
          - coalesce(pg_stat_get_db_stat_reset_time(d.oid), pg_postmaster_start_time())) * 1000
        from pg_database d where d.datname = current_database()),
      'indexes', coalesce((select json_agg(json_build_object(
          'name', ${qualified('s.nspname', 'n.relname')},
          'columns', ${columnsOf('i.indrelid', 'i.indkey[0:i.indnkeyatts - 1]')},
          'isFinder', i.indisvalid and i.indpred is null and m.amname in ('btree', 'hash'),
          'isUnique', i.indisvalid and i.indisunique,
          'isDispensable', i.indisvalid and not (i.indisunique or i.indisreplident or i.indisclustered
            or n.relispartition or i.indexprs is not null
            or exists (select from pg_constraint q where q.conindid = i.indexrelid)
            or exists (select from pg_constraint q
              where q.contype = 'f' and q.conrelid = i.indrelid and i.indkey[0] = any (q.conkey))),
          'bytes', (select coalesce(sum(pg_relation_size(p.oid)), 0) from pg_class p where p.relkind = 'i'
            and p.oid in (select i.indexrelid union select relid from pg_partition_tree(i.indexrelid))),
          'scans', (select sum(pg_stat_get_numscans(p.oid)) from pg_class p
            where p.oid in (select i.indexrelid union select relid from pg_partition_tree(i.indexrelid))),
          'definition', pg_get_indexdef(i.indexrelid)) order by n.relname)
        from pg_index i join pg_class n on n.oid = i.indexrelid join pg_namespace s on s.oid = n.relnamespace
          join pg_am m on m.oid = n.relam
        where i.indrelid = c.oid), '[]'),
      'references', coalesce((select json_agg(json_build_object(
          'constraint', f.conname,
          'table', ${qualified('s.nspname', 'r.relname')},
          'columns', ${columnsOf('f.conrelid', 'f.conkey')},
          'isIndexed', exists (select from pg_index i
            where i.indrelid = f.conrelid and i.indisvalid and i.indkey[0] = any (f.conkey)),
          'isPartitioned', r.relkind = 'p',
          'size', ${sizeOf('r.oid')}) order by f.conname)
        from pg_constraint f join pg_class r on r.oid = f.conrelid join pg_namespace s on s.oid = r.relnamespace
        where f.contype = 'f' and f.confrelid = c.oid and f.conparentid = 0), '[]'))
    from pg_class c where c.oid = to_regclass($1)`,
};

/** As the statement writes them. */
interface WrittenCatalogue extends Omit<TableCatalogue, 'references' | keyof TableSize> {
  readonly size: TableSize;
  readonly references: readonly (Omit<ReferenceFacts, keyof TableSize> & { readonly size: TableSize })[];
}

/** Asks the catalogue; `undefined` where there is no such table. One statement. */
export async function readTableCatalogue(
  db: Queryable,
  mapping: AnyMapping,
  signal: AbortSignal | undefined,
): Promise<TableCatalogue | undefined> {
  const { rows } = await executeText(db, tableCatalogue, [tableText(mapping)], { signal }).catch((error: unknown) => {
    throw harmless(error);
  });
  const text = rows[0]?.[0];
  if (text === undefined || text === null) return undefined;
  const { size, references, ...facts } = JSON.parse(text) as WrittenCatalogue;
  return { ...facts, ...size, references: references.map(({ size: own, ...reference }) => ({ ...reference, ...own })) };
}
