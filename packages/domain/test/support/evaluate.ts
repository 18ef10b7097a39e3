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

function operator(name: string, actual: unknown, operand: unknown, order: readonly unknown[] | undefined): Truth {
  const compared = (other: unknown, holds: (difference: number) => boolean): Truth =>
    actual === null ? null : holds(compare(actual, other, order));
  const list = Array.isArray(operand) ? operand : [];
  switch (name) {
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
      return actual === null ? null : likeExpression(String(operand), 'su').test(String(actual));
    case 'ilike':
      return actual === null ? null : likeExpression(String(operand), 'sui').test(String(actual));
    default:
      throw new Error(`no such operator: ${name}`);
  }
}

/** Which of two values is less to PostgreSQL: below 0 the first, 0 neither. */
export function compare(a: unknown, b: unknown, order: readonly unknown[] | undefined): number {
  if (order !== undefined) return order.indexOf(a) - order.indexOf(b);
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
