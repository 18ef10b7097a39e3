import type { Field } from '@uno/domain';
import { arrayLiteral, InvalidValue, type PgType, ValidationError } from '@uno/postgres';

/** Where a value stands, for errors. */
interface Place {
  readonly index: number;
  readonly field: Field;
  /** What the file calls it. */
  readonly column: string;
}

/**
 * The value of a field that a text stands for.
 *
 * @returns `undefined`, which leaves it to the database, for an empty cell of a column that takes no null and has a default
 * @throws ValidationError that names the field
 */
export function valueOfCell(text: string | null, place: Place): unknown {
  const { field } = place;
  if (text === null) return field.insertMode !== 'required' && !field.nullable ? undefined : null;
  if (field.type.parse === undefined) return text;
  return reading(place, () => field.type.parse?.(text));
}

/**
 * The value of a field that JSON has: texts stand for what JSON has no value for, numbers for text that is a number.
 *
 * @throws ValidationError that names the field
 */
export function valueOfJson(value: unknown, place: Place): unknown {
  return reading(place, () => fromJson(place.field.type, value));
}

function reading(place: Place, read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    const { index, field, column } = place;
    throw new ValidationError(`Column "${column}": ${error.message}.`, {
      index,
      field: field.property,
      reason: error.message,
      cause: error,
    });
  }
}

function fromJson(type: PgType<unknown>, value: unknown): unknown {
  const { sql, item } = type;
  if (value === null || value === undefined) return value;
  if (sql === 'json' || sql === 'jsonb') return isOwnText(type) ? JSON.stringify(value) : value;
  if (Array.isArray(value) && item !== undefined) return value.map((one) => fromJson(item, one));
  if (typeof value === 'string') return type.parse === undefined ? value : type.parse(value);
  if (isOwnText(type) || sql.startsWith('numeric')) return textOfJson(value);
  // JSON knows but one kind of number; one with too many digits for JavaScript's comes as a bigint.
  const isOtherNumber = typeof value === 'bigint' || (typeof value === 'number' && sql === 'bigint');
  return isOtherNumber && type.parse !== undefined ? type.parse(String(value)) : value;
}

/** Whether values are PostgreSQL's own text for whatever it is, and not text for its own sake. */
function isOwnText({ array, unnestsApart, looseCollation }: PgType<unknown>): boolean {
  return unnestsApart && !array && looseCollation === undefined;
}

/** PostgreSQL's text for a value of JSON. */
function textOfJson(value: unknown): unknown {
  if (Array.isArray(value)) {
    const texts = value.map((one) => (one === null ? null : String(textOfJson(one))));
    return arrayLiteral(
      texts,
      value.some((one) => Array.isArray(one)),
    );
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
