import type { ColumnKind, NumberKind } from '../mapping/column.js';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { FieldKind, FieldName, FieldValue } from '../mapping/inferred-types.js';
import type { FieldFilter, Filters } from './filter.js';

type FieldsOfKind<M extends AnyMapping, K extends ColumnKind> = {
  [F in FieldName<M>]: FieldKind<M, F> extends K ? F : never;
}[FieldName<M>];

/** The fields that can be added up: numbers of any kind. */
export type NumberFieldName<M extends AnyMapping> = FieldsOfKind<M, NumberKind>;

/** The fields of which there is a least and a greatest value. */
export type OrderedFieldName<M extends AnyMapping> = FieldsOfKind<M, NumberKind | 'text' | 'moment' | 'label'>;

/** One value made of many rows. Rows in which the field is NULL do not count; `*` counts rows whatever is in them. */
export type Aggregate<M extends AnyMapping> =
  | { readonly count: FieldName<M> | '*' }
  | { readonly countDistinct: FieldName<M> }
  | { readonly sum: NumberFieldName<M> }
  | { readonly avg: NumberFieldName<M> }
  | { readonly min: OrderedFieldName<M> }
  | { readonly max: OrderedFieldName<M> };

/** Aggregates by the names under which they are in the result. */
export type Aggregates<M extends AnyMapping> = { readonly [name: string]: Aggregate<M> };

/** The fields to group by, or `undefined` for all rows as one group. */
type Groups<M extends AnyMapping> = readonly FieldName<M>[] | undefined;

/** Nothing comes of no values, of which a group that there is has none only where they may be NULL. */
type OrNothing<M extends AnyMapping, F extends FieldName<M>, G, V> =
  null extends FieldValue<M, F> ? V | null : G extends undefined ? V | null : V;

type AverageOf<V> = V extends number ? number : string;

type ValueOf<M extends AnyMapping, A, G> = A extends { readonly sum: infer F extends FieldName<M> }
  ? OrNothing<M, F, G, NonNullable<FieldValue<M, F>>>
  : A extends { readonly avg: infer F extends FieldName<M> }
    ? OrNothing<M, F, G, AverageOf<NonNullable<FieldValue<M, F>>>>
    : A extends { readonly min: infer F extends FieldName<M> } | { readonly max: infer F extends FieldName<M> }
      ? OrNothing<M, F, G, NonNullable<FieldValue<M, F>>>
      : number;

type NameIn<M extends AnyMapping, S, G> =
  | (keyof S & string)
  | (G extends readonly (infer F)[] ? F & FieldName<M> : never);

type RowValue<M extends AnyMapping, S, G, P> = P extends keyof S
  ? ValueOf<M, S[P], G>
  : P extends FieldName<M>
    ? FieldValue<M, P>
    : never;

/** A row of a result: the fields that it is grouped by, and the aggregates by their names. */
export type AggregateRow<M extends AnyMapping, S, G> = { [P in NameIn<M, S, G>]: RowValue<M, S, G, P> };

/** One row for all rows, or one for each group. */
export type Aggregated<M extends AnyMapping, S, G> = G extends undefined
  ? AggregateRow<M, S, G>
  : AggregateRow<M, S, G>[];

/** Which groups, by what is in the result. */
export type AggregateFilters<M extends AnyMapping, S, G> = {
  readonly [P in NameIn<M, S, G>]?: FieldFilter<
    RowValue<M, S, G, P>,
    P extends keyof S ? undefined : P extends FieldName<M> ? FieldKind<M, P> : undefined
  >;
} & {
  readonly and?: readonly AggregateFilters<M, S, G>[];
  readonly or?: readonly AggregateFilters<M, S, G>[];
  readonly not?: AggregateFilters<M, S, G>;
};

type AggregateOrder<N extends string> =
  | N
  | { [P in N]: { readonly [Q in P]: 'asc' | 'desc' } & { readonly nulls?: 'first' | 'last' } }[N];

/** Options of `aggregate`. */
export interface AggregateOptions<M extends AnyMapping, S extends Aggregates<M>, G extends Groups<M> = undefined> {
  /** What to make of the rows, by the name that it has in the result. */
  readonly select: S;
  /** Fields: one row of the result for each set of values that there is. Without it, one row for all. */
  readonly groupBy?: G;
  /** Which rows count. */
  readonly filters?: Filters<M>;
  /** Which groups are in the result. */
  readonly having?: AggregateFilters<M, NoInfer<S>, NoInfer<G>>;
  /** The order of the groups, by what is in the result. */
  readonly orderBy?: readonly AggregateOrder<NameIn<M, NoInfer<S>, NoInfer<G>>>[];
  /** Groups at most. */
  readonly limit?: number;
  /** Groups to leave out first. */
  readonly offset?: number;
}
