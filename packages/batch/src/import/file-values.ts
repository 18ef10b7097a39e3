import type { Field } from '@uno/domain';
import { arrayLiteral, InvalidValue, type PgType, ValidationError } from '@uno/postgres';

/** Where a value stands, for errors. */
interface Place {
  readonly index: number;
  readonly field: Field;
  /** What the file calls it. */
  readonly column: string;
  /** Whether a text is the digits of a number that JavaScript would round. */
  readonly isNumber?: boolean;
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
  const { field, isNumber = false } = place;
  return reading(place, () => (isNumber ? ofDigits(field.type, String(value), value) : fromJson(field.type, value)));
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
  const { item } = type;
  if (value === null || value === undefined) return value;
  if (isDocument(type)) return isOwnText(type) && typeof value !== 'bigint' ? JSON.stringify(value) : value;
  if (Array.isArray(value) && item !== undefined) return value.map((one) => fromJson(item, one));
  if (typeof value === 'string') return type.parse === undefined ? value : type.parse(value);
  if (isOwnText(type)) return textOfJson(value);
  // Of the types that have texts for values, and of numeric.
  const takesTexts = (type.parse === undefined && !type.array) || type.sql.startsWith('numeric');
  if (takesTexts && typeof value !== 'object') return String(value);
  // JSON knows but one kind of number.
  const isOther = typeof value === 'bigint' || (typeof value === 'number' && type.sql === 'bigint');
  return isOther && type.parse !== undefined ? type.parse(String(value)) : value;
}

/** A number of which a text, or a bigint, has the digits. */
function ofDigits(type: PgType<unknown>, digits: string, value: unknown): unknown {
  if (!isDocument(type)) return fromJson(type, value);
  if (isOwnText(type)) return digits;
  throw new InvalidValue(`${type.sql} takes no number with more digits than JavaScript keeps`);
}

function isDocument({ sql }: PgType<unknown>): boolean {
  return sql === 'json' || sql === 'jsonb';
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
