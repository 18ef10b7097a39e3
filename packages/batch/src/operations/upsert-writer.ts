import { type AnyMapping, encodeField, type Field, type KeyTexts, RowSuppressedError } from '@uno/domain';
import { parseRecordText, sqlstateOf, type TextStatement } from '@uno/postgres';
import { AmbiguousKeysError } from '../engine/ambiguous-keys-error.js';
import type { Step } from '../engine/step.js';
import type { WorkItem } from '../shapes/work-item.js';
import { columnArrays, keyArrays } from '../statements/column-arrays.js';
import type { ConflictTarget } from '../statements/conflict-target.js';
import { findConflicting, lookups, type Search } from '../statements/find-conflicting.js';
import { findRows } from '../statements/key-statements.js';
import type { TableFacts } from '../statements/table-facts.js';
import { upsertBySearchStatement } from '../statements/upsert-by-search.js';
import type { UpsertShape } from '../statements/upsert-shape.js';
import {
  countsUnchanged,
  readUnchanged,
  upsertCountingStatement,
  upsertKeysStatement,
  upsertOneStatement,
  upsertReturningStatement,
} from '../statements/upsert-statement.js';
import type { WriteSession } from '../workspace/write-session.js';
import { fieldsToInsert } from './insert-job.js';
import { type UpsertPlan, updatedOf } from './upsert-plan.js';
import type { SettledItem, Written } from './write-account.js';

/** Records that go in one statement, encoded. */
export interface UpsertGroup {
  readonly fields: readonly Field[];
  readonly items: readonly WorkItem[];
  readonly arrays: readonly string[];
}

/** What is known of the table, and wanted of the rows. */
export interface UpsertCase {
  readonly mapping: AnyMapping;
  readonly facts: TableFacts;
  readonly target: ConflictTarget;
  /** Whether what became of every single record has to be found out. */
  readonly isDetailed: boolean;
  /** Whether its row is asked for. */
  readonly wantsRows: boolean;
}

/** Records that were not written because their rows are as asked. */
interface Kept {
  readonly count: number;
  readonly key: KeyTexts | undefined;
}

const someUnwritten = 'rows are there that are not to be written, or were dropped';

/** How often an upsert is done again when what it met was gone, or came, in the meantime. */
const attempts = 5;

/** Sends upserts, and finds out what became of the records. */
export class UpsertWriter {
  readonly #plan: UpsertPlan;
  readonly #case: UpsertCase;
  readonly #returned: readonly Field[];
  /** Whether the key is what tells whether a record is there. */
  readonly #isByKey: boolean;
  /** Whether a record of which no row came back may have been dropped by a trigger. */
  readonly #mayDrop: boolean;

  constructor(plan: UpsertPlan, about: UpsertCase) {
    const { mapping, facts, target, wantsRows } = about;
    this.#plan = plan;
    this.#case = about;
    this.#returned = wantsRows ? mapping.fields : mapping.keyFields;
    const { fields, isPlain } = target;
    this.#isByKey = isPlain && fields.length === mapping.keyFields.length && fields.every(({ isKey }) => isKey);
    this.#mayDrop = facts.meddlesWithInserts || facts.meddlesWithUpdates || facts.hasRules;
  }

  /** Whether one set of columns takes one statement. */
  get isOneStatement(): boolean {
    const { target, isDetailed, wantsRows } = this.#case;
    return target.isArbiter && !this.#mayDrop && !wantsRows && (this.#isByKey || !isDetailed);
  }

  async write(session: WriteSession, groups: readonly UpsertGroup[]): Promise<Written> {
    const { target } = this.#case;
    if (this.#isCounted) return this.#count(session, groups);
    const settled: SettledItem[] = [];
    for (const group of groups) {
      for (const one of await (target.isArbiter ? this.#settle(session, group) : this.#search(session, group))) {
        settled.push(one);
      }
    }
    return this.#written(session, settled);
  }

  /** What {@link write} sends. */
  steps(session: WriteSession, groups: readonly UpsertGroup[]): readonly Step[] {
    const { mapping, target } = this.#case;
    return groups.flatMap((group): readonly Step[] => {
      const { fields, items, arrays } = group;
      const shape = this.#shapeOf(fields);
      const indices = items.flatMap((item) => item.indices);
      const step = { parameters: this.#parameters(arrays).length, times: 1, indices };
      if (!target.isArbiter) return this.#stepsOfSearch(group);
      if (this.#isCounted) {
        const { sql } = this.#countingStatement(session, shape);
        const written = {
          ...step,
          way: 'unnest',
          why: 'how many rows were written is all that comes back',
          sql,
        } as const;
        return this.#mayDrop && countsUnchanged(shape) ? [written, this.#keptStep(indices)] : [written];
      }
      const { sql } = upsertReturningStatement(mapping, shape, this.#returned);
      return [
        { ...step, way: 'returning', why: 'what became of each record is asked for', sql },
        ...this.#stepsOfUnwritten(shape, items),
      ];
    });
  }

  /** What {@link alone} sends. */
  stepsAlone(item: WorkItem): readonly Step[] {
    const { mapping, target } = this.#case;
    const fields = fieldsToInsert(mapping, item);
    const values = columnArrays(mapping, fields, [item]);
    if (!target.isArbiter) return this.#stepsOfSearch({ fields, items: [item], arrays: values });
    const shape = this.#shapeOf(fields);
    const { sql } = upsertOneStatement(mapping, shape, this.#returned);
    const parameters = this.#parameters(values).length;
    const { indices } = item;
    return [
      { way: 'alone', why: 'one row needs no lining up', sql, parameters, times: 1, indices },
      ...this.#stepsOfUnwritten(shape, [item]),
    ];
  }

  #stepsOfSearch({ fields, items, arrays }: UpsertGroup): readonly Step[] {
    const { mapping } = this.#case;
    const { sql } = upsertBySearchStatement(mapping, this.#shapeOf(fields));
    const search: Step = {
      way: 'returning',
      why: 'ON CONFLICT does not work with this constraint, so rows are looked for and locked',
      sql,
      parameters: this.#parameters(arrays).length,
      times: 1,
      indices: items.flatMap((item) => item.indices),
      isAttempt: true,
    };
    if (!this.#looksAfterSearch) return [search];
    return [search, ...this.#lookSteps(fields, items, 'rows are there after it')];
  }

  /** What is sent for records that were not written, if there are any. */
  #stepsOfUnwritten(shape: UpsertShape, items: readonly WorkItem[]): readonly Step[] {
    const indices = items.flatMap((item) => item.indices);
    const kept = !this.#looksAll && this.#mayDrop && countsUnchanged(shape) ? [this.#keptStep(indices)] : [];
    const looks = this.#isWanted || this.#looksAll;
    return looks ? [...kept, ...this.#lookSteps(shape.fields, items, someUnwritten)] : kept;
  }

  #keptStep(indices: readonly number[]): Step {
    const why = 'triggers may drop rows, so it is read how many were found as asked';
    return { way: 'aside', why, sql: readUnchanged.sql, parameters: 0, times: 1, indices, onlyIf: someUnwritten };
  }

  #lookSteps(fields: readonly Field[], items: readonly WorkItem[], onlyIf: string): readonly Step[] {
    return [...lookups(this.#searchFor(fields), items)].map(({ statement: { sql }, fields: given, members }) => ({
      way: 'aside',
      why: 'rows that were not written are looked for',
      sql,
      parameters: given.length,
      times: 1,
      indices: members.flatMap((item) => item.indices),
      onlyIf,
    }));
  }

  #searchFor(fields: readonly Field[]): Search {
    const { mapping, target, facts } = this.#case;
    return { mapping, target, facts, fields, returned: this.#returned };
  }

  /** Where nothing is written to a row that is there, it has to be looked for to tell it from one that was dropped. */
  get #isCounted(): boolean {
    const { target, isDetailed } = this.#case;
    return target.isArbiter && !isDetailed && !(this.#mayDrop && this.#mayVanish);
  }

  /** Whether something of the rows that were not written is wanted. */
  get #isWanted(): boolean {
    const { isDetailed, wantsRows } = this.#case;
    return wantsRows || (isDetailed && !this.#isByKey);
  }

  /** Whether all records that were not written are looked for. */
  get #looksAll(): boolean {
    return this.#mayVanish && (this.#isWanted || this.#mayDrop);
  }

  get #looksAfterSearch(): boolean {
    const { isDetailed, wantsRows } = this.#case;
    return wantsRows || !(this.#isByKey || !isDetailed);
  }

  #countingStatement(session: WriteSession, shape: UpsertShape): TextStatement {
    const { mapping } = this.#case;
    return session.isObserved ? upsertKeysStatement(mapping, shape) : upsertCountingStatement(mapping, shape);
  }

  /** The plainest way there is. */
  async alone(session: WriteSession, item: WorkItem): Promise<Written> {
    const { mapping, target } = this.#case;
    const fields = fieldsToInsert(mapping, item);
    if (!target.isArbiter) {
      const group = { fields, items: [item], arrays: columnArrays(mapping, fields, [item]) };
      return this.#written(session, await this.#search(session, group));
    }
    const values = fields.map((field) => encodeField(mapping, field, item.values[field.position], item.index));
    const shape = this.#shapeOf(fields);
    const statement = upsertOneStatement(mapping, shape, this.#returned);
    for (let attempt = 1; ; attempt++) {
      const { rows } = await session.execute(statement, this.#parameters(values));
      const [row] = rows;
      if (row !== undefined) {
        const [isNew, ...stored] = row;
        const one = this.#row(stored);
        return this.#written(session, [{ item, status: isNew === 't' ? 'inserted' : 'updated', ...one }]);
      }
      const [settled] = await this.#unwritten(session, shape, [item]);
      if (settled !== undefined) return this.#written(session, [settled]);
      if (!this.#mayVanish || attempt === attempts) return this.#written(session, [this.#dropped(item)]);
    }
  }

  #written(session: WriteSession, settled: readonly SettledItem[]): Written {
    session.touch(() =>
      settled.flatMap(({ item, key, row, status }) => {
        if (status === 'unchanged' || status === 'skipped') return [];
        const touched = key ?? (row === undefined ? item.key : this.#keyOf(row));
        return touched === undefined ? [] : [touched];
      }),
    );
    return { settled };
  }

  #keyOf(row: string | readonly (string | null)[]): KeyTexts {
    const { mapping } = this.#case;
    const values = typeof row === 'string' ? parseRecordText(row, mapping.fields.length) : row;
    return mapping.keyFields.map(({ position }) => values[position] ?? '');
  }

  #shapeOf(fields: readonly Field[]): UpsertShape {
    const { target, facts } = this.#case;
    const { skipsUnchanged, condition } = this.#plan;
    return { fields, target, updated: updatedOf(this.#plan, target, fields), skipsUnchanged, condition, facts };
  }

  #parameters(values: readonly (string | null)[]): readonly unknown[] {
    const { condition } = this.#plan;
    return condition === undefined ? values : [...values, ...condition.parameters];
  }

  /** A row that was not locked may be gone when it is looked for: then its record can be inserted. */
  get #mayVanish(): boolean {
    return this.#plan.updated?.length === 0;
  }

  async #count(session: WriteSession, groups: readonly UpsertGroup[]): Promise<Written> {
    const counts = { inserted: 0, updated: 0, unchanged: 0, skipped: 0 };
    for (const { fields, items, arrays } of groups) {
      const shape = this.#shapeOf(fields);
      const parameters = this.#parameters(arrays);
      let inserted = 0;
      let written = 0;
      if (session.isObserved) {
        const { rows } = await session.execute(this.#countingStatement(session, shape), parameters);
        written = rows.length;
        for (const [isNew] of rows) if (isNew === 't') inserted++;
        session.touch(() => rows.map(([, ...key]) => key.map(String)));
      } else {
        const { rows } = await session.execute(this.#countingStatement(session, shape), parameters);
        [inserted = 0, written = 0] = rows[0]?.map(Number) ?? [];
      }
      const kept = await this.#kept(session, shape, items.length - written);
      counts.inserted += inserted;
      counts.updated += written - inserted;
      counts.unchanged += kept.count;
      counts.skipped += items.length - written - kept.count;
      for (const { records } of items) counts.skipped += records - 1;
    }
    return { counts };
  }

  async #settle(session: WriteSession, group: UpsertGroup): Promise<readonly SettledItem[]> {
    const { mapping } = this.#case;
    const shape = this.#shapeOf(group.fields);
    const statement = upsertReturningStatement(mapping, shape, this.#returned);
    const settled = new Map<WorkItem, SettledItem>();
    let pending = group;
    for (let attempt = 1; ; attempt++) {
      const { rows } = await session.execute(statement, this.#parameters(pending.arrays));
      let written = 0;
      for (const [position, isNew, text] of rows) {
        const item = position === null ? undefined : pending.items[Number(position) - 1];
        if (item === undefined) continue;
        written++;
        settled.set(item, { item, status: isNew === 't' ? 'inserted' : 'updated', ...this.#row(text) });
      }
      // A trigger has changed what a row is found by: record by record it is plain whose it is.
      if (Number(rows.at(-1)?.[2]) !== written) throw new AmbiguousKeysError();
      const others = pending.items.filter((item) => !settled.has(item));
      for (const one of await this.#unwritten(session, shape, others)) settled.set(one.item, one);
      const left = others.filter((item) => !settled.has(item));
      if (left.length === 0) return group.items.flatMap((item) => settled.get(item) ?? []);
      // Dropped by a trigger, it seems, which may as well have changed what its row is found by.
      if (!this.#mayVanish || attempt === attempts) throw new AmbiguousKeysError();
      pending = { ...group, items: left, arrays: columnArrays(mapping, group.fields, left) };
    }
  }

  /** Of records that were not written, those that have a row. */
  async #unwritten(
    session: WriteSession,
    shape: UpsertShape,
    items: readonly WorkItem[],
  ): Promise<readonly SettledItem[]> {
    const { wantsRows } = this.#case;
    if (items.length === 0) return [];
    const kept = this.#looksAll ? undefined : await this.#kept(session, shape, items.length);
    const [only, ...more] = items;
    if (kept?.key !== undefined && only !== undefined && more.length === 0) {
      return [{ item: only, status: 'unchanged', ...(await this.#byKey(session, kept.key)) }];
    }
    if (kept?.count === 0) return wantsRows ? [] : items.map((item): SettledItem => ({ item, status: 'skipped' }));
    const areAllThere = kept?.count === items.length;
    if (areAllThere && !this.#isWanted) return items.map((item): SettledItem => ({ item, status: 'unchanged' }));
    if (kept !== undefined && !areAllThere) throw new AmbiguousKeysError();
    const found = await findConflicting(session.execute, this.#searchFor(shape.fields), items);
    return items.flatMap((item): SettledItem[] => {
      const text = found.get(item);
      if (text !== undefined) return [{ item, status: 'unchanged', ...this.#row(text) }];
      return areAllThere && !wantsRows ? [{ item, status: 'unchanged' }] : [];
    });
  }

  /** How many of the records that were not written have a row, and the key of the last one where that was noted. */
  async #kept(session: WriteSession, shape: UpsertShape, unwritten: number): Promise<Kept> {
    if (unwritten === 0 || !this.#mayDrop) return { count: unwritten, key: undefined };
    if (!countsUnchanged(shape)) return { count: 0, key: undefined };
    const { rows } = await session.execute(readUnchanged, []);
    const text = rows[0]?.[0] ?? '';
    const at = text.indexOf('(');
    if (at < 0) return { count: 0, key: undefined };
    const key = parseRecordText(text.slice(at), this.#case.mapping.keyFields.length).map(String);
    return { count: Number(text.slice(0, at)), key };
  }

  async #byKey({ execute }: WriteSession, key: KeyTexts): Promise<Pick<SettledItem, 'key' | 'row'>> {
    const { mapping, wantsRows } = this.#case;
    if (!wantsRows) return { key };
    const [row] = await findRows(execute, mapping, mapping.keyFields, keyArrays(mapping, [key]), 1);
    return { key, row };
  }

  async #search(session: WriteSession, group: UpsertGroup): Promise<readonly SettledItem[]> {
    const { mapping, wantsRows } = this.#case;
    const { fields, items, arrays } = group;
    const statement = upsertBySearchStatement(mapping, this.#shapeOf(fields));
    const { rows } = await this.#again(session, () => session.execute(statement, this.#parameters(arrays)));
    const settled = rows.flatMap(([position, status]): SettledItem[] => {
      const item = items[Number(position) - 1];
      return item === undefined || !isStatus(status) ? [] : [{ item, status }];
    });
    if (!this.#looksAfterSearch) return settled;
    const present = settled.filter(({ status }) => status !== 'skipped').map(({ item }) => item);
    const found = await findConflicting(session.execute, this.#searchFor(fields), present);
    return settled.map((one) => {
      const text = found.get(one.item);
      if (text !== undefined) return { ...one, ...this.#row(text) };
      return wantsRows ? this.#dropped(one.item) : one;
    });
  }

  /** What somebody else has inserted since the search is found when it is done again. */
  async #again<T>(session: WriteSession, run: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await session.attempt(run);
      } catch (error) {
        if (sqlstateOf(error) !== '23505' || attempt === 2) throw error;
      }
    }
  }

  /** @throws RowSuppressedError where its row is asked for */
  #dropped(item: WorkItem): SettledItem {
    if (this.#case.wantsRows) throw new RowSuppressedError(this.#case.mapping.name);
    return { item, status: 'skipped' };
  }

  #row(stored: string | readonly (string | null)[] | null | undefined): Pick<SettledItem, 'key' | 'row'> {
    if (stored === null || stored === undefined) return {};
    if (this.#case.wantsRows) return { row: stored };
    const texts = typeof stored === 'string' ? parseRecordText(stored, this.#returned.length) : stored;
    return { key: texts.map(String) };
  }
}

function isStatus(text: unknown): text is 'inserted' | 'updated' | 'unchanged' | 'skipped' {
  return text === 'inserted' || text === 'updated' || text === 'unchanged' || text === 'skipped';
}
