import { arrayLiteral, ConfigError, executeTextSql, identifier } from '@uno/postgres';
import { sql } from 'kysely';
import type { UnoContext } from '../context/uno-context.js';
import { NotFoundError } from '../errors/repository-errors.js';
import { type AnyMapping, asRecord } from '../mapping/entity-mapping.js';
import type { Field } from '../mapping/field.js';
import { mappingOfClass } from '../mapping/mapping-registry.js';
import { encodeField } from '../mapping/record-reader.js';
import { columnList, tableText } from '../mapping/table-sql.js';
import { sideBySide } from '../operations/side-by-side.js';
import { EntityReader, type ReadOptions } from '../repository/entity-reader.js';

/**
 * Loads relations of many entities at once: one statement a `hasMany`, one read by key of all that a `belongsTo` leads
 * to, which is one statement a batch, or a record where batching is off.
 */
export class RelationLoader {
  readonly #context: UnoContext;
  readonly #mapping: AnyMapping;
  readonly #options: ReadOptions;

  constructor(context: UnoContext, mapping: AnyMapping, options: ReadOptions) {
    this.#context = context;
    this.#mapping = mapping;
    this.#options = options;
  }

  /**
   * Sets the relations on the entities. Entities that belong to the same other one share it.
   *
   * @throws ConfigError for an unknown relation
   * @throws NotFoundError when a foreign key that may not be NULL leads nowhere
   */
  async attach(entities: readonly object[], names: readonly string[] | true): Promise<void> {
    const wanted = names === true ? Object.keys(this.#mapping.relations) : [...new Set(names)];
    const relations = wanted.map((name) => ({ name, relation: this.#mapping.relation(name) }));
    if (entities.length === 0) return;
    // The relations do not depend on each other; a transaction has one connection, so there they take turns.
    const concurrency = this.#context.current().isTransaction ? 1 : this.#context.readConcurrency;
    await sideBySide(
      concurrency,
      relations.map(({ name, relation }) => () => {
        const target = mappingOfClass(relation.target(), `The relation ${this.#mapping.name}.${name}`);
        return relation.kind === 'belongsTo'
          ? this.#attachOwner(entities, name, this.#mapping.field(relation.foreignKey), target)
          : this.#attachMembers(entities, name, target.field(relation.foreignKey), target);
      }),
    );
  }

  async #attachOwner(entities: readonly object[], name: string, foreignKey: Field, target: AnyMapping): Promise<void> {
    const keyField = this.#singleKey(target);
    const keys = new Map<unknown, string>();
    for (const entity of entities) {
      const key = asRecord(entity)[foreignKey.property];
      if (key !== null && key !== undefined && !keys.has(key)) {
        keys.set(key, encodeField(target, keyField, key, undefined) ?? '');
      }
    }
    const values = [...keys.keys()];
    const reader = new EntityReader(this.#context, target, this.#options);
    // The foreign key has been encoded as a key of the target just now, so it is one.
    const owners = await reader.many(values as never[], this.#options);
    const byKey = new Map(values.map((key, i) => [key, owners[i]]));
    for (const entity of entities) {
      const key = asRecord(entity)[foreignKey.property];
      const owner = byKey.get(key);
      if (owner === undefined && !foreignKey.nullable)
        throw new NotFoundError(target.name, [keys.get(key) ?? String(key)]);
      asRecord(entity)[name] = owner ?? null;
    }
  }

  async #attachMembers(
    entities: readonly object[],
    name: string,
    foreignKey: Field,
    target: AnyMapping,
  ): Promise<void> {
    const ownKey = this.#singleKey(this.#mapping);
    const byKey = new Map<string, object[]>();
    for (const entity of entities) {
      const key = encodeField(this.#mapping, ownKey, asRecord(entity)[ownKey.property], undefined) ?? '';
      const members: object[] = byKey.get(key) ?? [];
      byKey.set(key, members);
      asRecord(entity)[name] = members;
    }
    const keys = arrayLiteral([...byKey.keys()], ownKey.type.bare);
    const { sql: type, unnestsApart } = ownKey.type;
    // PostgreSQL says whose a row is: 1 and 1.0 are one number and two texts.
    const { rows } = await executeTextSql(
      this.#context.current(),
      sql`select o.position, ${sql.raw(columnList(target.fields, 'm'))}
        from unnest(${keys}::${sql.raw(`${unnestsApart ? 'text' : type}[]`)}) with ordinality as o(key, position)
        join ${sql.raw(tableText(target))} as m on m.${sql.raw(identifier(foreignKey.column))} = o.key::${sql.raw(type)}
        order by ${sql.raw(columnList(target.keyFields, 'm'))}`,
      { signal: this.#options.signal },
    );
    const owners = [...byKey.values()];
    for (const [position, ...row] of rows) owners[Number(position) - 1]?.push(target.hydrate(row));
  }

  #singleKey(mapping: AnyMapping): Field {
    const [only, ...more] = mapping.keyFields;
    if (only !== undefined && more.length === 0) return only;
    throw new ConfigError(`${mapping.name} has a key of several fields, to which relations are not possible yet.`);
  }
}
