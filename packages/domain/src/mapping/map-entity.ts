import { ConfigError } from '@uno/postgres';
import type { EntityClass } from '../entity/entity.js';
import { type AnyMapping, type Columns, EntityMapping, type Relations } from './entity-mapping.js';
import { checkName } from './field.js';
import type { CheckedColumns, CheckedKey, CheckedRelations } from './inferred-types.js';
import { registerMapping } from './mapping-registry.js';
import { type AnyRelation, propertiesOf } from './relation.js';

/** What {@link mapEntity} takes. */
export interface MappingConfig<E, C, K extends string, R, T extends string, S extends string> {
  /** The table's name. */
  readonly table: T;
  /** The schema, where it is not found by the search path. */
  readonly schema?: S;
  /** The columns by property. */
  readonly columns: C & CheckedColumns<E, C>;
  /** The property, or properties, of the primary key; `id` if not said, where there is one. */
  readonly key?: K | readonly K[];
  /** Relations to other entities, by the name under which they are loaded. */
  readonly relations?: R & CheckedRelations<C, R>;
  /** Sets of properties that are unique together. */
  readonly uniques?: readonly (readonly (keyof C & string)[])[];
}

/**
 * Maps a class to a table. Types follow from it: of records, filters, keys and relations; a misspelt property or a
 * column of another type than its property does not compile.
 *
 * @throws ConfigError for what no table could have, such as two fields with one column or a key that is no field
 * @example
 * ```ts
 * const cities = mapEntity(City, {
 *   table: 'city',
 *   columns: {
 *     id: column.integer().generated(),
 *     name: column.text(),
 *     countryCode: column.text().named('country_code'),
 *   },
 *   relations: { country: belongsTo(() => Country, 'countryCode') },
 * });
 * ```
 */
export function mapEntity<
  E extends object,
  const T extends string,
  C extends Columns,
  const K extends keyof C & string = 'id' & keyof C,
  // biome-ignore lint/complexity/noBannedTypes: no relations at all
  R extends Relations = {},
  const S extends string = '',
>(
  entity: EntityClass<E>,
  config: MappingConfig<E, C, K, R, T, S> & CheckedKey<C>,
): EntityMapping<E, C, K, R, S extends '' ? T : `${S}.${T}`>;
export function mapEntity<E extends object>(
  entity: EntityClass<E>,
  config: UncheckedConfig,
): EntityMapping<E, Columns, string, Relations, string> {
  return mapUnchecked(entity, config);
}

/** The same where nothing is known before the program runs. */
export interface UncheckedConfig {
  readonly table: string;
  readonly schema?: string;
  readonly columns: Columns;
  readonly key?: string | readonly string[];
  readonly relations?: Relations;
  readonly uniques?: readonly (readonly string[])[];
}

/** {@link mapEntity} without what TypeScript checks. */
export function mapUnchecked<E extends object>(
  entity: EntityClass<E>,
  config: UncheckedConfig,
): EntityMapping<E, Columns, string, Relations, string> {
  checkName(config.table, 'The table');
  if (config.table.includes('.') && !config.schema) {
    throw new ConfigError(`The table "${config.table}": name its schema in \`schema\`, not before a dot.`);
  }
  const tablePath = config.schema ? [checkName(config.schema, 'The schema'), config.table] : [config.table];
  const tableName = tablePath.join('.');
  const key = config.key === undefined ? ['id'] : typeof config.key === 'string' ? [config.key] : [...config.key];
  if (key.length === 0) throw new ConfigError(`${tableName}: a key has at least one field.`);
  const mapping = new EntityMapping({
    entity,
    tableName,
    tablePath: Object.freeze(tablePath),
    columns: Object.freeze({ ...config.columns }),
    key: Object.freeze(key),
    relations: Object.freeze({ ...config.relations }),
    uniques: Object.freeze((config.uniques ?? []).map((unique) => Object.freeze([...unique]))),
  });
  for (const property of mapping.uniques.flat()) mapping.field(property);
  for (const [name, relation] of Object.entries(mapping.relations)) checkRelation(mapping, name, relation);
  registerMapping(mapping);
  return mapping;
}

/** What can be said of a relation before its other end is mapped. */
function checkRelation(mapping: AnyMapping, name: string, relation: AnyRelation): void {
  const { tableName } = mapping;
  if (mapping.findField(name) !== undefined)
    throw new ConfigError(`${tableName}: "${name}" is a field and a relation.`);
  if (name === '' || name.includes('.') || name in Object.prototype) {
    throw new ConfigError(
      `${tableName}: a relation cannot be called "${name}". Its name has no dot, which paths of relations use, and is not one that every object has.`,
    );
  }
  if (relation.kind === 'manyToMany') return;
  const properties = propertiesOf(relation.foreignKey);
  if (properties.length === 0 || new Set(properties).size < properties.length) {
    throw new ConfigError(`${tableName}: the foreign key of "${name}" is one field, or several that differ.`);
  }
  if (relation.kind === 'belongsTo') for (const property of properties) mapping.field(property);
}
