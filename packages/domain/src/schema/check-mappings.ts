import { executeTextSql, type Queryable, UnoError } from '@uno/postgres';
import { sql } from 'kysely';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { Field } from '../mapping/field.js';
import { tableText } from '../mapping/table-sql.js';
import { type LiveColumn, readColumns } from './live-columns.js';

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
 * sets; of a view, whose columns say no more, only columns and types. A column of a domain may be mapped by the type under
 * it. Two statements a mapping; changes nothing.
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

async function compare(db: Queryable, mapping: AnyMapping): Promise<Problem[]> {
  const live = await readColumns(db, mapping);
  if (live.size === 0) return [{ problem: 'there is no such table' }];
  const problems = mapping.fields.flatMap((field) =>
    compareField(field, live.get(field.column)).map((problem) => ({ field, problem })),
  );
  if ([...live.values()].some(({ elsewhere }) => elsewhere)) return problems;
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
  problems.push(...compareCollation(field, live));
  return live.elsewhere ? problems : [...problems, ...compareNulls(field, live), ...compareOrigin(field, live)];
}

function compareNulls(field: Field, live: LiveColumn): string[] {
  const problems: string[] = [];
  if (!field.nullable && !live.notNull) problems.push('mapped as not null, but the column may be NULL');
  if (field.nullable && live.notNull) problems.push('mapped as nullable, but the column is NOT NULL');
  return problems;
}

function compareCollation(field: Field, live: LiveColumn): string[] {
  const mapped = field.type.looseCollation;
  if (mapped !== undefined && mapped !== live.looseCollation && mapped !== live.looseCollationPath) {
    return [`mapped with the nondeterministic collation ${mapped}, which the column does not have`];
  }
  if (mapped === undefined && live.looseCollation !== undefined && field.isKey) {
    return [
      `the key has the nondeterministic collation ${live.looseCollation}, under which other text can be equal; map it with column.text({ nondeterministic: … })`,
    ];
  }
  return [];
}

function compareOrigin(field: Field, live: LiveColumn): string[] {
  const { origin } = field.definition;
  const computed = origin?.kind === 'computed';
  const alwaysCounted = origin?.kind === 'identity' && origin.always;
  const problems: string[] = [];
  if (live.generated && !computed) problems.push('the column is generated; map it with .computed()');
  if (!live.generated && computed) problems.push('mapped as computed, but the column is not generated');
  if (live.alwaysCounted && !alwaysCounted) {
    problems.push(`the column is GENERATED ALWAYS AS IDENTITY and takes no value; map it with .generated('always')`);
  }
  if (!live.alwaysCounted && alwaysCounted) {
    problems.push('mapped as always generated, but the column is not GENERATED ALWAYS AS IDENTITY');
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
