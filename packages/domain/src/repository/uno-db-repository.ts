import { ConfigError, executeTextSql, kindOf, type Queryable, ValidationError } from '@uno/postgres';
import { mergeSettings, type RepositorySettings } from '../context/repository-settings.js';
import type { UnoContext } from '../context/uno-context.js';
import { NotFoundError } from '../errors/repository-errors.js';
import { type AnyMapping, asRecord } from '../mapping/entity-mapping.js';
import type {
  Found,
  IncrementableField,
  IncrementPatch,
  KeyOf,
  Loaded,
  NewRecord,
  RecordPatch,
} from '../mapping/inferred-types.js';
import { encodeEntityKey, encodeKey, keyText } from '../mapping/key.js';
import { hydrateLoaded } from '../mapping/rows.js';
import { Deadline } from '../operations/deadline.js';
import { encodeKeys } from '../operations/inputs.js';
import {
  callOptionRules,
  flag,
  mergeOptions,
  type OptionRules,
  updateFieldRules,
  writeOptionRules,
} from '../operations/option-rules.js';
import { requireList } from '../operations/require-list.js';
import { type CallDefaults, resolveCall } from '../operations/resolve-call.js';
import { defaultRetryPolicy } from '../operations/retrying.js';
import { type Page, type PageOptions, pageRules } from '../pages/page-options.js';
import { readPage } from '../pages/read-page.js';
import type { WithModels } from '../ports/batch-port.js';
import type { BatchWriteOptions } from '../ports/call-options.js';
import type { WithOutcomes, WriteResult } from '../ports/record-outcome.js';
import type { BatchUpdateFields, UpdateFields } from '../ports/update-options.js';
import type { Aggregated, AggregateOptions, Aggregates } from '../query/aggregate.js';
import type { Filters } from '../query/filter.js';
import { type KyselyQueries, kyselyQueries } from '../query/kysely-queries.js';
import { lockClause } from '../query/row-lock.js';
import { countRows, existsRows } from '../query/select-sql.js';
import type { CheckedLoad, LoadRelations } from '../relations/load-relations.js';
import { RelationLoader } from '../relations/relation-loader.js';
import { type StreamSource, streamEntities } from '../stream/stream-entities.js';
import { type StreamOptions, streamRules } from '../stream/stream-options.js';
import {
  type FieldChanges,
  type RemovedWhere,
  removeWhereRules,
  type UpdatedWhere,
  type UpdateWhereCall,
  type UpdateWhereOptions,
  updateWhereRules,
  type WriteWhereOptions,
} from '../where/where-options.js';
import { WhereWriter } from '../where/where-writer.js';
import { aggregateRows } from './aggregate-rows.js';
import { type ByFilter, isByFilter } from './by-filter.js';
import { checkOptions } from './check-options.js';
import { EntityReader } from './entity-reader.js';
import { listRows } from './list-rows.js';
import type {
  BatchGetOptions,
  BatchOptions,
  BatchOutcomeOptions,
  BatchReadOptions,
  FieldList,
  FindOptions,
  GetOptions,
  ListOptions,
} from './repository-options.js';

/** What a write may be asked for, with and without outcomes. */
interface AnyBatchOptions extends BatchWriteOptions {
  readonly useBatchOperations?: boolean | undefined;
  readonly outcomes?: boolean | undefined;
}

const readRules: OptionRules<BatchReadOptions & { readonly useCache?: boolean | undefined }> = {
  ...callOptionRules,
  useBatchOperations: flag,
  useCache: flag,
};

const listOptionNames = ['filters', 'orderBy', 'limit', 'offset', 'loadRelations', 'fields', 'lock'];
const findOptionNames = listOptionNames.filter((name) => name !== 'limit');

const writeRules: OptionRules<AnyBatchOptions> = { ...writeOptionRules, useBatchOperations: flag, outcomes: flag };

/**
 * Data access for one entity. Subclass it, give the mapping, and add methods of your own.
 *
 * Single operations are one statement each. Batch operations are set-based where the context has a batch port and
 * batching is on; otherwise they do the same record by record. Every method joins the unit of work it is called in.
 *
 * @example
 * ```ts
 * class CityRepository extends UnoDBRepository<typeof cities> {
 *   constructor(context: UnoContext) {
 *     super(context, cities, { batchSize: 500 });
 *   }
 *   findByCountry(code: string) {
 *     return this.list({ filters: { countryCode: code }, orderBy: ['name'] });
 *   }
 * }
 * ```
 */
export class UnoDBRepository<M extends AnyMapping> {
  readonly mapping: M;
  /** What this repository does unless a call says otherwise: context, class and container configuration together. */
  readonly settings: RepositorySettings;
  readonly #context: UnoContext;
  readonly #reader: EntityReader<M>;

  /** @throws ConfigError for a setting that is unknown or of another type */
  constructor(context: UnoContext, mapping: M, settings: RepositorySettings = {}) {
    this.#context = context;
    this.mapping = mapping;
    this.settings = context.settingsOf(new.target === UnoDBRepository ? mapping.entity : new.target, settings);
    this.#reader = new EntityReader(context, mapping, this.settings);
  }

  /** The transaction that this call runs in, or the database: for SQL of your own, `` sql`…`.execute(this.db) ``. */
  protected get db(): Queryable {
    return this.#context.current();
  }

  /**
   * Kysely's queries that read this table, and those of the mappings that are given, by the names of tables and columns, for
   * what the methods of a repository do not say. They run in the unit of work, and give what Kysely gives: plain rows of
   * the pool's type parsers, no entities.
   *
   * @throws ConfigError in code that outlived its unit of work
   * @example
   * ```ts
   * const rows = await this.query(countries)
   *   .selectFrom('city')
   *   .innerJoin('country', 'country.id', 'city.country_id')
   *   .select(({ fn }) => ['country.code', fn.countAll().as('cities')])
   *   .groupBy('country.code')
   *   .execute();
   * ```
   */
  query<const Others extends readonly AnyMapping[]>(..._others: Others): KyselyQueries<readonly [M, ...Others]> {
    return kyselyQueries(this.db);
  }

  /**
   * The entity with this key, or `undefined`. From the cache if it is there; otherwise one statement.
   *
   * @throws ValidationError when the key is of another type
   * @throws ConfigError for a lock outside of a transaction
   * @throws LockTimeoutError under `noWait`, when another transaction has locked the row
   */
  async get<const L extends LoadRelations<M> = readonly []>(
    key: KeyOf<M>,
    options: GetOptions<M, L> = {},
  ): Promise<Loaded<M, L> | undefined> {
    checkOptions('get', options, ['loadRelations', 'useCache', 'lock']);
    const lock = lockClause('get', options.lock, this.db);
    const entity = await this.#reader.one(key, { useCache: options.useCache }, lock);
    if (entity === undefined) return undefined;
    const settings = { useCache: options.useCache };
    const [loaded] = await this.#withRelations<L>([entity], options.loadRelations, { settings });
    return loaded;
  }

  /**
   * The entity with this key, as {@link get} gives it, where there has to be one.
   *
   * @throws NotFoundError that names the key, when there is none
   * @throws ValidationError when the key is of another type
   * @example
   * ```ts
   * const city = await cities.getOrFail(7, { loadRelations: ['country'] });
   * ```
   */
  async getOrFail<const L extends LoadRelations<M> = readonly []>(
    key: KeyOf<M>,
    options: GetOptions<M, L> = {},
  ): Promise<Loaded<M, L>> {
    const entity = await this.get(key, options);
    if (entity !== undefined) return entity;
    throw new NotFoundError(this.mapping.name, [keyText(encodeKey(this.mapping, key))], { operation: 'getOrFail' });
  }

  /**
   * The entities that a filter finds, in the order asked for, or else in no particular one: one statement, and what
   * relations take. With `fields` it reads these only, and gives plain objects.
   *
   * @throws ConfigError for an unknown field, and for a lock outside of a transaction
   * @throws ValidationError for a filter, an order or a limit that is none
   * @throws LockTimeoutError under `noWait`, when another transaction has locked a row
   * @example
   * ```ts
   * const names = await cities.list({ fields: ['id', 'name'], filters: { countryCode: 'CH' } });
   * ```
   */
  async list<const L extends LoadRelations<M> = readonly [], const F extends FieldList<M> = undefined>(
    options: ListOptions<M, L, F> = {},
  ): Promise<Found<M, L, F>[]> {
    return this.#list('list', checkOptions('list', options, listOptionNames));
  }

  /**
   * The first entity that a filter finds, in the order asked for, or `undefined` where it finds none. One statement, which
   * reads one row.
   *
   * @example
   * ```ts
   * const largest = await cities.findOne({ orderBy: [{ population: 'desc', nulls: 'last' }] });
   * ```
   */
  async findOne<const L extends LoadRelations<M> = readonly [], const F extends FieldList<M> = undefined>(
    options: FindOptions<M, L, F> = {},
  ): Promise<Found<M, L, F> | undefined> {
    const [found] = await this.#list<L, F>('findOne', {
      ...checkOptions('findOne', options, findOptionNames),
      limit: 1,
    });
    return found;
  }

  /** How many rows a filter finds; all of them without one. */
  async count(options: { readonly filters?: Filters<M> } = {}): Promise<number> {
    checkOptions('count', options, ['filters']);
    const { rows } = await executeTextSql(this.db, countRows(this.mapping, options.filters));
    return Number(rows[0]?.[0]);
  }

  /**
   * What comes of many rows, by one statement: counts, sums, averages, least and greatest values; of all rows as one plain
   * object, or of each group as a list of them. Sums are exact and have the type of their field; an average is a number
   * where the field is one, and otherwise a decimal text.
   *
   * @throws ConfigError for an unknown field, or an aggregate that is not possible for one
   * @throws ValidationError for a filter that is none, or a sum of numbers beyond 2^53 - 1
   * @example
   * ```ts
   * const perCountry = await cities.aggregate({
   *   select: { cities: { count: '*' }, people: { sum: 'population' } },
   *   groupBy: ['countryCode'],
   *   having: { people: { gt: 1_000_000 } },
   *   orderBy: [{ people: 'desc' }],
   * });
   * ```
   */
  async aggregate<const S extends Aggregates<M>, const G extends FieldList<M> = undefined>(
    options: AggregateOptions<M, S, G>,
  ): Promise<Aggregated<M, S, G>> {
    checkOptions('aggregate', options, ['select', 'groupBy', 'filters', 'having', 'orderBy', 'limit', 'offset']);
    // It has been made of the names in S and G, as its type has.
    return (await aggregateRows(this.db, this.mapping, options)) as Aggregated<M, S, G>;
  }

  /**
   * Whether there is a row with this key, or any that a filter finds. Always asks the database, by one statement that
   * stops at the first row.
   *
   * @example
   * ```ts
   * await cities.exists(7);
   * await cities.exists({ filters: { countryCode: 'CH' } });
   * ```
   */
  async exists(key: KeyOf<M>): Promise<boolean>;
  async exists(which: ByFilter<M>): Promise<boolean>;
  async exists(which: KeyOf<M> | ByFilter<M>): Promise<boolean> {
    if (!isByFilter(this.mapping, which)) return this.#reader.individual().exists(which);
    checkOptions('exists', which, ['filters']);
    const { rows } = await executeTextSql(this.db, existsRows(this.mapping, which.filters));
    return rows[0]?.[0] === 't';
  }

  /**
   * Stores a new entity and gives it back as it is stored, with what the database filled in. The argument is unchanged.
   *
   * @throws ValidationError for values that cannot be stored, before anything is sent
   * @throws ConstraintError
   */
  async add(record: NewRecord<M>): Promise<Loaded<M>> {
    return this.#reader.individual().insert(record);
  }

  /**
   * Writes the fields of an entity that are not `undefined`, or only those named, and gives it back as it is stored.
   *
   * @throws StaleEntityError when the row is gone, or has another version than the record
   * @throws ValidationError, ConstraintError
   */
  async update<const I extends IncrementableField<M> = never>(
    record: IncrementPatch<M, NoInfer<I>>,
    options: UpdateFields<M, I> = {},
  ): Promise<Loaded<M>> {
    return this.#reader
      .individual()
      .update(record, checkOptions('update', options, ['fields', 'increment', 'version']));
  }

  /** Removes an entity; `false` when it was gone already. */
  async remove(entity: Loaded<M>): Promise<boolean> {
    if (!(entity instanceof this.mapping.entity)) {
      throw new ValidationError(`remove takes a ${this.mapping.name}; removeById takes a key.`);
    }
    return this.#reader.individual().delete(this.#keyOf(entity));
  }

  /** Removes the row with this key; `false` when there was none. */
  async removeById(key: KeyOf<M>): Promise<boolean> {
    return this.#reader.individual().delete(key);
  }

  /** A copy of the entity with relations loaded; see {@link loadRelationsBatch}. */
  async loadRelations<const L extends LoadRelations<M>>(
    entity: Loaded<M>,
    relations: CheckedLoad<M, L>,
  ): Promise<Loaded<M, L>> {
    const [loaded] = await this.loadRelationsBatch<L>([entity], relations);
    if (loaded === undefined) throw new ValidationError(`loadRelations takes a ${this.mapping.name}.`);
    return loaded;
  }

  /**
   * Copies of the entities, in their order, with relations loaded: one statement a relation where batching is on; where
   * it is off, one for each entity that is belonged to.
   *
   * @throws NotFoundError when a foreign key that may not be NULL leads nowhere
   */
  async loadRelationsBatch<const L extends LoadRelations<M>>(
    entities: readonly Loaded<M>[],
    relations: CheckedLoad<M, L>,
  ): Promise<Loaded<M, L>[]> {
    const copies = entities.map((entity, index) => {
      if (entity instanceof this.mapping.entity) return Object.assign(new this.mapping.entity(), entity);
      throw new ValidationError(`loadRelationsBatch takes ${this.mapping.name} entities; number ${index} is none.`, {
        index,
      });
    });
    return this.#withRelations<L>(copies, relations);
  }

  /**
   * The entities with these keys, in the order of the keys; one that is asked for twice comes twice. Keys without a row
   * are left out, or an error under `onMissing: 'throw'`. What the cache has is not read again.
   *
   * @throws NotFoundError, BatchError for a key of another type
   */
  async batchGet<const L extends LoadRelations<M> = readonly []>(
    keys: readonly KeyOf<M>[],
    options: BatchGetOptions<M, L> = {},
  ): Promise<Loaded<M, L>[]> {
    const {
      loadRelations,
      onMissing = 'omit',
      ...reading
    } = checkOptions('batchGet', options, [...Object.keys(readRules), 'loadRelations', 'onMissing']);
    const { useCache, useBatchOperations, ...call } = resolveCall('batchGet', readRules, this.#defaults(), reading);
    if (onMissing !== 'omit' && onMissing !== 'throw') {
      throw new ConfigError(`batchGet: onMissing takes 'omit' or 'throw', not ${kindOf(onMissing)}.`);
    }
    const wanted = requireList('batchGet', keys);
    const deadline = new Deadline('batchGet', call);
    const { signal } = deadline;
    try {
      const found = await this.#reader.many(wanted, { ...call, signal, useCache, useBatchOperations });
      if (onMissing === 'throw' && found.includes(undefined)) {
        const missing = wanted.filter((_, i) => found[i] === undefined);
        throw new NotFoundError(this.mapping.name, encodeKeys(this.mapping, 'batchGet', missing).map(keyText), {
          operation: 'batchGet',
        });
      }
      const { batchSize, strategy } = call;
      const settings = { useCache, useBatchOperations, batchSize, strategy };
      return await this.#withRelations<L>(
        found.filter((entity) => entity !== undefined),
        loadRelations,
        { settings, signal },
      );
    } catch (error) {
      throw deadline.explain(error);
    } finally {
      deadline[Symbol.dispose]();
    }
  }

  /**
   * Stores new entities, all or none, and gives them back in the order of the input, with what the database filled in.
   * With `outcomes: true` it gives them as `models`, beside the totals and what became of every record; only then can
   * records that fail be left out.
   *
   * @throws BatchError that names the record at fault, and what is written all the same when chunks commit by themselves
   * @example
   * ```ts
   * const { models, failures } = await cities.batchAdd(rows, { outcomes: true, onRecordError: 'skip' });
   * ```
   */
  async batchAdd(records: readonly NewRecord<M>[], options?: BatchOptions): Promise<Loaded<M>[]>;
  async batchAdd(
    records: readonly NewRecord<M>[],
    options: BatchOutcomeOptions,
  ): Promise<WriteResult & WithOutcomes & WithModels<M>>;
  async batchAdd(
    records: readonly NewRecord<M>[],
    options: AnyBatchOptions = {},
  ): Promise<Loaded<M>[] | (WriteResult & WithOutcomes & WithModels<M>)> {
    const { operations, call } = this.#writing('batchAdd', options);
    const result = await operations.batchInsert(requireList('batchAdd', records), { ...call, returnModels: true });
    return call.outcomes ? withOutcomes(result) : result.models;
  }

  /**
   * Updates rows by key, all or none: the fields named, or those of each record that are not `undefined`. A row that
   * already is as asked is not rewritten.
   *
   * @returns how many of the records had a row, changed or not; with `outcomes: true` the totals and what became of every record
   * @throws BatchError that names the record at fault, and what is written all the same when chunks commit by themselves
   */
  async batchUpdate<const I extends IncrementableField<M> = never>(
    records: readonly IncrementPatch<M, NoInfer<I>>[],
    options?: BatchOptions & BatchUpdateFields<M, I>,
  ): Promise<number>;
  async batchUpdate<const I extends IncrementableField<M> = never>(
    records: readonly IncrementPatch<M, NoInfer<I>>[],
    options: BatchOutcomeOptions & BatchUpdateFields<M, I>,
  ): Promise<WriteResult & WithOutcomes>;
  async batchUpdate(
    records: readonly RecordPatch<M>[],
    options: AnyBatchOptions & BatchUpdateFields<M> = {},
  ): Promise<number | (WriteResult & WithOutcomes)> {
    const known = [...Object.keys(writeRules), ...Object.keys(updateFieldRules)];
    const { fields, increment, version, skipUnchanged, ...batching } = checkOptions('batchUpdate', options, known);
    const updating = mergeOptions('batchUpdate', updateFieldRules, { fields, increment, version, skipUnchanged });
    const { operations, call } = this.#writing('batchUpdate', batching);
    const result = await operations.batchUpdate(requireList('batchUpdate', records), { ...call, ...updating });
    return call.outcomes ? withOutcomes(result) : result.updated + result.unchanged;
  }

  /**
   * Removes rows by key, all or none.
   *
   * @returns how many rows were removed; with `outcomes: true` the totals and what became of every key
   * @throws BatchError that names the key at fault, such as one that a foreign key still needs
   */
  async batchRemove(keys: readonly KeyOf<M>[], options?: BatchOptions): Promise<number>;
  async batchRemove(keys: readonly KeyOf<M>[], options: BatchOutcomeOptions): Promise<WriteResult & WithOutcomes>;
  async batchRemove(
    keys: readonly KeyOf<M>[],
    options: AnyBatchOptions = {},
  ): Promise<number | (WriteResult & WithOutcomes)> {
    const { operations, call } = this.#writing('batchRemove', options);
    const result = await operations.batchDelete(requireList('batchRemove', keys), call);
    return call.outcomes ? withOutcomes(result) : result.deleted;
  }

  /**
   * The entities that a filter finds, one by one, through a cursor of the server: memory for one chunk, however many there
   * are. In a unit of work it reads in that transaction, between whose statements the loop may do others; else in one of its
   * own that only reads, on one connection of the pool until the loop ends. All rows are as they were at its beginning.
   *
   * Costs a DECLARE, a FETCH a chunk, and one statement a relation and chunk; reads past the cache.
   *
   * @throws ConfigError, ValidationError for options that are wrong, at once
   * @throws CanceledError when the signal was aborted
   * @throws ConnectionError when the connection is lost on the way
   * @example
   * ```ts
   * for await (const city of cities.stream({ orderBy: ['name'], loadRelations: ['country'] })) await print(city);
   * ```
   */
  stream<const L extends LoadRelations<M> = readonly []>(
    options: StreamOptions<M, L> = {},
  ): AsyncIterableIterator<Loaded<M, L>> {
    const { filters, orderBy, chunkSize, signal: callers } = mergeOptions('stream', streamRules, options);
    const { loadRelations } = options;
    const source: StreamSource<M, Loaded<M, L>> = {
      context: this.#context,
      mapping: this.mapping,
      db: this.db,
      relate: (entities, signal) => this.#withRelations<L>(entities, loadRelations, { signal }),
    };
    return streamEntities(source, { filters, orderBy, chunkSize, signal: callers });
  }

  /**
   * One page of the entities that a filter finds, and cursors for those before and after it: opaque texts for a client to
   * come back with. They are places in the order, not numbers of rows, so that pages neither repeat nor leave out a row when
   * others come and go.
   *
   * Costs one statement, however far the page is, and one a relation; reads past the cache.
   *
   * @throws ConfigError, ValidationError for options that are wrong
   * @throws PageCursorError for a cursor that was changed, or is of another entity, order or filter
   * @example
   * ```ts
   * const { items, next } = await cities.page({ orderBy: [{ population: 'desc' }], limit: 20, after: request.query.after });
   * ```
   */
  async page<const L extends LoadRelations<M> = readonly []>(options: PageOptions<M, L>): Promise<Page<Loaded<M, L>>> {
    const call = mergeOptions('page', pageRules, options);
    const source = { mapping: this.mapping, db: this.db, cursors: this.#context.cursors };
    const { items: rows, ...neighbours } = await readPage(source, call);
    const entities = rows.map((row) => hydrateLoaded(this.mapping, row));
    return { items: await this.#withRelations<L>(entities, options.loadRelations), ...neighbours };
  }

  /**
   * Writes some fields of every row that a filter finds, by one statement, or in chunks by the order of the key. Rows that
   * already are as asked are not rewritten. Nothing is read into this process but keys, for the observers: the cache forgets
   * these rows, or all of the table where there are more than 10,000.
   *
   * Costs one statement, or one a chunk, each with a BEGIN and a COMMIT; in a unit of work, with a savepoint.
   *
   * @returns how many rows were written
   * @throws ConfigError for a filter that is missing, or holds for every row, without `all: true`
   * @throws ValidationError, ConstraintError
   * @throws PartialWriteError when a chunk fails after others, which stay written
   * @example
   * ```ts
   * await cities.updateWhere({ countryCode: 'CH' }, { population: 1 }, { increment: ['population'] });
   * ```
   */
  async updateWhere<const I extends IncrementableField<M> = never>(
    filters: Filters<M>,
    changes: FieldChanges<M, NoInfer<I>>,
    options: UpdateWhereOptions<M, I> = {},
  ): Promise<UpdatedWhere> {
    const { timeoutMs } = this.#defaults();
    const call = mergeOptions<UpdateWhereCall>('updateWhere', updateWhereRules, { timeoutMs }, options);
    return { updated: await this.#whereWriter().update(filters, changes, call) };
  }

  /**
   * Removes every row that a filter finds, by one statement, or in chunks by the order of the key; otherwise as
   * {@link updateWhere}.
   *
   * @returns how many rows were removed
   * @throws ConfigError for a filter that is missing, or holds for every row, without `all: true`
   * @throws ConstraintError when a foreign key still needs one of the rows
   * @throws PartialWriteError when a chunk fails after others, which stay removed
   * @example
   * ```ts
   * await visits.removeWhere({ day: { lt: '2020-01-01' } }, { chunkSize: 10_000 });
   * ```
   */
  async removeWhere(filters: Filters<M>, options: WriteWhereOptions = {}): Promise<RemovedWhere> {
    const { timeoutMs } = this.#defaults();
    const call = mergeOptions('removeWhere', removeWhereRules, { timeoutMs }, options);
    return { removed: await this.#whereWriter().remove(filters, call) };
  }

  #whereWriter(): WhereWriter {
    const { observers, batch } = this.#context;
    return new WhereWriter(
      { mapping: this.mapping, db: this.db, observers },
      batch?.defaults?.retry ?? defaultRetryPolicy,
    );
  }

  /** Who writes, and how: the call's options over the repository's settings. */
  #writing(operation: string, options: AnyBatchOptions) {
    const resolved = resolveCall(operation, writeRules, this.#defaults(), options);
    const { useBatchOperations, outcomes = false, ...call } = resolved;
    if (call.onRecordError === 'skip' && !outcomes) {
      throw new ConfigError(
        `${operation}: onRecordError: 'skip' leaves records out; ask with outcomes: true which, or they would be lost.`,
      );
    }
    return { operations: this.#reader.operations({ useBatchOperations }), call: { ...call, outcomes } };
  }

  #defaults(): CallDefaults {
    const { batchSize, strategy, timeoutMs = this.#context.batch?.defaults?.timeoutMs } = this.settings;
    return { batchSize, strategy, timeoutMs };
  }

  async #list<L extends LoadRelations<M>, F extends FieldList<M>>(
    operation: string,
    options: ListOptions<M, L, F>,
  ): Promise<Found<M, L, F>[]> {
    const rows = await listRows(this.db, this.mapping, operation, options);
    const found: object[] = await this.#withRelations<L>(rows, options.loadRelations);
    // They are of the fields named by F, or have the relations named by L, which is all that their type says more.
    return found as Found<M, L, F>[];
  }

  async #withRelations<L extends LoadRelations<M>>(
    entities: readonly object[],
    relations: L | undefined,
    { settings, signal }: { readonly settings?: RepositorySettings; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Loaded<M, L>[]> {
    if (relations !== undefined) {
      const merged = mergeSettings('loadRelations', this.settings, settings);
      await new RelationLoader(this.#context, this.mapping, { ...merged, signal }).attach(entities, relations);
    }
    // The relations named by L are on the entities now, which is all that their type says more.
    return entities as Loaded<M, L>[];
  }

  #keyOf(entity: object): KeyOf<M> {
    const values = asRecord(entity);
    encodeEntityKey(this.mapping, entity);
    const [only, ...more] = this.mapping.key;
    // It was just found to be a complete key.
    return (only !== undefined && more.length === 0 ? values[only] : values) as KeyOf<M>;
  }
}

/** What was asked for is there: an implementation of the port that leaves it out is at fault. */
function withOutcomes<R extends Partial<WithOutcomes>>(result: R): R & WithOutcomes {
  const { outcomes } = result;
  if (outcomes === undefined) throw new ConfigError('The batch port gave no outcomes, although they were asked for.');
  return { ...result, outcomes };
}
