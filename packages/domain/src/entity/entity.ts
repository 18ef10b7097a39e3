/**
 * A thing with an identity: two entities are equal when they are of one class and have the same `id`, whatever their
 * other fields say. An entity that has not been stored yet has no `id` and equals only itself.
 *
 * A class need not extend it to be mapped; one whose key has another name or several fields maps the same way.
 *
 * @typeParam Id - type of the key
 * @example
 * ```ts
 * class City extends Entity<number> {
 *   name!: string;
 *   countryCode!: string;
 * }
 * ```
 */
export abstract class Entity<Id extends string | number | bigint> {
  id!: Id;

  /** Whether the other value stands for the same thing. */
  equals(other: unknown): boolean {
    if (this === other) return true;
    if (!(other instanceof Entity) || other.constructor !== this.constructor) return false;
    return this.id !== undefined && this.id !== null && this.id === other.id;
  }
}

/** A class that can be made without arguments and then filled from a row. */
export type EntityClass<E extends object> = new () => E;
