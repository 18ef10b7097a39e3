import type { Column } from './column.js';
import type { EntityMapping } from './entity-mapping.js';
import type { BelongsTo, HasMany, HasOne } from './relation.js';

/** What is no entity although it is an object. */
type Value = Date | Uint8Array | readonly unknown[] | ((...given: never[]) => unknown);

type EntityIn<V> = V extends Value ? never : V extends object ? V : never;

/** The entity that a property stands for: its own value, or each element of a list. */
type RelatedBy<V> = NonNullable<V> extends readonly (infer I)[] ? EntityIn<I> : EntityIn<NonNullable<V>>;

/**
 * The properties of a class that are relations, as far as the class tells: those that are optional, since they are there
 * only when loaded, and hold another entity or a list of them.
 */
type RelationProperty<E> = {
  [P in keyof E & string]-?: undefined extends E[P] ? ([RelatedBy<E[P]>] extends [never] ? never : P) : never;
}[keyof E & string];

type FieldProperty<E> = {
  [P in keyof E & string]-?: E[P] extends (...given: never[]) => unknown ? never : P;
}[keyof E & string];

type ColumnsOfClass<E> = {
  readonly [F in Exclude<FieldProperty<E>, RelationProperty<E>>]: Column<
    NonNullable<E[F]>,
    unknown,
    null extends E[F] ? true : false,
    'required',
    undefined
  >;
};

/** One that is never null belongs to it; whether another one belongs to it or has it is not for the class to tell. */
type RelationsOfClass<E> = {
  readonly [R in RelationProperty<E>]: NonNullable<E[R]> extends readonly unknown[]
    ? HasMany<RelatedBy<E[R]>, string>
    : null extends E[R]
      ? HasOne<RelatedBy<E[R]>, string>
      : BelongsTo<RelatedBy<E[R]>, never>;
};

/**
 * What the type of a class tells of its mapping. Relations name classes, of which the type of a mapping cannot be had; so
 * what a relation leads to is typed by its class: properties are fields, and optional ones that hold entities are relations.
 */
export type MappingOfClass<E extends object> = EntityMapping<E, ColumnsOfClass<E>, string, RelationsOfClass<E>, string>;
