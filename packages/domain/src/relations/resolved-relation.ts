import { ConfigError } from '@uno/postgres';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { Field } from '../mapping/field.js';
import { mappingOfClass } from '../mapping/mapping-registry.js';
import { type AnyRelation, propertiesOf } from '../mapping/relation.js';

/** The table between the two ends of a `manyToMany`. */
export interface LinkTable {
  /** Its name, after its schema where one was given. */
  readonly path: readonly string[];
  /** Its columns that equal the source's fields, in their order. */
  readonly sourceColumns: readonly string[];
  /** Its columns that equal the target's fields, in their order. */
  readonly targetColumns: readonly string[];
}

/** A relation with both of its ends: the fields by which their rows find each other. */
export interface ResolvedRelation {
  readonly name: string;
  readonly kind: AnyRelation['kind'];
  readonly source: AnyMapping;
  readonly target: AnyMapping;
  /** The foreign key of a `belongsTo`, else the key. */
  readonly sourceFields: readonly Field[];
  /** The foreign key of a `hasOne` or `hasMany`, else the key; each equals the source's field at its place. */
  readonly targetFields: readonly Field[];
  /** What is between the two, under `manyToMany`. */
  readonly link: LinkTable | undefined;
}

/**
 * Finds the other end of a relation. Costs no statement.
 *
 * @throws ConfigError when there is no such relation, the class that it names is not mapped, or its foreign key is not one
 *   of that mapping
 */
export function resolveRelation(source: AnyMapping, name: string): ResolvedRelation {
  const relation = source.relation(name);
  const where = `The relation ${source.name}.${name}`;
  const target = mappingOfClass(relation.target(), where);
  const ends = { name, kind: relation.kind, source, target };
  if (relation.kind === 'manyToMany') {
    const { through: path, foreignKey, otherKey } = relation;
    checkLength(`${where}: foreignKey`, foreignKey, source);
    checkLength(`${where}: otherKey`, otherKey, target);
    const link = { path, sourceColumns: foreignKey, targetColumns: otherKey };
    return { ...ends, sourceFields: source.keyFields, targetFields: target.keyFields, link };
  }
  const properties = propertiesOf(relation.foreignKey);
  const [owner, owned] = relation.kind === 'belongsTo' ? [target, source] : [source, target];
  checkLength(`${where}: its foreign key`, properties, owner);
  const foreignKey = properties.map((property) => owned.field(property));
  const [sourceFields, targetFields] =
    relation.kind === 'belongsTo' ? [foreignKey, owner.keyFields] : [owner.keyFields, foreignKey];
  return { ...ends, sourceFields, targetFields, link: undefined };
}

function checkLength(what: string, names: readonly string[], owner: AnyMapping): void {
  if (names.length === owner.key.length) return;
  throw new ConfigError(
    `${what} has ${names.length} part(s), ${names.join(', ')}, and the key of ${owner.name} has ${owner.key.length}: ${owner.key.join(', ')}. Name one for each, in this order.`,
  );
}
