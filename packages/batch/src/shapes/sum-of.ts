import type { Field } from '@uno/domain';

const plainDecimal = /^([+-]?)(\d*)\.?(\d*)$/;

/**
 * What some increments of one row come to, exactly as if they were added one after the other; `undefined` where that
 * cannot be told: the order counts with floating point, and what is no number is refused where it is encoded.
 */
export function sumOf(field: Field, values: readonly unknown[]): unknown {
  const [first, ...more] = values;
  if (more.length === 0) return first;
  switch (field.definition.kind) {
    case 'integer':
      return wholeSum(field, values);
    case 'decimal':
      return decimalSum(field, values);
    default:
      return undefined;
  }
}

function wholeSum({ type }: Field, values: readonly unknown[]): unknown {
  let sum = 0n;
  for (const value of values) {
    if (typeof value === 'bigint') sum += value;
    else if (Number.isSafeInteger(value)) sum += BigInt(Number(value));
    else return undefined;
  }
  const result = values.every((value) => typeof value === 'bigint') ? sum : Number(sum);
  try {
    type.encode(result);
    return result;
  } catch {
    // The sum is out of range, or the values are of different types; one by one, PostgreSQL or the reader says so.
    return undefined;
  }
}

/** Every value is rounded to the column's scale by itself, so one with more digits has to be added by itself. */
function decimalSum({ type: { sql } }: Field, values: readonly unknown[]): string | undefined {
  const [, places] = /^numeric\(\d+(?:,(\d+))?\)/.exec(sql) ?? [];
  const most = sql.includes('(') ? Number(places ?? 0) : Number.POSITIVE_INFINITY;
  const parts = values.map((value) => (typeof value === 'string' ? plainDecimal.exec(value) : null));
  let scale = 0;
  for (const part of parts) {
    if (part === null) return undefined;
    const [, , whole = '', fraction = ''] = part;
    if (whole + fraction === '' || fraction.length > most) return undefined;
    scale = Math.max(scale, fraction.length);
  }
  let sum = 0n;
  for (const part of parts) {
    const [, sign, whole = '', fraction = ''] = part ?? [];
    const units = BigInt(whole + fraction.padEnd(scale, '0'));
    sum += sign === '-' ? -units : units;
  }
  const digits = String(sum < 0n ? -sum : sum).padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${sum < 0n ? '-' : ''}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ''}`;
}
