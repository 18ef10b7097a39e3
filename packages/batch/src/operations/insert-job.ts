import {
  type AnyMapping,
  checkNewRecord,
  type Field,
  type Identity,
  insertedFields,
  insertOne,
  insertRecord,
  type KeyTexts,
  keyOfRow,
  numericIdentity,
  RowSuppressedError,
  readField,
} from '@uno/domain';
import { ConfigError, copySql, parseRecordText, type TextResult, type TextStatement } from '@uno/postgres';
import { AmbiguousKeysError } from '../engine/ambiguous-keys-error.js';
import type { Prepared } from '../engine/batch-job.js';
import type { Entry } from '../engine/chunk.js';
import type { Step } from '../engine/step.js';
import { groupByShape, type ShapeGroup } from '../shapes/group-by-shape.js';
import { WorkItem } from '../shapes/work-item.js';
import { type ArrayParameter, columnArrays } from '../statements/column-arrays.js';
import { copiedRecords } from '../statements/copied-records.js';
import type { CopyData } from '../statements/copy-data.js';
import { copyFormat } from '../statements/copy-format.js';
import { type CopyFormat, copyStatement } from '../statements/copy-statement.js';
import {
  insertByValuesStatement,
  insertReturningStatement,
  insertStatement,
  newKeysStatement,
} from '../statements/insert-statement.js';
import { forgetTableFacts, noTable } from '../statements/table-facts.js';
import { bytesOf } from '../tuning/weigh.js';
import { type ChunkRequest, inFlight } from '../workspace/in-flight.js';
import type { WriteSession } from '../workspace/write-session.js';
import {
  fewestToCopy,
  type InsertTransport,
  type InsertWay,
  insertWay,
  type WantedOfInsert,
  whyNotCopy,
} from './insert-way.js';
import { keyOfSettled, type SettledItem, type Written } from './write-account.js';
import { WriteJob, type WriteJobOptions } from './write-job.js';

/** Records that go in one statement, encoded. */
interface EncodedGroup extends ShapeGroup {
  readonly way: InsertWay;
  readonly arrays: readonly ArrayParameter[];
  readonly copied: Copied | undefined;
}

/** Records as the data of a COPY. */
interface Copied {
  readonly data: CopyData;
  readonly format: CopyFormat;
}

/** Nothing of the rows comes back. */
type StoringWay = InsertWay & { readonly how: 'copy' | 'unnest' };

type ReturningWay = InsertWay & { readonly how: 'returning' };

/** The fields that a record gives. */
export function fieldsToInsert(mapping: AnyMapping, { values, index }: WorkItem): readonly Field[] {
  return insertedFields(mapping, { values, index });
}

/** Puts the records together that insert the same columns. */
export function groupsToInsert(mapping: AnyMapping, items: readonly WorkItem[]): ShapeGroup[] {
  return groupByShape(items, (item) => fieldsToInsert(mapping, item));
}

/** Inserts records; each one's row is found out where somebody asks for it. */
export class InsertJob<M extends AnyMapping> extends WriteJob<M> {
  readonly isIdempotent = false;
  protected readonly folded = 'all';
  readonly #transport: InsertTransport;
  /** Memory for lines: new one for each chunk would have the garbage collector run all the time. */
  readonly #spare: Buffer[] = [];

  constructor(options: WriteJobOptions<M>, transport: InsertTransport = 'auto') {
    super(options);
    this.#transport = transport;
  }

  async ready(): Promise<void> {
    // What is not asked for, nor copied, needs nothing to be known.
    const isLarge = this.#largestChunk >= fewestToCopy || this.options.call.sizes.isTuned;
    const mayCopy = this.#transport === 'copy' || (this.#transport === 'auto' && isLarge);
    if (this.isDetailed || mayCopy) await this.readFacts();
    const why = this.#transport === 'copy' ? whyNotCopy(this.facts, []) : undefined;
    if (why !== undefined) {
      throw new ConfigError(
        `batchInsert: ${this.mapping.tableName} takes no COPY, because ${why}. Leave transport out.`,
      );
    }
  }

  read({ record, index }: Entry<unknown>): WorkItem {
    return WorkItem.ofNew(this.mapping, record, index);
  }

  check({ record, index }: Entry<unknown>): Identity | undefined {
    const { mapping } = this;
    const checked = checkNewRecord(mapping, record, index);
    const { soleKeyField } = mapping;
    // Side by side, it saves looking at every key of every chunk where it is known that none comes twice.
    if (this.options.call.strategy !== 'parallel' || soleKeyField === undefined) return undefined;
    return numericIdentity(soleKeyField, readField(mapping, checked, soleKeyField, index));
  }

  identityOf(item: WorkItem): Identity | undefined {
    return this.identityByKey(item);
  }

  prepare(items: readonly WorkItem[]): Prepared<WriteSession, Written> {
    const groups = groupsToInsert(this.mapping, items).map((group) => this.#encoded(group));
    const [first, ...others] = groups;
    return {
      isOneStatement: items.length === 1 || (first !== undefined && others.length === 0 && isOneStatement(first.way)),
      steps: () => groups.flatMap((group) => this.#steps(group)),
      ...(groups.every(({ way }) => isUnnested(way))
        ? inFlight({
            requests: () => groups.map((group) => this.#request(group)),
            done: (session, results) => this.#written(session, groups, results),
            explained: (error) => this.#forgetting(groups, error),
          })
        : {
            send: (session: WriteSession) =>
              this.#written(session, groups).catch((error: unknown) => {
                throw this.#forgetting(groups, error);
              }),
          }),
    };
  }

  async alone(session: WriteSession, item: WorkItem): Promise<Written> {
    const settled = await this.#insertOne(session, item);
    session.touch(() => (settled.key === undefined ? [] : [settled.key]));
    return { settled: [settled] };
  }

  get #largestChunk(): number {
    const { strategy, batchSize, total = Number.POSITIVE_INFINITY } = this.options.call;
    return strategy === 'single_query' || strategy === 'optimistic' ? total : Math.min(batchSize, total);
  }

  get #wanted(): WantedOfInsert {
    if (!this.isDetailed) return 'counts';
    return this.options.models ? 'models' : 'keys';
  }

  #encoded(group: ShapeGroup): EncodedGroup {
    const { mapping, facts } = this;
    const { fields, items } = group;
    const way = insertWay({
      mapping,
      facts,
      transport: this.#transport,
      wanted: this.#wanted,
      fields,
      records: items.length,
      bytes: this.facts === noTable ? 0 : bytesOf(items),
    });
    const isCopied = way.how === 'copy';
    return {
      ...group,
      way,
      arrays: isCopied || way.how === 'alone' ? [] : columnArrays(mapping, fields, items),
      copied: way.how === 'copy' ? this.#copied(columnsOf(fields, way), fields, items) : undefined,
    };
  }

  /** @param columns - all that are copied, of which the records give some */
  #copied(columns: readonly Field[], fields: readonly Field[], items: readonly WorkItem[]): Copied {
    const format = copyFormat(columns, this.facts);
    return { data: copiedRecords(this.mapping, fields, items, format, this.#spare.pop()), format };
  }

  #returningStatement(fields: readonly Field[], { by, made }: ReturningWay): TextStatement {
    const { mapping, facts } = this;
    return by === 'keys'
      ? insertReturningStatement(mapping, fields, made, facts.meddlesWithInserts, this.#returned)
      : insertByValuesStatement(mapping, fields, this.#returned);
  }

  get #returned(): readonly Field[] {
    return this.options.models ? this.mapping.fields : this.mapping.keyFields;
  }

  #steps({ fields, items, way, arrays, copied }: EncodedGroup): readonly Step[] {
    const { mapping } = this;
    const indices = items.map(({ index }) => index);
    const { how, why } = way;
    const step = { way: how, why, parameters: arrays.length, times: 1, indices };
    switch (way.how) {
      case 'unnest':
        return [{ ...step, sql: insertStatement(mapping, fields).sql }];
      case 'returning':
        return [{ ...step, sql: this.#returningStatement(fields, way).sql }];
      case 'alone':
        // Their values are encoded one by one when it is their turn; what cannot be is known now.
        for (const item of items) columnArrays(mapping, fields, [item]);
        return [{ ...step, sql: insertOne(mapping, fields).sql, parameters: fields.length, times: items.length }];
      case 'copy': {
        const copy = {
          ...step,
          sql: copySql(copyStatement(mapping, columnsOf(fields, way), copied?.format ?? 'text')),
        };
        if (way.made.length === 0) return [copy];
        const made = 'a COPY gives no keys back, so they are made before';
        const keys = newKeysStatement(mapping, way.made);
        return [{ ...step, way: 'aside', why: made, sql: keys.sql, parameters: 1 }, copy];
      }
    }
  }

  /** @param results - of their statements, where these were sent already */
  #written(
    session: WriteSession,
    groups: readonly EncodedGroup[],
    results: readonly TextResult[] = [],
  ): Promise<Written> {
    return this.isDetailed ? this.#settling(session, groups, results) : this.#counting(session, groups, results);
  }

  async #counting(
    session: WriteSession,
    groups: readonly EncodedGroup[],
    results: readonly TextResult[],
  ): Promise<Written> {
    let inserted = 0;
    let records = 0;
    for (const [position, group] of groups.entries()) {
      inserted += results[position]?.affected ?? (await this.#store(session, group));
      records += group.items.length;
      session.touch(() => group.items.flatMap(({ key }) => (key === undefined ? [] : [key])));
    }
    return { counts: { inserted, skipped: records - inserted } };
  }

  async #settling(
    session: WriteSession,
    groups: readonly EncodedGroup[],
    results: readonly TextResult[],
  ): Promise<Written> {
    const settled: SettledItem[] = [];
    for (const [position, group] of groups.entries()) {
      for (const one of await this.#settle(session, group, results[position])) settled.push(one);
    }
    session.touch(() =>
      settled.flatMap((one) => {
        const key = keyOfSettled(this.mapping, one);
        return key === undefined ? [] : [key];
      }),
    );
    return { settled };
  }

  /** The statement of a group that is {@link isUnnested}. */
  #request({ fields, way, arrays }: EncodedGroup): ChunkRequest {
    const statement =
      way.how === 'returning' ? this.#returningStatement(fields, way) : insertStatement(this.mapping, fields);
    return { statement, parameters: arrays };
  }

  /** @returns how many rows were stored */
  async #store(session: WriteSession, group: EncodedGroup): Promise<number> {
    const { mapping } = this;
    const { fields, items, way, copied } = group;
    if (copied !== undefined) return session.beforeCopy(() => this.#copy(session, fields, copied));
    if (way.how === 'unnest') return (await this.#sent(session, group)).affected;
    let inserted = 0;
    for (const _ of items) inserted += (await session.execute(insertOne(mapping, fields), [])).affected;
    return inserted;
  }

  #sent(session: WriteSession, group: EncodedGroup): Promise<TextResult> {
    const { statement, parameters } = this.#request(group);
    return session.execute(statement, parameters);
  }

  async #settle(
    session: WriteSession,
    group: EncodedGroup,
    result: TextResult | undefined,
  ): Promise<readonly SettledItem[]> {
    const { items, way } = group;
    if (way.how === 'returning') {
      return this.#returnedBy(result ?? (await this.#sent(session, group)), items);
    }
    if (way.how === 'alone') {
      const settled: SettledItem[] = [];
      for (const item of items) settled.push(await this.#insertOne(session, item));
      return settled;
    }
    const keys =
      way.made.length === 0 ? undefined : await session.beforeCopy(() => this.#copyWithKeys(session, group, way));
    if (keys === undefined) this.#requireAll(result?.affected ?? (await this.#store(session, group)), items.length);
    return items.map((item, i): SettledItem => ({ item, status: 'inserted', key: keys?.[i] ?? item.key }));
  }

  /** What is stored has left the socket, so that its memory is free; of what fails, nobody knows. */
  async #copy(session: WriteSession, columns: readonly Field[], { data, format }: Copied): Promise<number> {
    const stored = await session.copy(copyStatement(this.mapping, columns, format), data.data);
    this.#spare.push(data.memory);
    return stored;
  }

  /** Has keys made for the records, and copies them with these. */
  async #copyWithKeys(
    session: WriteSession,
    { fields, items, copied }: EncodedGroup,
    way: StoringWay,
  ): Promise<readonly KeyTexts[]> {
    const { mapping } = this;
    const { made } = way;
    const { rows } = await session.execute(newKeysStatement(mapping, made), [String(items.length)]);
    const columns = columnsOf(fields, way);
    const known = copied ?? this.#copied(columns, fields, items);
    const whole = known.data.withMore(columns.slice(fields.length), rows);
    this.#requireAll(await this.#copy(session, columns, { ...known, data: whole }), items.length);
    this.#spare.push(known.data.memory);
    const places = mapping.keyFields.map((field) => made.findIndex((one) => one.field === field));
    return items.map((item, i) => places.map((place, part) => (place < 0 ? item.key?.[part] : rows[i]?.[place]) ?? ''));
  }

  /** A trigger that was not there before has dropped rows: smaller pieces tell which. */
  #requireAll(inserted: number, records: number): void {
    if (inserted === records) return;
    forgetTableFacts(this.options.db, this.mapping);
    throw new AmbiguousKeysError();
  }

  #returnedBy({ rows }: TextResult, items: readonly WorkItem[]): SettledItem[] {
    const { length } = this.#returned;
    const settled: SettledItem[] = [];
    for (const [position, row] of rows) {
      const item = items[Number(position) - 1];
      if (item === undefined || row === undefined || row === null) continue;
      if (this.options.models) settled.push({ item, status: 'inserted', row });
      else settled.push({ item, status: 'inserted', key: parseRecordText(row, length).map(String) });
    }
    return settled;
  }

  /** The table may have changed since. */
  #forgetting(groups: readonly EncodedGroup[], error: unknown): unknown {
    if (groups.some(({ way }) => way.how === 'returning')) forgetTableFacts(this.options.db, this.mapping);
    return error;
  }

  async #insertOne(session: WriteSession, item: WorkItem): Promise<SettledItem> {
    try {
      const row = await insertRecord(session.execute, this.mapping, { values: item.values, index: item.index });
      const key = keyOfRow(this.mapping, row);
      return { item, status: 'inserted', key, row: this.options.models ? row : undefined };
    } catch (error) {
      // That a trigger drops a record is an outcome like others, unless its entity is asked for.
      if (error instanceof RowSuppressedError && !this.options.models) return { item, status: 'skipped' };
      throw error;
    }
  }
}

/** What is copied: what the records have, and the keys that are made for them. */
function columnsOf(fields: readonly Field[], { made }: StoringWay): readonly Field[] {
  return [...fields, ...made.map(({ field }) => field)];
}

/** Whether it is one statement that has to wait for nothing. */
function isUnnested(way: InsertWay): boolean {
  return way.how === 'returning' || (way.how === 'unnest' && way.made.length === 0);
}

/** Keys that are made beforehand are a statement of their own, and belong to the same transaction. */
function isOneStatement(way: InsertWay): boolean {
  return way.how !== 'alone' && (way.how === 'returning' || way.made.length === 0);
}
