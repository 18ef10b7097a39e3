import type { BinaryValues } from './binary-values.js';

/**
 * A PostgreSQL type as uno reads and writes it: always in PostgreSQL's text format, so that it is independent of type
 * parsers set elsewhere in the process, and loses nothing.
 *
 * @typeParam T - what a program sees
 * @typeParam Driver - what a plain Kysely query over the same dialect gives for such a column
 */
export interface PgType<T, Driver = unknown> {
  /** As written in a cast or in DDL, such as `integer` or `numeric(10,2)`. */
  readonly sql: string;
  /**
   * The text that PostgreSQL reads as this value.
   *
   * @throws InvalidValue when the value is not one of this type
   */
  encode(value: unknown): string;
  /** The same in PostgreSQL's binary format, for types whose number is the same on every server. */
  readonly binary?: BinaryForm;
  /** The value of a text that PostgreSQL wrote. */
  decode(text: string): T;
  /**
   * The value of a text that anybody wrote, as in a CSV file; not there where values are texts, which are taken as they are.
   *
   * @throws InvalidValue when the text says no value of the type
   */
  parse?(text: string): T;
  /** The type of the elements, of an array. */
  readonly item?: PgType<unknown>;
  /** Whether encoded text can stand in an array literal without quotes. */
  readonly bare: boolean;
  /** Whether equal values always have equal text, so that the text can identify a row. */
  readonly canonical: boolean;
  /** Whether a collation decides which values are equal: under some, 'a' is 'A'. */
  readonly collated: boolean;
  /** Whether PostgreSQL has `=` for it; if not, values are compared by their text. */
  readonly comparable: boolean;
  /** Whether it is an array. */
  readonly array: boolean;
  /** Whether `unnest` of an array of it would give something else: it takes arrays and composite values apart. */
  readonly unnestsApart: boolean;
  /** The enumerated type that it is, or is an array of. */
  readonly enumeration?: Enumeration;
  /** The collation that `sql` names at its end, quoted: one under which texts that differ can be equal. */
  readonly looseCollation?: string;
  /** Whether a program can change a value in place. */
  readonly mutable: boolean;
  /** A copy that shares nothing with the original; the value itself where it cannot be changed. */
  copy(value: T): T;
  /** Only for the type checker. */
  readonly driver?: Driver;
}

/** How values travel in an array of PostgreSQL's binary format. */
export interface BinaryForm {
  /** The type's number in `pg_type`. */
  readonly oid: number;
  /** Bytes that most values take, without their length: a guess of the memory to take. */
  readonly bytes: number;
  /**
   * What {@link write} checks, without writing.
   *
   * @throws InvalidValue when it is not one of this type
   */
  check(value: unknown): unknown;
  /**
   * Adds a value.
   *
   * @throws InvalidValue when it is not one of this type
   */
  write(value: unknown, into: BinaryValues): void;
}

/** An enumerated type: its name as written in SQL, and its labels in order. */
export interface Enumeration {
  readonly name: string;
  readonly labels: readonly string[];
}

/** Thrown by {@link PgType.encode}; callers add the record and the field and throw a `ValidationError`. */
export class InvalidValue extends Error {
  override readonly name = 'InvalidValue';
}

/** A value's kind for messages, which never show the value itself. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid date' : 'a Date';
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value === 'number' && !Number.isInteger(value)) return 'a number with a fraction';
  if (typeof value === 'object') {
    // Not `value.constructor`, which may be a field of the data.
    const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
    return typeof name === 'string' && name !== '' && name !== 'Object' ? `a ${name}` : 'an object';
  }
  return typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`;
}

/** Fails with what is allowed and what was given instead. */
export function invalid(type: string, allowed: string, value: unknown, kind?: string): never {
  // Where text is asked for and given, it is the wrong text.
  const other = typeof value === 'string' && allowed.includes('text') ? 'other text' : undefined;
  throw new InvalidValue(`${type} takes ${allowed}, not ${kind ?? other ?? kindOf(value)}`);
}

interface Traits<T> {
  readonly bare?: boolean;
  readonly canonical?: boolean;
  readonly collated?: boolean;
  readonly comparable?: boolean;
  readonly unnestsApart?: boolean;
  readonly enumeration?: Enumeration;
  readonly looseCollation?: string;
  readonly binary?: BinaryForm;
  readonly parse?: (text: string) => T;
  readonly copy?: (value: T) => T;
}

/** Builds a scalar type; what is not said is the careful choice. */
export function scalar<T, Driver>(
  sql: string,
  encode: (value: unknown) => string,
  decode: (text: string) => T,
  traits: Traits<T> = {},
): PgType<T, Driver> {
  return Object.freeze({
    sql,
    encode,
    decode,
    ...(traits.parse === undefined ? {} : { parse: traits.parse }),
    bare: traits.bare ?? false,
    canonical: traits.canonical ?? false,
    collated: traits.collated ?? false,
    comparable: traits.comparable ?? true,
    array: false,
    unnestsApart: traits.unnestsApart ?? false,
    ...(traits.enumeration === undefined ? {} : { enumeration: traits.enumeration }),
    ...(traits.binary === undefined ? {} : { binary: Object.freeze(traits.binary) }),
    ...(traits.looseCollation === undefined ? {} : { looseCollation: traits.looseCollation }),
    mutable: traits.copy !== undefined,
    copy: traits.copy ?? ((value) => value),
  });
}
