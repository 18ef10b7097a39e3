import { executeTextSql, type Queryable, UnoError } from '@uno/postgres';
import { sql } from 'kysely';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { Field } from '../mapping/field.js';
import { tableText } from '../mapping/table-sql.js';

/** One way in which a mapping and its table disagree. */
export interface MappingDifference {
  readonly entity: string;
  readonly table: string;
  /** The property, where it is about one. */
  readonly field?: string;
  readonly problem: string;
}

/** Mappings that do not fit the tables of the database. */
export class MappingMismatchError extends UnoError {
  readonly code = 'UNO_MAPPING_MISMATCH';
  readonly differences: readonly MappingDifference[];

  constructor(differences: readonly MappingDifference[]) {
    const lines = differences.map(({ entity, table, field, problem }) =>
      field === undefined ? `  ${entity} (${table}): ${problem}` : `  ${entity}.${field} (${table}): ${problem}`,
    );
    super(`The mappings do not fit the database in ${differences.length} way(s):\n${lines.join('\n')}`, 'never', {
      operation: 'checkMappings',
    });
    this.differences = Object.freeze([...differences]);
  }
}

/**
 * Compares mappings with the tables as they are: columns, types, NULLs, defaults, generated columns, keys and unique
 * sets. Two statements a mapping; changes nothing.
 *
 * @throws MappingMismatchError that lists every difference of all of them
 * @example
 * ```ts
 * await checkMappings(db, [countries, cities]); // when a service starts
 * ```
 */
export async function checkMappings(db: Queryable, mappings: readonly AnyMapping[]): Promise<void> {
  const differences: MappingDifference[] = [];
  for (const mapping of mappings) {
    const about = { entity: mapping.name, table: mapping.tableName };
    for (const { field, problem } of await compare(db, mapping)) {
      differences.push(field === undefined ? { ...about, problem } : { ...about, field: field.property, problem });
    }
  }
  if (differences.length > 0) throw new MappingMismatchError(differences);
}

interface Problem {
  readonly field?: Field;
  readonly problem: string;
}

interface LiveColumn {
  readonly type: string;
  readonly sameBaseType: boolean;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  readonly generated: boolean;
  /** Whether texts that differ can be equal, as in a collation that ignores case. */
  readonly looseEquality: boolean;
}

async function compare(db: Queryable, mapping: AnyMapping): Promise<Problem[]> {
  const live = await readColumns(db, mapping);
  if (live.size === 0) return [{ problem: 'there is no such table' }];
  const problems = mapping.fields.flatMap((field) =>
    compareField(field, live.get(field.column)).map((problem) => ({ field, problem })),
  );
  const mapped = new Set(mapping.fields.map((field) => field.column));
  const extra = [...live]
    .filter(([name, column]) => !mapped.has(name) && column.notNull && !column.hasDefault && !column.generated)
    .map(([name]) => ({
      problem: `the column "${name}" is not mapped, may not be NULL and has no default, so nothing can be added`,
    }));
  return [...problems, ...extra, ...(await compareUniques(db, mapping))];
}

function compareField(field: Field, live: LiveColumn | undefined): string[] {
  if (live === undefined) return [`there is no column "${field.column}"`];
  const problems: string[] = [];
  if (!live.sameBaseType || !sameModifier(field.type.sql, live.type)) {
    problems.push(`mapped as ${field.type.sql}, but the column is ${live.type}`);
  }
  if (!field.nullable && !live.notNull) problems.push('mapped as not null, but the column may be NULL');
  if (field.nullable && live.notNull) problems.push('mapped as nullable, but the column is NOT NULL');
  if (live.generated && field.insertMode !== 'never') problems.push('the column is generated; map it with .computed()');
  if (!live.generated && field.insertMode === 'never')
    problems.push('mapped as computed, but the column is not generated');
  if (field.isKey && live.looseEquality) {
    problems.push(
      'the key has a nondeterministic collation: keys of other text would be equal, and uno tells keys by their text',
    );
  }
  if (field.insertMode === 'optional' && !field.nullable && !live.hasDefault && !live.generated) {
    problems.push('mapped with a default, but the column has none');
  }
  return problems;
}

/** A length or precision that the mapping names has to be the column's; that of a timestamp only rounds. */
function sameModifier(mapped: string, live: string): boolean {
  const modifier = /\((.*)\)/.exec(mapped)?.[1];
  if (modifier === undefined || mapped.startsWith('timestamp')) return true;
  return modifier.replaceAll(' ', '') === /\((.*)\)/.exec(live)?.[1]?.replaceAll(' ', '');
}

async function readColumns(db: Queryable, mapping: AnyMapping): Promise<Map<string, LiveColumn>> {
  const names = mapping.fields.map((field) => field.column);
  const types = mapping.fields.map((field) => field.type.sql);
  const { rows } = await executeTextSql(
    db,
    sql`select a.attname, format_type(a.atttypid, a.atttypmod), m.type is null or coalesce(to_regtype(m.type) = a.atttypid, false),
        a.attnotnull, (a.atthasdef and a.attgenerated = '') or a.attidentity <> '', a.attgenerated <> '', not coalesce(c.collisdeterministic, true)
      from pg_attribute a
      left join pg_collation c on c.oid = a.attcollation
      left join unnest(${names}::text[], ${types}::text[]) as m(name, type) on m.name = a.attname
      where a.attrelid = to_regclass(${tableText(mapping)}) and a.attnum > 0 and not a.attisdropped`,
  );
  return new Map(
    rows.map(([name, type, same, notNull, hasDefault, generated, looseEquality]) => [
      String(name),
      {
        type: String(type),
        sameBaseType: same === 't',
        notNull: notNull === 't',
        hasDefault: hasDefault === 't',
        generated: generated === 't',
        looseEquality: looseEquality === 't',
      },
    ]),
  );
}

async function compareUniques(db: Queryable, mapping: AnyMapping): Promise<Problem[]> {
  const { rows } = await executeTextSql(
    db,
    sql`select json_agg(a.attname)
      from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1])
      where i.indrelid = to_regclass(${tableText(mapping)}) and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
      group by i.indexrelid`,
  );
  const live = new Set(rows.map(([names]) => sorted(JSON.parse(String(names)))));
  const wanted = [
    { what: 'the key', properties: mapping.key },
    ...mapping.uniques.map((properties) => ({ what: 'the unique set', properties })),
  ];
  return wanted
    .filter(({ properties }) => !live.has(sorted(properties.map((property) => mapping.field(property).column))))
    .map(({ what, properties }) => ({ problem: `${what} (${properties.join(', ')}) has no unique index` }));
}

function sorted(names: readonly string[]): string {
  return JSON.stringify([...names].sort());
}
