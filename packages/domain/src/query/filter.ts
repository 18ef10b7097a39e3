import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { FieldName, FieldValue } from '../mapping/inferred-types.js';

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
}

type Operators<V> = FieldOperators<V> & (NonNullable<V> extends string ? TextOperators : unknown);

/** Values that can stand for themselves; documents, arrays and bytes need an operator. */
type Shorthand<V> = Extract<V, string | number | bigint | boolean | Date | null>;

type FieldFilter<V> = Shorthand<V> | Operators<V>;

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
  readonly [F in FieldName<M>]?: FieldFilter<FieldValue<M, F>>;
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
