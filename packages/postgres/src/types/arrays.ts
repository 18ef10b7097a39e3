import { parse } from 'postgres-array';
import { InvalidValue, invalid, type PgType } from './pg-type.js';

/**
 * One element of an array literal. PostgreSQL's documentation, "Array Input and Output Syntax": quotes and backslashes
 * are escaped by a backslash inside of double quotes; an unquoted NULL is the null value.
 */
function element(encoded: string | null, bare: boolean): string {
  if (encoded === null) return 'NULL';
  if (bare) return encoded;
  // Looked for by themselves, which is faster than by an expression.
  if (!encoded.includes('"') && !encoded.includes('\\')) return `"${encoded}"`;
  return `"${encoded.replace(/["\\]/g, '\\$&')}"`;
}

/**
 * The text of a one-dimensional array of values that are encoded already: the parameter that carries a column of a
 * batch. Building it here rather than by the driver's generic encoder is about 1.4 times as fast on whole inserts.
 */
export function arrayLiteral(values: readonly (string | null)[], bare: boolean): string {
  // Joined, it is one flat string; added up, it would be a tree of parts, which costs the garbage collector more.
  return `{${values.map((value) => element(value, bare)).join()}}`;
}

/** An array of values of one type; nested, it has more dimensions. `null` elements are allowed where the caller says so. */
export function arrayOf<T, Driver>(item: PgType<T, Driver>, nullableItems: boolean): PgType<T[], Driver[]> {
  // integer[][] and integer[] are the same type to PostgreSQL, which writes the latter.
  const sql = item.array
    ? item.sql
    : item.looseCollation === undefined
      ? `${item.sql}[]`
      : item.sql.replace(/(?= collate )/, '[]');

  function encodeItem(value: unknown): string {
    if (value !== null && value !== undefined)
      return item.array ? item.encode(value) : element(item.encode(value), item.bare);
    if (!nullableItems || item.array) throw new InvalidValue(`${sql} takes no null elements here`);
    return 'NULL';
  }

  return Object.freeze({
    sql,
    encode(value: unknown): string {
      if (!Array.isArray(value)) return invalid(sql, 'an array', value);
      // Unlike `map`, this does not pass over the holes of a sparse array.
      const items = Array.from(value, encodeItem);
      if (item.array && new Set(items.map(shapeOf)).size > 1) {
        throw new InvalidValue(`${sql} takes rows of equal length`);
      }
      const encoded = `{${items.join(',')}}`;
      // PostgreSQL has no empty rows: {{},{}} is {} there, an array without dimensions.
      return /^[{},]*$/.test(encoded) ? '{}' : encoded;
    },
    decode(text: string): T[] {
      const values = item.array ? parseNested(text, item) : parse(text, (part) => item.decode(part));
      if (!nullableItems && text.includes('NULL') && hasNull(values)) {
        throw new RangeError(`an array of ${item.sql} with null elements; map the elements with .nullable()`);
      }
      return values;
    },
    parse(text: string): T[] {
      const literal = text.trim();
      if (!literal.startsWith('{') || !literal.endsWith('}')) return invalid(sql, 'text as {a,b}', text);
      try {
        const parsed = item.parse?.bind(item) ?? item.decode.bind(item);
        const values = item.array ? parseNested(literal, { ...item, decode: parsed }) : parse(literal, parsed);
        if (nullableItems || !hasNull(values)) return values;
      } catch (error) {
        if (error instanceof InvalidValue) throw error;
        return invalid(sql, 'text as {a,b}', text);
      }
      throw new InvalidValue(`${sql} takes no null elements here`);
    },
    item,
    bare: false,
    canonical: false,
    collated: item.collated,
    comparable: item.comparable,
    array: true,
    unnestsApart: true,
    ...(item.enumeration === undefined ? {} : { enumeration: item.enumeration }),
    ...(item.looseCollation === undefined ? {} : { looseCollation: item.looseCollation }),
    mutable: true,
    copy: (values: T[]) => copyItems(values, item),
  });
}

/**
 * The brackets of an encoded array, with every element written alike: rows of equal shape have equal lengths at every
 * level. The values themselves would not tell, since a JSON document can be an array too.
 */
function shapeOf(encoded: string): string {
  return encoded.replace(/"(?:[^"\\]|\\.)*"|[^{},"]+/gs, '_');
}

/** The inner levels are cut out of the text at top-level commas and each decoded by its own type. */
function parseNested<T>(text: string, item: PgType<T, unknown>): T[] {
  const body = text.slice(text.indexOf('{') + 1, -1);
  const values: T[] = [];
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let i = 0; i < body.length; i++) {
    const character = body[i];
    if (character === '\\') i++;
    else if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === '{' && depth++ === 0) start = i;
    else if (character === '}' && --depth === 0) values.push(item.decode(body.slice(start, i + 1)));
  }
  return values;
}

function hasNull(values: readonly unknown[]): boolean {
  return values.some((value) => value === null);
}

function copyItems<T>(values: T[], item: PgType<T, unknown>): T[] {
  return item.mutable ? values.map((value) => (value === null ? value : item.copy(value))) : values.slice();
}
