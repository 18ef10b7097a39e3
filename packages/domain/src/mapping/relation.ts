import { ConfigError } from '@uno/postgres';
import type { EntityClass } from '../entity/entity.js';
import { checkName } from './field.js';

/** Where a relation has its foreign key: a property, or several in the order of the key that they point to. */
export type ForeignKey<F extends string> = F | readonly F[];

/** Many of these belong to one of those: this table has the foreign key. */
export interface BelongsTo<T extends object, F extends string> {
  readonly kind: 'belongsTo';
  readonly target: () => EntityClass<T>;
  /** The properties of this entity that hold the other one's key. */
  readonly foreignKey: ForeignKey<F>;
}

/** One of these has at most one of those: the other table has the foreign key. */
export interface HasOne<T extends object, F extends string> {
  readonly kind: 'hasOne';
  readonly target: () => EntityClass<T>;
  /** The properties of the other entity that hold this one's key. */
  readonly foreignKey: ForeignKey<F>;
}

/** One of these has many of those: the other table has the foreign key. */
export interface HasMany<T extends object, F extends string> {
  readonly kind: 'hasMany';
  readonly target: () => EntityClass<T>;
  /** The properties of the other entity that hold this one's key. */
  readonly foreignKey: ForeignKey<F>;
}

/** Many of these go with many of those: a table between them has the keys of both. */
export interface ManyToMany<T extends object> {
  readonly kind: 'manyToMany';
  readonly target: () => EntityClass<T>;
  /** The table between them, after its schema where one was given. */
  readonly through: readonly string[];
  /** Its columns that hold this one's key. */
  readonly foreignKey: readonly string[];
  /** Its columns that hold the other one's key. */
  readonly otherKey: readonly string[];
}

/** What {@link manyToMany} takes. */
export interface ManyToManyOptions {
  /** The name of the table between the two. */
  readonly through: string;
  /** Its schema, where it is not found by the search path. */
  readonly schema?: string;
  /** Its column that holds the key of this entity; several in the order of that key. */
  readonly foreignKey: string | readonly string[];
  /** Its column that holds the key of the other entity; several in the order of that key. */
  readonly otherKey: string | readonly string[];
}

export type AnyRelation =
  | BelongsTo<object, string>
  | HasOne<object, string>
  | HasMany<object, string>
  | ManyToMany<object>;

/**
 * A relation to one entity, found by a field of this one, or by several where its key has several.
 *
 * The target is given by its class, not by its mapping, so that two mappings may name each other without TypeScript
 * losing their types in the circle.
 *
 * @example
 * ```ts
 * relations: { country: belongsTo(() => Country, 'countryCode'), visit: belongsTo(() => Visit, ['cityId', 'day']) }
 * ```
 */
export function belongsTo<T extends object, const F extends string>(
  target: () => EntityClass<T>,
  foreignKey: ForeignKey<F>,
): BelongsTo<T, F> {
  return Object.freeze({ kind: 'belongsTo', target, foreignKey: frozen(foreignKey) });
}

/**
 * A relation to at most one entity, which names this one in a field of its own. Where several do, it is the first one in
 * the order that is asked for, or else of the key.
 *
 * @example
 * ```ts
 * relations: { passport: hasOne(() => Passport, 'ownerId') }
 * ```
 */
export function hasOne<T extends object, const F extends keyof T & string>(
  target: () => EntityClass<T>,
  foreignKey: ForeignKey<F>,
): HasOne<T, F> {
  return Object.freeze({ kind: 'hasOne', target, foreignKey: frozen(foreignKey) });
}

/**
 * A relation to many entities that name this one in a field of theirs, or in several where its key has several.
 *
 * @example
 * ```ts
 * relations: { cities: hasMany(() => City, 'countryCode') }
 * ```
 */
export function hasMany<T extends object, const F extends keyof T & string>(
  target: () => EntityClass<T>,
  foreignKey: ForeignKey<F>,
): HasMany<T, F> {
  return Object.freeze({ kind: 'hasMany', target, foreignKey: frozen(foreignKey) });
}

const manyToManyOptions = ['through', 'schema', 'foreignKey', 'otherKey'];

/**
 * A relation to many entities by a table that has the keys of both; it needs no class of its own. Each entity comes once,
 * however often the table names the two.
 *
 * @throws ConfigError for an option that is unknown or missing, or a name that no table or column can have
 * @example
 * ```ts
 * relations: { tags: manyToMany(() => Tag, { through: 'book_tag', foreignKey: 'book_id', otherKey: 'tag_id' }) }
 * ```
 */
export function manyToMany<T extends object>(target: () => EntityClass<T>, options: ManyToManyOptions): ManyToMany<T> {
  for (const name of Object.keys(options)) {
    if (manyToManyOptions.includes(name)) continue;
    throw new ConfigError(`manyToMany has no option "${name}". Known are: ${manyToManyOptions.join(', ')}.`);
  }
  const { through, schema } = options;
  const path = schema === undefined ? [through] : [checkName(schema, 'manyToMany: the schema'), through];
  checkName(through, 'manyToMany: the table');
  return Object.freeze({
    kind: 'manyToMany',
    target,
    through: Object.freeze(path),
    foreignKey: columnsOf('foreignKey', options.foreignKey),
    otherKey: columnsOf('otherKey', options.otherKey),
  });
}

function columnsOf(option: string, given: string | readonly string[]): readonly string[] {
  const names = propertiesOf(given);
  if (names.length === 0 || new Set(names).size < names.length) {
    throw new ConfigError(`manyToMany: ${option} names one column, or several that differ.`);
  }
  return Object.freeze(names.map((name) => checkName(name, `manyToMany: a column of ${option}`)));
}

function frozen<F extends string>(foreignKey: ForeignKey<F>): ForeignKey<F> {
  return typeof foreignKey === 'string' ? foreignKey : Object.freeze([...foreignKey]);
}

/** The properties of a foreign key as a list. */
export function propertiesOf<F extends string>(foreignKey: ForeignKey<F>): readonly F[] {
  return typeof foreignKey === 'string' ? [foreignKey] : foreignKey;
}
