import { type ColumnDescription, castableType, type TypeDescription } from '@uno/domain';
import { quoted } from './source-text.js';

/** A column's type in source: how the mapping says it, and what the property is in TypeScript. */
export interface TypeSource {
  readonly code: string;
  readonly property: string;
}

const fixed: ReadonlyMap<string, TypeSource> = new Map([
  ['smallint', { code: 'column.smallint()', property: 'number' }],
  ['integer', { code: 'column.integer()', property: 'number' }],
  ['bigint', { code: 'column.bigint()', property: 'bigint' }],
  ['real', { code: 'column.real()', property: 'number' }],
  ['double precision', { code: 'column.double()', property: 'number' }],
  ['numeric', { code: 'column.numeric()', property: 'string' }],
  ['boolean', { code: 'column.boolean()', property: 'boolean' }],
  ['text', { code: 'column.text()', property: 'string' }],
  ['uuid', { code: 'column.uuid()', property: 'string' }],
  ['date', { code: 'column.date()', property: 'string' }],
  ['time without time zone', { code: 'column.time()', property: 'string' }],
  ['timestamp without time zone', { code: 'column.timestamp()', property: 'string' }],
  ['json', { code: 'column.json()', property: 'Json' }],
  ['jsonb', { code: 'column.jsonb()', property: 'Json' }],
  ['bytea', { code: 'column.bytea()', property: 'Uint8Array' }],
]);

/**
 * @param identifies - whether it tells rows apart, which a Date cannot, being cut to milliseconds
 */
export function typeSource({ type, looseCollation }: ColumnDescription, identifies: boolean): TypeSource {
  if (type.sql === 'text' && looseCollation !== null) {
    const { schema, name } = looseCollation;
    const where = schema === null ? '' : `, schema: ${quoted(schema)}`;
    return { code: `column.text({ nondeterministic: ${quoted(name)}${where} })`, property: 'string' };
  }
  return sourceOf(type, identifies) ?? byText(type);
}

/** By PostgreSQL's own text for it. */
function byText(type: TypeDescription): TypeSource {
  return { code: `column.ofType(${quoted(castableType(type))})`, property: 'string' };
}

function sourceOf(type: TypeDescription, identifies: boolean): TypeSource | undefined {
  const { sql, plainSql, kind, labels, of } = type;
  // A domain by the type under it, which says more; PostgreSQL checks its constraints.
  if (kind === 'domain') return of === null ? undefined : sourceOf(of, identifies);
  if (kind === 'array') return arraySource(type, identifies);
  if (labels !== null && labels.length > 0) {
    const list = labels.map(quoted);
    return { code: `column.enumeration(${quoted(sql)}, [${list.join(', ')}])`, property: list.join(' | ') };
  }
  if (plainSql === 'timestamp with time zone') {
    return identifies
      ? { code: `column.timestamptz({ as: 'string' })`, property: 'string' }
      : { code: 'column.timestamptz()', property: 'Date' };
  }
  return limited(sql) ?? fixed.get(/^time/.test(sql) ? plainSql : sql);
}

/** Types with a modifier that the mapping says, too. */
function limited(sql: string): TypeSource | undefined {
  const [, name = '', size = '', scale] = /^([a-z ]+)\((\d+)(?:,(\d+))?\)$/.exec(sql) ?? [];
  if (name === 'character varying') return { code: `column.varchar(${size})`, property: 'string' };
  if (name === 'character') return { code: `column.char(${size})`, property: 'string' };
  if (name === 'numeric') return { code: `column.numeric(${size}, ${scale ?? 0})`, property: 'string' };
  return undefined;
}

function arraySource({ of, dimensions }: TypeDescription, identifies: boolean): TypeSource | undefined {
  const item = of === null || of.kind === 'domain' ? undefined : sourceOf(of, identifies);
  if (item === undefined) return undefined;
  const depth = Math.max(1, dimensions);
  const element = item.property.includes(' | ') ? `(${item.property})` : item.property;
  return {
    code: `${'column.array('.repeat(depth)}${item.code}${')'.repeat(depth)}`,
    property: `${element}${'[]'.repeat(depth)}`,
  };
}
