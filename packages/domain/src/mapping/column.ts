import {
  arrayOf,
  bigintAsNumber,
  bigintExact,
  boolean,
  bytea,
  char,
  date,
  double,
  enumeration,
  integer,
  type Json,
  type JsonNull,
  json,
  jsonb,
  looseText,
  numeric,
  type PgType,
  real,
  smallint,
  text,
  textOf,
  time,
  timestamp,
  timestamptzDate,
  timestamptzText,
  uuid,
  varchar,
} from '@uno/postgres';
import type { RawBuilder } from 'kysely';

/** Whether a new record must give a value, may leave it to the database, or may not give one. */
export type InsertMode = 'required' | 'optional' | 'never';

/** How the database comes to a value by itself. */
export type Origin<V> =
  | { readonly kind: 'identity'; readonly always: boolean }
  | { readonly kind: 'default'; readonly value: V | RawBuilder<unknown> }
  | { readonly kind: 'computed'; readonly expression: RawBuilder<unknown> };

/** Whether PostgreSQL can add values: whole numbers, decimal ones, or those of limited precision. */
export type NumberKind = 'integer' | 'decimal' | 'float';

/**
 * What can be asked of the values of a column, besides comparing them: numbers can be added, texts searched, moments and
 * labels only put in an order.
 */
export type ColumnKind = NumberKind | 'text' | 'search' | 'moment' | 'label' | 'array' | 'document';

/** Whether values can be added to those of a column. */
export function isNumber(kind: ColumnKind | undefined): kind is NumberKind {
  return kind === 'integer' || kind === 'decimal' || kind === 'float';
}

interface ColumnState<
  V,
  D,
  N extends boolean,
  I extends InsertMode,
  Name extends string | undefined,
  K extends ColumnKind | undefined,
> {
  readonly type: PgType<V, D>;
  readonly isNullable: N;
  readonly insertMode: I;
  readonly columnName: Name;
  readonly origin: Origin<V> | undefined;
  readonly kind: K;
}

/**
 * One column of a mapping. Immutable: every method gives a new column.
 *
 * @typeParam V - a value, without null
 * @typeParam D - what a plain Kysely query gives
 * @typeParam N - whether NULL is allowed
 * @typeParam I - whether a new record gives a value
 * @typeParam Name - the column's name where it differs from the property's
 * @typeParam K - what can be asked of its values, if anything
 */
export class Column<
  V,
  D,
  N extends boolean,
  I extends InsertMode,
  Name extends string | undefined,
  K extends ColumnKind | undefined = ColumnKind | undefined,
> {
  readonly type: PgType<V, D>;
  readonly isNullable: N;
  readonly insertMode: I;
  readonly columnName: Name;
  readonly origin: Origin<V> | undefined;
  readonly kind: K;

  constructor(state: ColumnState<V, D, N, I, Name, K>) {
    this.type = state.type;
    this.isNullable = state.isNullable;
    this.insertMode = state.insertMode;
    this.columnName = state.columnName;
    this.origin = state.origin;
    this.kind = state.kind;
    Object.freeze(this);
  }

  /** The column's name in the database, where it is not the property's. */
  named<const NewName extends string>(name: NewName): Column<V, D, N, I, NewName, K> {
    return new Column({ ...this.#state(), columnName: name });
  }

  /** The column may be NULL: `null` in TypeScript. A new record may leave it out. */
  nullable(): Column<V, D, true, I extends 'required' ? 'optional' : I, Name, K> {
    return new Column<V, D, true, I extends 'required' ? 'optional' : I, Name, K>({
      ...this.#state(),
      isNullable: true,
      insertMode: optionalUnlessNever(this.insertMode),
    });
  }

  /** The database fills it in where a new record does not: a value, or an expression made with Kysely's `sql`. */
  default(value: V | RawBuilder<unknown>): Column<V, D, N, 'optional', Name, K> {
    return new Column({ ...this.#state(), insertMode: 'optional', origin: { kind: 'default', value } });
  }

  /**
   * An identity column: the database counts, unless a new record says a number. With `'always'` it takes none (GENERATED
   * ALWAYS AS IDENTITY): one that a plain record gives is refused before anything is sent, one in an entity that was read
   * is passed over.
   */
  generated(): Column<V, D, N, 'optional', Name, K>;
  generated(mode: 'always'): Column<V, D, N, 'never', Name, K>;
  generated(mode?: 'always'): Column<V, D, N, 'optional', Name, K> | Column<V, D, N, 'never', Name, K> {
    const always = mode === 'always';
    const origin = { kind: 'identity', always } as const;
    return always
      ? new Column<V, D, N, 'never', Name, K>({ ...this.#state(), insertMode: 'never', origin })
      : new Column<V, D, N, 'optional', Name, K>({ ...this.#state(), insertMode: 'optional', origin });
  }

  /** A generated column: computed from the others by PostgreSQL and never written. */
  computed(expression: RawBuilder<unknown>): Column<V, D, N, 'never', Name, K> {
    return new Column({ ...this.#state(), insertMode: 'never', origin: { kind: 'computed', expression } });
  }

  #state(): ColumnState<V, D, N, I, Name, K> {
    return {
      type: this.type,
      isNullable: this.isNullable,
      insertMode: this.insertMode,
      columnName: this.columnName,
      origin: this.origin,
      kind: this.kind,
    };
  }
}

function optionalUnlessNever<I extends InsertMode>(mode: I): I extends 'required' ? 'optional' : I;
function optionalUnlessNever(mode: InsertMode): InsertMode {
  return mode === 'never' ? 'never' : 'optional';
}

/** A column as it starts: not null, to be given, named as the property. */
type Plain<V, D, K extends ColumnKind | undefined = undefined> = Column<V, D, false, 'required', undefined, K>;

/** Any column, for code that works on all of them. */
export type AnyColumn = Column<unknown, unknown, boolean, InsertMode, string | undefined>;

function plain<V, D>(type: PgType<V, D>): Plain<V, D> {
  return ofKind(type, undefined);
}

function ofKind<V, D, K extends ColumnKind | undefined>(type: PgType<V, D>, kind: K): Plain<V, D, K> {
  return new Column<V, D, false, 'required', undefined, K>({
    type,
    isNullable: false,
    insertMode: 'required',
    columnName: undefined,
    origin: undefined,
    kind,
  });
}

function bigintColumn(): Plain<bigint, string, 'integer'>;
function bigintColumn(options: { readonly as: 'number' }): Plain<number, string, 'integer'>;
function bigintColumn(options?: {
  readonly as: 'number';
}): Plain<bigint, string, 'integer'> | Plain<number, string, 'integer'> {
  return options?.as === 'number' ? ofKind(bigintAsNumber, 'integer') : ofKind(bigintExact, 'integer');
}

function textColumn(options?: {
  readonly nondeterministic: string;
  readonly schema?: string;
}): Plain<string, string, 'text'> {
  const type = options === undefined ? text : looseText(options.nondeterministic, options.schema);
  return ofKind(type, 'text');
}

function timestamptzColumn(): Plain<Date, Date, 'moment'>;
function timestamptzColumn(options: { readonly as: 'string' }): Plain<string, string, 'moment'>;
function timestamptzColumn(options?: {
  readonly as: 'string';
}): Plain<Date, Date, 'moment'> | Plain<string, string, 'moment'> {
  return options?.as === 'string' ? ofKind(timestamptzText, 'moment') : ofKind(timestamptzDate, 'moment');
}

function jsonColumn<T = Json>(): Plain<T, T, 'document'>;
function jsonColumn<T = Json>(options: { readonly nullDocument: true }): Plain<T | JsonNull, T | JsonNull, 'document'>;
function jsonColumn<T>(options?: {
  readonly nullDocument: true;
}): Plain<T, T, 'document'> | Plain<T | JsonNull, T | JsonNull, 'document'> {
  return options === undefined ? ofKind(json<T>(false), 'document') : ofKind(json<T | JsonNull>(true), 'document');
}

function jsonbColumn<T = Json>(): Plain<T, T, 'document'>;
function jsonbColumn<T = Json>(options: { readonly nullDocument: true }): Plain<T | JsonNull, T | JsonNull, 'document'>;
function jsonbColumn<T>(options?: {
  readonly nullDocument: true;
}): Plain<T, T, 'document'> | Plain<T | JsonNull, T | JsonNull, 'document'> {
  return options === undefined ? ofKind(jsonb<T>(false), 'document') : ofKind(jsonb<T | JsonNull>(true), 'document');
}

function ofTypeColumn(sql: 'tsvector'): Plain<string, unknown, 'search'>;
function ofTypeColumn(sql: string): Plain<string, unknown>;
function ofTypeColumn(sql: string): Plain<string, unknown> | Plain<string, unknown, 'search'> {
  return sql === 'tsvector' ? ofKind(textOf(sql), 'search') : plain(textOf(sql));
}

/**
 * The column types. A column is NOT NULL and has to be given unless it says otherwise.
 *
 * @example
 * ```ts
 * const columns = {
 *   id: column.integer().generated(),
 *   name: column.text(),
 *   countryCode: column.text().named('country_code'),
 *   founded: column.date().nullable(),
 *   createdAt: column.timestamptz().named('created_at').default(sql`now()`),
 * };
 * ```
 */
export const column = {
  /** A number from -32768 to 32767. */
  smallint: () => ofKind(smallint, 'integer'),
  /** A number of 32 bits. */
  integer: () => ofKind(integer, 'integer'),
  /** A bigint, exact; with `{ as: 'number' }` a number up to 2^53 - 1. */
  bigint: bigintColumn,
  /** A number of single precision. */
  real: () => ofKind(real, 'float'),
  /** A number, with NaN, both infinities and -0. */
  double: () => ofKind(double, 'float'),
  /** A decimal number as text, exact. */
  numeric: (precision?: number, scale?: number) => ofKind(numeric(precision, scale), 'decimal'),
  boolean: () => plain(boolean),
  /**
   * Text. Under a nondeterministic collation, whose name is given then, texts that differ can be equal: such as those
   * that differ in case; with its `schema`, where the search path does not find it. A key or a unique field of that kind has to say so.
   */
  text: textColumn,
  /** Text of up to so many characters. */
  varchar: (length: number) => ofKind(varchar(length), 'text'),
  /** Text padded with spaces to so many characters. */
  char: (length: number) => ofKind(char(length), 'text'),
  /** Text in the canonical form, in lower case. */
  uuid: () => plain(uuid),
  /** `YYYY-MM-DD` text: a day, without a time zone. */
  date: () => ofKind(date, 'moment'),
  /** `HH:MM:SS[.ffffff]` text. */
  time: () => ofKind(time, 'moment'),
  /** Text: a date and time without a time zone, which JavaScript has no type for. */
  timestamp: () => ofKind(timestamp, 'moment'),
  /** A Date, exact to the millisecond; with `{ as: 'string' }` text, exact to the microsecond, with infinity. */
  timestamptz: timestamptzColumn,
  /** A document whose text is kept as it is; with `{ nullDocument: true }` it may be JSON's own null, `jsonNull`. */
  json: jsonColumn,
  /** A document that PostgreSQL can compare and index; with `{ nullDocument: true }` it may be JSON's own null. */
  jsonb: jsonbColumn,
  /** Bytes. */
  bytea: () => plain(bytea),
  /** An enumerated type of that name with these labels. */
  enumeration: <const V extends string>(name: string, labels: readonly V[]) =>
    ofKind(enumeration(name, labels), 'label'),
  /** An array of another column's type; nested for more dimensions. */
  array: <V, D, N extends boolean>(
    item: Column<V, D, N, InsertMode, string | undefined>,
  ): Plain<(N extends true ? V | null : V)[], D[], 'array'> =>
    ofKind(
      arrayOf<N extends true ? V | null : V, D>(item.type as PgType<N extends true ? V | null : V, D>, item.isNullable),
      'array',
    ),
  /** Any other type by PostgreSQL's own text for it, such as `int4range`, `inet` or `interval`. */
  ofType: ofTypeColumn,
} as const;
