import { ConfigError, UnoError, ValidationError } from '@uno/postgres';
import type { EntityClass } from '../entity/entity.js';
import { CallbackError } from '../errors/callback-error.js';
import type { AnyColumn } from './column.js';
import { type Field, fieldsOf } from './field.js';
import type { AnyRelation } from './relation.js';

/** Columns by property. */
export type Columns = Readonly<Record<string, AnyColumn>>;
/** Relations by name. */
export type Relations = Readonly<Record<string, AnyRelation>>;

/** The text of a row's columns in the order of the mapping's fields. */
export type TextRow = readonly (string | null)[];

/** The values of a stored entity, which nobody changes. */
export type Snapshot = readonly unknown[];

interface MappingState<E extends object, C, K extends string, R, T extends string> {
  readonly entity: EntityClass<E>;
  readonly tableName: T;
  readonly tablePath: readonly string[];
  readonly columns: C;
  readonly key: readonly K[];
  readonly relations: R;
  readonly uniques: readonly (readonly string[])[];
}

/**
 * How a class lies in a table. Made by {@link mapEntity}, immutable.
 *
 * @typeParam E - the entity's class
 * @typeParam C - its columns by property
 * @typeParam K - the properties that make up the key
 * @typeParam R - its relations by name
 * @typeParam T - the table, as Kysely names it
 */
export class EntityMapping<
  E extends object,
  C extends Columns,
  K extends string,
  R extends Relations,
  T extends string,
> {
  readonly entity: EntityClass<E>;
  /** The table, with its schema before a dot where one was given. */
  readonly tableName: T;
  /** The table's name, after its schema's where one was given. */
  readonly tablePath: readonly string[];
  readonly columns: C;
  readonly key: readonly K[];
  readonly relations: R;
  /** Sets of properties that are unique together, besides the key. */
  readonly uniques: readonly (readonly string[])[];
  readonly fields: readonly Field[];
  readonly keyFields: readonly Field[];
  /** The field of the key, where that is one. */
  readonly soleKeyField: Field | undefined;
  /** What no record may give, as the database always makes it. */
  readonly madeFields: readonly Field[];
  /** Whether equal keys have equal text, so that the text can stand for a row (in a cache, say). */
  readonly hasTextKey: boolean;
  /** The same, whatever the collations of its columns are. */
  readonly hasExactKey: boolean;
  readonly #byProperty: ReadonlyMap<string, Field>;

  constructor(state: MappingState<E, C, K, R, T>) {
    this.entity = state.entity;
    this.tableName = state.tableName;
    this.tablePath = state.tablePath;
    this.columns = state.columns;
    this.key = state.key;
    this.relations = state.relations;
    this.uniques = state.uniques;
    this.fields = fieldsOf(state.tableName, state.columns, state.key);
    this.#byProperty = new Map(this.fields.map((field) => [field.property, field]));
    this.keyFields = Object.freeze(state.key.map((property) => this.field(property)));
    this.soleKeyField = this.keyFields.length === 1 ? this.keyFields[0] : undefined;
    this.madeFields = Object.freeze(this.fields.filter(({ insertMode }) => insertMode === 'never'));
    this.hasTextKey = this.keyFields.every(({ type }) => type.canonical);
    this.hasExactKey = this.keyFields.every(({ type }) => type.canonical && !type.collated);
    Object.freeze(this);
  }

  /** The entity's name, for messages. */
  get name(): string {
    return this.entity.name;
  }

  /** @throws ConfigError when there is no such field, naming those that there are */
  field(property: string): Field {
    const found = this.#byProperty.get(property);
    if (found !== undefined) return found;
    throw new ConfigError(`${this.name} has no field "${property}". It has: ${this.fieldNames()}.`);
  }

  findField(property: string): Field | undefined {
    return this.#byProperty.get(property);
  }

  /** The names of all fields, for messages. */
  fieldNames(): string {
    return this.fields.map((field) => field.property).join(', ');
  }

  /** @throws ConfigError when there is no such relation, naming those that there are */
  relation(name: string): AnyRelation {
    const found = Object.hasOwn(this.relations, name) ? this.relations[name] : undefined;
    if (found !== undefined) return found;
    const known = Object.keys(this.relations).join(', ') || 'none';
    throw new ConfigError(`${this.name} has no relation "${name}". It has: ${known}.`);
  }

  /**
   * An entity from a row.
   *
   * @throws ValidationError when the database holds a value that the mapped type cannot
   * @throws CallbackError when the class throws
   */
  hydrate(row: TextRow): E {
    let field: Field | undefined;
    try {
      const entity = new this.entity();
      const values = asRecord(entity);
      for (field of this.fields) {
        const text = row[field.position] ?? null;
        values[field.property] = text === null ? null : field.type.decode(text);
      }
      return entity;
    } catch (error) {
      const text = field && row[field.position];
      // Done again, as to catch it for each field would cost every row: it throws if it was at fault, and not the class.
      if (field !== undefined && typeof text === 'string') this.decode(field, text);
      throw entityError(error);
    }
  }

  /**
   * The value of a field, from the text that PostgreSQL wrote.
   *
   * @throws ValidationError when the mapped type has no such value
   */
  decode(field: Field, text: string | null): unknown {
    if (text === null) return null;
    try {
      return field.type.decode(text);
    } catch (cause) {
      const reason = cause instanceof RangeError ? cause.message : 'the text cannot be read';
      throw new ValidationError(`${this.name}.${field.property} cannot be read as ${field.type.sql}: ${reason}.`, {
        field: field.property,
        reason,
        cause,
      });
    }
  }

  /** The values of an entity that came from the database, sharing nothing that can be changed. */
  snapshot(entity: E): Snapshot {
    const source = asRecord(entity);
    return this.fields.map((field) => copied(field, source[field.property]));
  }

  /**
   * An entity from its values, sharing nothing that can be changed.
   *
   * @throws CallbackError when the class throws
   */
  restore(snapshot: Snapshot): E {
    try {
      const entity = new this.entity();
      const values = asRecord(entity);
      for (const field of this.fields) values[field.property] = copied(field, snapshot[field.position]);
      return entity;
    } catch (error) {
      throw entityError(error);
    }
  }
}

/** What came of making an entity: a value that cannot be read, or the class of the caller's. */
function entityError(error: unknown): UnoError {
  return UnoError.is(error) ? error : new CallbackError('entity', error);
}

function copied(field: Field, value: unknown): unknown {
  return field.type.mutable && value !== null && value !== undefined ? field.type.copy(value) : value;
}

/** An entity's properties by name: the mapping knows them, TypeScript cannot. */
export function asRecord(entity: object): Record<string, unknown> {
  return entity as Record<string, unknown>;
}

/** Whether something is a mapping, of this or another installed copy. */
export function isMapping(value: unknown): value is AnyMapping {
  return typeof value === 'object' && value !== null && 'tablePath' in value && Array.isArray(value.tablePath);
}

/** Any mapping, for code that works on all of them. */
export type AnyMapping = EntityMapping<object, Columns, string, Relations, string>;
