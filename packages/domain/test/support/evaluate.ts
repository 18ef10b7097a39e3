import { arrayContains, arraysOverlap, documentContains, partOf, sameDocument } from './contains.js';

/** A row by property. */
export type Row = Readonly<Record<string, unknown>>;

/** SQL's truth: NULL is neither true nor false. */
type Truth = boolean | null;

/** What a filter says of a row, without a database. `orders` gives the labels of enumerated fields in their order. */
export function evaluate(row: Row, filter: unknown, orders: Readonly<Record<string, readonly unknown[]>>): Truth {
  return all(
    Object.entries(Object(filter)).map(([name, value]): Truth => {
      const parts = () => (Array.isArray(value) ? value : []).map((part) => evaluate(row, part, orders));
      if (name === 'and') return all(parts());
      if (name === 'or') return negated(all(parts().map(negated)));
      if (name === 'not') return negated(evaluate(row, value, orders));
      return field(row[name], value, orders[name]);
    }),
  );
}

function all(parts: readonly Truth[]): Truth {
  if (parts.includes(false)) return false;
  return parts.includes(null) ? null : true;
}

function negated(truth: Truth): Truth {
  return truth === null ? null : !truth;
}

function field(actual: unknown, wanted: unknown, order: readonly unknown[] | undefined): Truth {
  const plain = typeof wanted === 'object' && wanted !== null && Object.getPrototypeOf(wanted) === Object.prototype;
  const operators: [string, unknown][] = plain ? Object.entries(Object(wanted)) : [['eq', wanted]];
  return all(operators.map(([name, operand]) => operator(name, actual, operand, order)));
}

/** Stands for the order of documents: only numbers have one among numbers, and texts among texts. */
export const documentOrder: readonly unknown[] = [];

/** What is asked of a part of a document, of which JSON's null is as unknown as none. */
function part(document: unknown, path: string, wanted: unknown): Truth {
  const found = document === null ? undefined : partOf(document, path.split('.'));
  const actual = found ?? null;
  const plain = typeof wanted === 'object' && wanted !== null && !Array.isArray(wanted);
  const operators: [string, unknown][] = plain ? Object.entries(Object(wanted)) : [['eq', wanted]];
  return all(
    operators.map(([name, operand]): Truth => {
      if (name === 'exists') return (found !== undefined) === operand;
      const ordered = name === 'between' ? Object(operand) : ['lt', 'lte', 'gt', 'gte'].includes(name) ? [operand] : [];
      const kinds: Truth[] = [...ordered].map((other) => (actual === null ? null : typeof actual === typeof other));
      return all([...kinds, operator(name, actual, operand, documentOrder)]);
    }),
  );
}

/** The lower case of the collation "C": of the letters of ASCII only. */
function lower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function operator(name: string, actual: unknown, operand: unknown, order: readonly unknown[] | undefined): Truth {
  const compared = (other: unknown, holds: (difference: number) => boolean): Truth =>
    actual === null ? null : holds(compare(actual, other, order));
  const list = Array.isArray(operand) ? operand : [];
  const asked = <T>(kind: (value: unknown) => value is T, holds: (value: T) => boolean): Truth =>
    actual === null ? null : kind(actual) && holds(actual);
  switch (name) {
    case 'at':
      return all(Object.entries(Object(operand)).map(([path, wanted]) => part(actual, path, wanted)));
    case 'ieq':
      return asked(isText, (value) => lower(value) === lower(String(operand)));
    case 'iin':
      return all([
        asked(isText, () => true),
        negated(all(list.map((item) => asked(isText, (value) => lower(value) !== lower(String(item)))))),
      ]);
    case 'contains':
      if (order === documentOrder) return actual === null ? null : documentContains(actual, operand);
      return asked(Array.isArray, (value) => arrayContains(value, list));
    case 'containedBy':
      if (order === documentOrder) return actual === null ? null : documentContains(operand, actual);
      return asked(Array.isArray, (value) => arrayContains(list, value));
    case 'overlaps':
      return asked(Array.isArray, (value) => arraysOverlap(value, list));
    case 'eq':
      return operand === null ? actual === null : compared(operand, (difference) => difference === 0);
    case 'ne':
      return operand === null ? actual !== null : compared(operand, (difference) => difference !== 0);
    case 'lt':
      return compared(operand, (difference) => difference < 0);
    case 'lte':
      return compared(operand, (difference) => difference <= 0);
    case 'gt':
      return compared(operand, (difference) => difference > 0);
    case 'gte':
      return compared(operand, (difference) => difference >= 0);
    case 'in':
      return negated(all(list.map((item) => compared(item, (difference) => difference !== 0))));
    case 'notIn':
      return all(list.map((item) => compared(item, (difference) => difference !== 0)));
    case 'between':
      return all([
        compared(list[0], (difference) => difference >= 0),
        compared(list[1], (difference) => difference <= 0),
      ]);
    case 'isNull':
      return (actual === null) === operand;
    case 'like':
      return asked(isText, (value) => likeExpression(String(operand), 'su').test(value));
    case 'ilike':
      return asked(isText, (value) => likeExpression(String(operand), 'sui').test(value));
    default:
      throw new Error(`no such operator: ${name}`);
  }
}

/** Which of two values is less to PostgreSQL: below 0 the first, 0 neither. */
export function compare(a: unknown, b: unknown, order: readonly unknown[] | undefined): number {
  if (Array.isArray(a)) return sameDocument(a, b) ? 0 : 1;
  if (order === documentOrder && (typeof a !== typeof b || typeof a === 'object')) return sameDocument(a, b) ? 0 : 1;
  if (order !== undefined && order !== documentOrder) return order.indexOf(a) - order.indexOf(b);
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  // To PostgreSQL, NaN equals NaN and is greater than every number.
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  if (a instanceof Date && b instanceof Date) return a.getTime() - b.getTime();
  const [one, two] = [ordinal(a), ordinal(b)];
  return one < two ? -1 : one > two ? 1 : 0;
}

function ordinal(value: unknown): number | bigint {
  return typeof value === 'number' || typeof value === 'bigint' ? value : Number(value);
}

function likeExpression(pattern: string, flags: string): RegExp {
  let source = '';
  const characters = [...pattern];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] ?? '';
    if (character === '%') source += '.*';
    else if (character === '_') source += '.';
    else source += escaped(character === '\\' ? (characters[++i] ?? '') : character);
  }
  return new RegExp(`^${source}$`, flags);
}

function escaped(character: string): string {
  return character.replace(/[$()*+./?[\\\]^{|}-]/, '\\$&');
}
