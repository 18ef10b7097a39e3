import type { MappingOfClass } from '../mapping/class-mapping.js';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { RelatedClass, RelationName } from '../mapping/inferred-types.js';
import type { BelongsTo } from '../mapping/relation.js';
import type { Filters, OrderBy } from '../query/filter.js';

/** The mapping that a relation leads to, as far as its class tells. */
type Related<M extends AnyMapping, R extends RelationName<M>> = MappingOfClass<RelatedClass<M, R>>;

type Onwards<R extends string, Path extends string> = R | `${R}.${Path}`;
type OneDeep<M extends AnyMapping> = RelationName<M>;
type TwoDeep<M extends AnyMapping> = {
  [R in RelationName<M>]: Onwards<R, OneDeep<Related<M, R>>>;
}[RelationName<M>];

/**
 * Relations of a mapping and of what they lead to, with dots between them: `region.country`. Up to three of them, as the
 * type is a list of all there are; a {@link RelationTree} goes on from there.
 */
export type RelationPath<M extends AnyMapping> = {
  [R in RelationName<M>]: Onwards<R, TwoDeep<Related<M, R>>>;
}[RelationName<M>];

/** How a relation to one entity that this one belongs to is loaded. */
export interface OwnerLoad<M extends AnyMapping> {
  /** Relations of the related entity to load too. */
  readonly loadRelations?: LoadRelations<M>;
}

/** How a relation to the entities that have this one's key is loaded. */
export interface MembersLoad<M extends AnyMapping> extends OwnerLoad<M> {
  /** Which of the related entities; all of them without it. */
  readonly filters?: Filters<M>;
  /** In which order; what is equal in it, or has none, is in the order of the key. */
  readonly orderBy?: readonly OrderBy<M>[];
  /** How many at most for each parent, the first in the order; 0 gives none. */
  readonly limit?: number;
}

/** Relations by name: `true`, or how to load them. */
export type RelationTree<M extends AnyMapping> = {
  readonly [R in RelationName<M>]?:
    | true
    | (M['relations'][R] extends BelongsTo<object, string> ? OwnerLoad<Related<M, R>> : MembersLoad<Related<M, R>>);
};

/**
 * Which relations to load: `true` for all direct ones, paths, or a tree that says how.
 *
 * @example
 * ```ts
 * await cities.list({ loadRelations: ['region.country', 'districts'] });
 * await cities.list({ loadRelations: { districts: { filters: { open: true }, orderBy: ['name'], limit: 3 } } });
 * ```
 */
export type LoadRelations<M extends AnyMapping> =
  // Spelled out by the compiler in its messages, where it would print the name of the type else.
  readonly { [P in RelationPath<M>]: P }[RelationPath<M>][] | (RelationTree<M> & NoList) | true;

/** A list has nothing that a tree has not, whose properties all are optional. */
interface NoList {
  readonly [Symbol.iterator]?: never;
}

type Leaf = string | number | bigint | boolean | symbol | null | undefined | Date | Uint8Array;
/** The objects among the members of a union, which are not lists. */
type ObjectsOf<U> = U extends Leaf | readonly unknown[] ? never : U;
type KeysOf<U> = U extends unknown ? keyof U : never;
type ValuesAt<U, K extends PropertyKey> = U extends { readonly [P in K]?: infer V } ? V : never;
type ItemsOf<U> = U extends readonly (infer I)[] ? I : never;

/** `Given`, with an error in the place of each property that `Allowed` has not: what is inferred may have more. */
type Exactly<Allowed, Given> = Given extends Leaf
  ? Given
  : Given extends readonly unknown[]
    ? { readonly [I in keyof Given]: Exactly<ItemsOf<Allowed>, Given[I]> }
    : {
        readonly [K in keyof Given]: K extends KeysOf<ObjectsOf<Allowed>>
          ? Exactly<ValuesAt<ObjectsOf<Allowed>, K>, Given[K]>
          : { error: 'there is no such relation, field or option'; name: K; known: KeysOf<ObjectsOf<Allowed>> };
      };

/** What is given for {@link LoadRelations}, checked down to the names in its filters. */
export type CheckedLoad<M extends AnyMapping, L> = L &
  NoInfer<L extends true | readonly unknown[] ? L : Exactly<RelationTree<M>, L>>;
