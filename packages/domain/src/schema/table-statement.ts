import type { TextStatement } from '@uno/postgres';

/**
 * A type as a {@link TypeDescription}, but for what it is made of.
 *
 * @param type - an alias of `pg_type`
 */
const typeParts = (type: string, modifier: string) => `
  'sql', format_type(${type}.oid, ${modifier}),
  'plainSql', format_type(${type}.oid, -1),
  'labels', case when ${type}.typtype = 'e' then
    coalesce((select json_agg(enumlabel order by enumsortorder) from pg_enum where enumtypid = ${type}.oid), '[]') end`;

/** An array proper is the one that its element names: "oidvector" and "name" have elements too, and other texts. */
const kindSql = (
  type: string,
) => `case ${type}.typtype when 'd' then 'domain' when 'e' then 'enum' when 'c' then 'composite'
  when 'r' then 'range' when 'm' then 'range' else case when exists
    (select from pg_type e where e.oid = ${type}.typelem and e.typarray = ${type}.oid) then 'array' else 'scalar' end end`;

const columns = `
  select json_agg(json_build_object(
      'name', a.attname,
      'type', json_build_object(${typeParts('y', 'a.atttypmod')}, 'kind', ${kindSql('y')},
        'dimensions', a.attndims,
        'of', case when o.oid is not null then json_build_object(${typeParts('o', 'b.modifier')}, 'kind', ${kindSql('o')},
          'dimensions', 0, 'of', null) end),
      'nullable', not (a.attnotnull or coalesce(b.not_null, false)),
      'default', case when a.attgenerated = '' then
        coalesce(pg_get_expr(d.adbin, d.adrelid), case when y.typtype = 'd' then pg_get_expr(y.typdefaultbin, 0) end) end,
      'identity', case a.attidentity when 'a' then 'always' when 'd' then 'by default' end,
      'sequence', case when c.relkind in ('r', 'p', 'f') then pg_get_serial_sequence(c.oid::regclass::text, a.attname) end,
      'generated', case when a.attgenerated <> '' then
        json_build_object('expression', pg_get_expr(d.adbin, d.adrelid), 'stored', a.attgenerated = 's') end,
      'collation', case when l.oid <> coalesce(case when y.typtype = 'd' then o.typcollation end, y.typcollation) then
        case when pg_collation_is_visible(l.oid) then '' else quote_ident(ln.nspname) || '.' end || quote_ident(l.collname) end,
      'looseCollation', case when not l.collisdeterministic then json_build_object(
        'schema', case when not pg_collation_is_visible(l.oid) then ln.nspname end, 'name', l.collname) end,
      'comment', col_description(c.oid, a.attnum)
    ) order by a.attnum)
  from pg_attribute a
  join pg_type y on y.oid = a.atttypid
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  left join pg_collation l on l.oid = a.attcollation
  left join pg_namespace ln on ln.oid = l.collnamespace
  left join lateral (
    with recursive under(type, modifier, depth) as (
      select y.oid, a.atttypmod, 0
      union all
      select t.typbasetype, t.typtypmod, depth + 1 from under join pg_type t on t.oid = under.type where t.typtype = 'd'
    )
    select bool_or(t.typnotnull) as not_null, (array_agg(under.type order by depth desc))[1] as type,
      (array_agg(under.modifier order by depth desc))[1] as modifier
    from under join pg_type t on t.oid = under.type
  ) b on true
  left join pg_type o on o.oid = case when y.typtype = 'd' then b.type else
    (select e.oid from pg_type e where e.oid = y.typelem and e.typarray = y.oid) end
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped`;

/** The columns of a list of numbers, in its order; a column that an expression stands for is null. */
const namesOf = (table: string, numbers: string) => `
  (select json_agg(a.attname order by k.place)
    from unnest(${numbers}) with ordinality as k(number, place)
    left join pg_attribute a on a.attrelid = ${table} and a.attnum = k.number and a.attnum > 0)`;

const keyColumns = namesOf('i.indrelid', '(i.indkey::int2[])[0:i.indnkeyatts - 1]');

const indexes = `
  select json_build_object(
    'primaryKey', (json_agg(json_build_object('name', n.relname, 'columns', ${keyColumns})) filter (where i.indisprimary)) -> 0,
    'uniques', coalesce(json_agg(json_build_object(
        'name', n.relname,
        'columns', ${keyColumns},
        'isConstraint', exists (select from pg_constraint where conindid = i.indexrelid and contype = 'u'),
        'predicate', pg_get_expr(i.indpred, i.indrelid),
        'isImmediate', i.indimmediate,
        'nullsNotDistinct', coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false)
      ) order by i.indexrelid) filter (where i.indisunique and i.indisvalid and not i.indisprimary), '[]'),
    'indexes', coalesce(json_agg(json_build_object(
        'name', n.relname,
        'definition', pg_get_indexdef(i.indexrelid),
        'isPrimary', i.indisprimary,
        'isUnique', i.indisunique,
        'isValid', i.indisvalid,
        'bytes', (select coalesce(sum(pg_relation_size(relid)), 0) from parts),
        'scans', (select coalesce(sum(pg_stat_get_numscans(relid)), 0) from parts)
      ) order by i.indexrelid), '[]'))
  from pg_index i join pg_class n on n.oid = i.indexrelid
  where i.indrelid = c.oid`.replaceAll(
  'from parts',
  'from (select i.indexrelid as relid union select relid::oid from pg_partition_tree(i.indexrelid)) as parts',
);

/** The constraints that a partitioned target has for each of its partitions say nothing new. */
const foreignKeys = `
  select coalesce(json_agg(json_build_object(
      'name', f.conname,
      'columns', ${namesOf('f.conrelid', 'f.conkey')},
      'references', json_build_object('schema', tn.nspname, 'name', t.relname, 'sqlName', t.oid::regclass::text,
        'columns', ${namesOf('f.confrelid', 'f.confkey')}),
      'definition', pg_get_constraintdef(f.oid)
    ) order by f.oid), '[]')
  from pg_constraint f join pg_class t on t.oid = f.confrelid join pg_namespace tn on tn.oid = t.relnamespace
  where f.conrelid = c.oid and f.contype = 'f'
    and not exists (select from pg_constraint p where p.oid = f.conparentid and p.conrelid = f.conrelid)`;

/**
 * One JSON document of all that there is to say of the relation that `$1` names; no row where there is none.
 * What not all versions have is read by way of `to_jsonb`.
 */
export const tableStatement: TextStatement = {
  sql: `select json_build_object(
      'schema', n.nspname,
      'name', c.relname,
      'sqlName', c.oid::regclass::text,
      'kind', c.relkind,
      'comment', obj_description(c.oid, 'pg_class'),
      'privileges', json_build_object(
        'select', has_any_column_privilege(c.oid, 'select'), 'insert', has_any_column_privilege(c.oid, 'insert'),
        'update', has_any_column_privilege(c.oid, 'update'), 'delete', has_table_privilege(c.oid, 'delete')),
      'columns', coalesce((${columns}), '[]'),
      'keys', (${indexes}),
      'foreignKeys', (${foreignKeys}),
      'triggers', (select coalesce(json_agg(json_build_object('name', tgname,
          'definition', pg_get_triggerdef(oid), 'isEnabled', tgenabled <> 'D') order by tgname), '[]')
        from pg_trigger where tgrelid = c.oid and not tgisinternal),
      'rowSecurity', json_build_object('isEnabled', c.relrowsecurity, 'isActive', row_security_active(c.oid),
        'policies', (select coalesce(json_agg(polname order by polname), '[]') from pg_policy where polrelid = c.oid)),
      'size', (select json_build_object('total', coalesce(sum(pg_total_relation_size(relid)), 0),
          'heap', coalesce(sum(pg_table_size(relid)), 0), 'indexes', coalesce(sum(pg_indexes_size(relid)), 0)) from parts),
      'estimatedRows', (select sum(p.reltuples)::bigint from parts join pg_class p on p.oid = relid
        where p.relkind in ('r', 'm', 'f') and p.reltuples >= 0))
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.oid = to_regclass($1)`.replaceAll(
    'from parts',
    'from (select c.oid as relid union select relid::oid from pg_partition_tree(c.oid)) as parts',
  ),
};

/** The tables that the role may use, as SQL writes their names, with their bare names: those that it sees first. */
export const tableNamesStatement: TextStatement = {
  sql: `select c.oid::regclass::text, c.relname
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
      and has_schema_privilege(n.oid, 'usage') and has_any_column_privilege(c.oid, 'select, insert')
    order by not pg_table_is_visible(c.oid), 1
    limit 5000`,
};
