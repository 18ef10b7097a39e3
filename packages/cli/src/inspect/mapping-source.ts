import { type ColumnDescription, keyColumns, type TableDescription, uniqueSets } from '@uno/domain';
import { camelCase, className, propertyNames } from './names.js';
import { areEqual, type RelationSource, relationsOf } from './relation-source.js';
import { docComment, quoted, sqlTemplate } from './source-text.js';
import { typeSource } from './type-source.js';

/** A column in source. */
interface ColumnSource {
  readonly property: string;
  readonly type: string;
  readonly code: string;
  readonly comment: string | null;
}

/**
 * The source of a class and its mapping for a table, which compiles, and which `checkMappings` finds to fit the table.
 * Properties are in camel case. A domain is mapped by the type under it, what uno has no type for by PostgreSQL's text;
 * arrays as having no NULL in them; a `timestamptz` as a Date, which has milliseconds, unless it identifies a row.
 */
export function mappingSource(table: TableDescription): string {
  const entity = className(table.name);
  const names = propertyNames(table.columns.map(({ name }) => name));
  const nameOf = (column: string): string => names.get(column) ?? column;
  const key = keyColumns(table);
  const uniques = uniqueSets(table).filter((unique) => !areEqual(unique, key));
  const identifying = new Set([...(key ?? []), ...uniques.flat()]);
  const columns = table.columns.map((column) =>
    columnSource(column, nameOf(column.name), identifying.has(column.name)),
  );
  const relations = relationsOf(table, entity, key, names);
  const config = [
    `table: ${quoted(table.name)},`,
    ...(isFoundByName(table) ? [] : [`schema: ${quoted(table.schema)},`]),
    ...keyLines(key?.map(nameOf), columns),
    'columns: {',
    ...columns.map(({ property, code }) => `  ${property}: ${code},`),
    '},',
    ...relationLines(relations),
    ...(uniques.length === 0 ? [] : [`uniques: [${uniques.map((unique) => listOf(unique.map(nameOf))).join(', ')}],`]),
  ];
  const body = [
    ...(table.comment === null ? [] : [docComment(table.comment)]),
    `export class ${entity} {`,
    ...columns.flatMap(({ property, type, comment }) => [
      ...(comment === null ? [] : [`  ${docComment(comment)}`]),
      `  ${property}!: ${type};`,
    ]),
    ...relations.flatMap(({ name, type, isMapped }) => (isMapped ? [`  ${name}?: ${type};`] : [])),
    '}',
    '',
    `export const ${camelCase(table.name, 'row')}Mapping = mapEntity(${entity}, {`,
    ...config.map((line) => `  ${line}`),
    '});',
  ];
  return `${[...importsOf(columns, relations), '', ...body].join('\n')}\n`;
}

/** Whether the name alone leads to the table, by the search path of the connection that has read it. */
function isFoundByName({ name, sqlName }: TableDescription): boolean {
  // A name with a dot would be taken for one with a schema.
  return !name.includes('.') && (sqlName === name || sqlName === `"${name.replaceAll('"', '""')}"`);
}

function columnSource(column: ColumnDescription, property: string, identifies: boolean): ColumnSource {
  const { name, nullable, comment } = column;
  const { code, property: type } = typeSource(column, identifies);
  return {
    property,
    type: nullable ? `${type} | null` : type,
    code: `${code}${property === name ? '' : `.named(${quoted(name)})`}${nullable ? '.nullable()' : ''}${originCode(column)}`,
    comment,
  };
}

function originCode({ identity, generated, sequence, default: expression }: ColumnDescription): string {
  if (identity !== null) return identity === 'always' ? `.generated('always')` : '.generated()';
  if (generated !== null) return `.computed(${sqlTemplate(generated.expression)})`;
  if (expression === null) return '';
  // Of a serial column; the sequence belongs to the table.
  return sequence === null ? `.default(${sqlTemplate(expression)})` : '.generated()';
}

function keyLines(key: readonly string[] | undefined, columns: readonly ColumnSource[]): string[] {
  if (key === undefined) {
    const all = columns.map(({ property }) => property);
    return [
      '// No key and no unique set tells the rows of this table apart: say here what does.',
      `key: ${listOf(all)},`,
    ];
  }
  const [only = '', ...more] = key;
  if (more.length > 0) return [`key: ${listOf(key)},`];
  return only === 'id' ? [] : [`key: ${quoted(only)},`];
}

function listOf(names: readonly string[]): string {
  return `[${names.map(quoted).join(', ')}]`;
}

function relationLines(relations: readonly RelationSource[]): string[] {
  const mapped = relations.filter(({ isMapped }) => isMapped);
  const others = relations.filter(({ isMapped }) => !isMapped);
  const lines = [
    ...others.map(({ name, code, target }) => `// When ${target} is mapped: relations: { ${name}: ${code} }`),
    ...(mapped.length === 0 ? [] : ['relations: {', ...mapped.map(({ name, code }) => `  ${name}: ${code},`), '},']),
  ];
  return lines;
}

function importsOf(columns: readonly ColumnSource[], relations: readonly RelationSource[]): string[] {
  const belongsTo = relations.some(({ isMapped }) => isMapped) ? 'belongsTo, ' : '';
  const lines = [`import { ${belongsTo}column, mapEntity } from '@uno/domain';`];
  if (columns.some(({ type }) => /\bJson\b/.test(type.replace(/'[^']*'/g, ''))))
    lines.push(`import type { Json } from '@uno/postgres';`);
  if (columns.some(({ code }) => /\.(default|computed)\(sql`/.test(code))) lines.push(`import { sql } from 'kysely';`);
  return lines;
}
