import { executeTextSql } from '@uno/postgres';
import type { UnoContext } from '../context/uno-context.js';
import { NotFoundError } from '../errors/repository-errors.js';
import { type AnyMapping, asRecord } from '../mapping/entity-mapping.js';
import { encodeEntityKey, encodeKey, type KeyTexts, keyText } from '../mapping/key.js';
import { keyOfRow } from '../mapping/rows.js';
import { sideBySide } from '../operations/side-by-side.js';
import { EntityReader, type ReadOptions } from '../repository/entity-reader.js';
import { memberRows } from './member-rows.js';
import { type RelationLoad, relationLoads } from './relation-load.js';

/** A relation, and the entities on which to set it. */
interface Step {
  readonly load: RelationLoad;
  readonly entities: readonly object[];
}

/**
 * Loads relations of many entities at once, level by level: one statement a relation, however many the entities are.
 * What a `belongsTo` leads to is read by key, through the cache; where batching is off, by one statement for each of them.
 */
export class RelationLoader {
  readonly #context: UnoContext;
  readonly #mapping: AnyMapping;
  readonly #options: ReadOptions;

  constructor(context: UnoContext, mapping: AnyMapping, options: ReadOptions) {
    this.#context = context;
    this.#mapping = mapping;
    // Chunks are for what the caller asked for; keys that relations lead to are one array, however many.
    this.#options = { ...options, batchSize: undefined, strategy: 'single_query' };
  }

  /**
   * Sets the relations on the entities. Entities that belong to the same other one share it.
   *
   * @param wanted - see `LoadRelations`
   * @throws ConfigError for an unknown relation
   * @throws NotFoundError when a foreign key that may not be NULL leads nowhere
   */
  async attach(entities: readonly object[], wanted: unknown): Promise<void> {
    let steps = stepsOf(relationLoads(this.#mapping, wanted), entities);
    while (steps.length > 0) {
      // Those of a level do not depend on each other; a transaction has one connection, so there they take turns.
      const concurrency = this.#context.current().isTransaction ? 1 : this.#context.readConcurrency;
      const related = await sideBySide(
        concurrency,
        steps.map((step) => () => this.#take(step)),
      );
      steps = steps.flatMap(({ load }, i) => stepsOf(load.nested, related[i] ?? []));
    }
  }

  /** @returns the related entities, each once */
  #take({ load, entities }: Step): Promise<object[]> {
    return load.relation.kind === 'belongsTo'
      ? this.#attachOwners(load, entities)
      : this.#attachMembers(load, entities);
  }

  async #attachOwners({ relation }: RelationLoad, entities: readonly object[]): Promise<object[]> {
    const { name, target, sourceFields } = relation;
    const keys = new Map<string, unknown>();
    const texts = entities.map((entity) => {
      const values = sourceFields.map(({ property }) => asRecord(entity)[property]);
      if (values.some((value) => value === null || value === undefined)) return undefined;
      const { key, text } = relatedKey(target, values);
      if (!keys.has(text)) keys.set(text, key);
      return text;
    });
    const reader = new EntityReader(this.#context, target, this.#options);
    // The foreign key has been encoded as a key of the target just now, so it is one.
    const owners = await reader.many([...keys.values()] as never[], this.#options);
    const byText = new Map([...keys.keys()].map((text, i) => [text, owners[i]]));
    const isNullable = sourceFields.some(({ nullable }) => nullable);
    for (const [i, entity] of entities.entries()) {
      const text = texts[i];
      const owner = text === undefined ? undefined : byText.get(text);
      if (owner === undefined && !isNullable) throw new NotFoundError(target.name, [text ?? 'undefined']);
      asRecord(entity)[name] = owner ?? null;
    }
    return owners.filter((owner) => owner !== undefined);
  }

  async #attachMembers(load: RelationLoad, entities: readonly object[]): Promise<object[]> {
    const { relation } = load;
    const { kind, name, source, target } = relation;
    const parents = new Map<string, { readonly key: KeyTexts; readonly members: object[] }>();
    const parentOf = entities.map((entity) => {
      const key = encodeEntityKey(source, entity);
      const text = keyText(key);
      const parent = parents.get(text) ?? { key, members: [] };
      parents.set(text, parent);
      return parent;
    });
    const inOrder = [...parents.values()];
    const statement = memberRows(
      load,
      inOrder.map(({ key }) => key),
    );
    const { signal } = this.#options;
    const { rows } = await executeTextSql(this.#context.current(), statement, { signal });
    // One entity for each row of the target, though several parents may have it.
    const related = new Map<string, object>();
    for (const [place, ...row] of rows) {
      const text = keyText(keyOfRow(target, row));
      const member = related.get(text) ?? target.hydrate(row);
      related.set(text, member);
      inOrder[Number(place) - 1]?.members.push(member);
    }
    for (const [i, entity] of entities.entries()) {
      const members = parentOf[i]?.members ?? [];
      asRecord(entity)[name] = kind === 'hasOne' ? (members[0] ?? null) : members;
    }
    return [...related.values()];
  }
}

function stepsOf(loads: readonly RelationLoad[], entities: readonly object[]): Step[] {
  return entities.length === 0 ? [] : loads.map((load) => ({ load, entities }));
}

/** The key of the target that the values of a foreign key are, and its text. */
function relatedKey(target: AnyMapping, values: readonly unknown[]): { readonly key: unknown; readonly text: string } {
  const [only] = values;
  const key = values.length === 1 ? only : Object.fromEntries(target.key.map((property, i) => [property, values[i]]));
  return { key, text: keyText(encodeKey(target, key)) };
}
