import type { EntityClass } from '../entity/entity.js';

/** Many of these belong to one of those: this table has the foreign key. */
export interface BelongsTo<T extends object, F extends string> {
  readonly kind: 'belongsTo';
  readonly target: () => EntityClass<T>;
  /** The property of this entity that holds the other one's key. */
  readonly foreignKey: F;
}

/** One of these has many of those: the other table has the foreign key. */
export interface HasMany<T extends object, F extends string> {
  readonly kind: 'hasMany';
  readonly target: () => EntityClass<T>;
  /** The property of the other entity that holds this one's key. */
  readonly foreignKey: F;
}

export type AnyRelation = BelongsTo<object, string> | HasMany<object, string>;

/**
 * A relation to one entity, found by a field of this one.
 *
 * The target is given by its class, not by its mapping, so that two mappings may name each other without TypeScript
 * losing their types in the circle.
 *
 * @example
 * ```ts
 * relations: { country: belongsTo(() => Country, 'countryCode') }
 * ```
 */
export function belongsTo<T extends object, const F extends string>(
  target: () => EntityClass<T>,
  foreignKey: F,
): BelongsTo<T, F> {
  return Object.freeze({ kind: 'belongsTo', target, foreignKey });
}

/**
 * A relation to many entities that name this one in a field of theirs.
 *
 * @example
 * ```ts
 * relations: { cities: hasMany(() => City, 'countryCode') }
 * ```
 */
export function hasMany<T extends object, const F extends keyof T & string>(
  target: () => EntityClass<T>,
  foreignKey: F,
): HasMany<T, F> {
  return Object.freeze({ kind: 'hasMany', target, foreignKey });
}
