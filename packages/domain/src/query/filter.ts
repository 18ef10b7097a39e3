import type { Json } from '@uno/postgres';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { FieldKind, FieldName, FieldValue } from '../mapping/inferred-types.js';
import type { DocumentPart, DocumentPath, PartialDocument } from './document-path.js';

/** Conditions on one field; all of them have to hold. Comparisons are SQL's: NULL is neither equal nor unequal. */
export interface FieldOperators<V> {
  /** Equal; `null` asks for NULL. */
  readonly eq?: V;
  /** Not equal; `null` asks for anything but NULL. */
  readonly ne?: V;
  readonly lt?: NonNullable<V>;
  readonly lte?: NonNullable<V>;
  readonly gt?: NonNullable<V>;
  readonly gte?: NonNullable<V>;
  /** One of these; an empty list finds nothing. */
  readonly in?: readonly NonNullable<V>[];
  /** None of these; an empty list finds everything, NULL too. */
  readonly notIn?: readonly NonNullable<V>[];
  /** From the first to the second, both included. */
  readonly between?: readonly [NonNullable<V>, NonNullable<V>];
  readonly isNull?: boolean;
}

/** Patterns: `%` is any text, `_` any character, `\` takes the next character literally. */
export interface TextOperators {
  readonly like?: string;
  /** Regardless of case. */
  readonly ilike?: string;
  /** Equal, regardless of case: the lower case of both, which an index of `lower(column)` serves. */
  readonly ieq?: string;
  /** One of these, regardless of case; an empty list finds nothing. */
  readonly iin?: readonly string[];
}

/** Full text search in a text, or in a `tsvector`. */
export interface SearchOperators {
  /**
   * Has the words of a query, written as in the search field of a web page: `"old town" -castle or tower`. `config` is
   * PostgreSQL's text search configuration, mostly a language (`english`), or `simple`, which takes words as they are.
   */
  readonly matches?: { readonly query: string; readonly config: string };
}

/** What arrays can be asked of each other: their elements, whatever the order and how often they occur. */
export interface ArrayOperators<V> {
  /** Has all of these; every array has all of none. */
  readonly contains?: V;
  /** Has none but these. */
  readonly containedBy?: V;
  /** Has any of these. */
  readonly overlaps?: V;
}

/** What documents can be asked of each other. */
export interface ContainmentOperators<V> {
  /** Says all that this document says, which a GIN index serves; arrays have all of its elements, in any order. */
  readonly contains?: PartialDocument<V>;
  /** Says nothing that this document does not say. */
  readonly containedBy?: V;
}

/** What can be asked of a document. */
export interface DocumentOperators<V> extends ContainmentOperators<V> {
  /**
   * Conditions on parts of it, by their paths: names and positions with dots between them; `\` before a dot makes it part
   * of a name. A part that is JSON's null, or not there, is NULL.
   */
  readonly at?: PartFilters<V>;
}

type PartFilters<V> =
  string extends DocumentPath<V>
    ? { readonly [path: string]: PartFilter<Json | null> }
    : { readonly [P in DocumentPath<V>]?: PartFilter<DocumentPart<V, P>> };

type PartFilter<V> = Shorthand<V> | PartOperators<V>;

type PartOperators<V> = Omit<FieldOperators<V>, 'lt' | 'lte' | 'gt' | 'gte' | 'between'> &
  Pick<FieldOperators<Extract<V, number | string>>, 'lt' | 'lte' | 'gt' | 'gte' | 'between'> &
  ContainmentOperators<V> &
  ([Extract<V, string>] extends [never] ? unknown : TextOperators) & {
    /** Whether it is there, JSON's null included. */
    readonly exists?: boolean;
  };

type Operators<V, K> = FieldOperators<V> &
  (NonNullable<V> extends string ? TextOperators : unknown) &
  OperatorsOfKind<NonNullable<V>, K>;

type OperatorsOfKind<V, K> = [K] extends ['text' | 'search']
  ? SearchOperators
  : [K] extends ['array']
    ? ArrayOperators<V>
    : [K] extends ['document']
      ? DocumentOperators<V>
      : unknown;

/** Values that can stand for themselves; documents, arrays and bytes need an operator. */
type Shorthand<V> = Extract<V, string | number | bigint | boolean | Date | null>;

/** What can be asked of a value of a type and a kind. */
export type FieldFilter<V, K> = Shorthand<V> | Operators<V, K>;

/**
 * Which rows. All that is named has to hold; a value alone means "equal".
 *
 * @example
 * ```ts
 * const filters: Filters<typeof cities> = {
 *   countryCode: 'CH',
 *   population: { gte: 10_000 },
 *   or: [{ name: { like: 'B%' } }, { name: { ilike: '%bach' } }],
 * };
 * ```
 */
export type Filters<M extends AnyMapping> = {
  readonly [F in FieldName<M>]?: FieldFilter<FieldValue<M, F>, FieldKind<M, F>>;
} & {
  readonly and?: readonly Filters<M>[];
  readonly or?: readonly Filters<M>[];
  readonly not?: Filters<M>;
};

/**
 * A field, ascending, or a field with its direction. Nulls count as greater than every value, and so come last of an
 * ascending field and first of a descending one, unless `nulls` says otherwise.
 *
 * @example
 * ```ts
 * const orderBy: OrderBy<typeof cities>[] = ['countryCode', { population: 'desc', nulls: 'last' }];
 * ```
 */
export type OrderBy<M extends AnyMapping> = FieldName<M> | { [F in FieldName<M>]: FieldOrder<F> }[FieldName<M>];

type FieldOrder<F extends string> = { readonly [P in F]: 'asc' | 'desc' } & (F extends 'nulls'
  ? unknown
  : { readonly nulls?: 'first' | 'last' });
