import { encodeField, type Field, type KeyTexts, RowSuppressedError } from '@uno/domain';
import { arrayOf, parseRecordText, sqlstateOf, type TextResult, text as textType } from '@uno/postgres';
import { AmbiguousKeysError } from '../engine/ambiguous-keys-error.js';
import type { WorkItem } from '../shapes/work-item.js';
import { type ArrayParameter, columnArrays, keyArrays } from '../statements/column-arrays.js';
import { findConflicting } from '../statements/find-conflicting.js';
import { findRows } from '../statements/key-statements.js';
import { upsertBySearchStatement } from '../statements/upsert-by-search.js';
import { type RowSample, readSample } from '../statements/row-sample.js';
import type { UpsertShape } from '../statements/upsert-shape.js';
import {
  countsUnchanged,
  readUnchanged,
  upsertCountingStatement,
  upsertOneStatement,
  upsertReturningStatement,
} from '../statements/upsert-statement.js';
import type { ChunkRequest } from '../workspace/in-flight.js';
import type { WriteSession } from '../workspace/write-session.js';
import { fieldsToInsert } from './insert-job.js';
import type { UpsertCase, UpsertCourse } from './upsert-course.js';
import type { UpsertPlan } from './upsert-plan.js';
import type { SettledItem, Written } from './write-account.js';

/** Records that go in one statement, encoded. */
export interface UpsertGroup {
  readonly fields: readonly Field[];
  readonly items: readonly WorkItem[];
  readonly arrays: readonly ArrayParameter[];
}

/** Records that were not written because their rows are as asked. */
interface Kept {
  readonly count: number;
  readonly key: KeyTexts | undefined;
}

const listOfTexts = arrayOf(textType, false);

/** How often an upsert is done again when what it met was gone, or came, in the meantime. */
const attempts = 5;

/** Sends upserts, and finds out what became of the records. */
export class UpsertWriter {
  readonly #plan: UpsertPlan;
  readonly #case: UpsertCase;
  readonly #course: UpsertCourse;
  readonly #onSample: (sample: RowSample) => void;

  constructor(
    plan: UpsertPlan,
    about: UpsertCase,
    course: UpsertCourse,
    onSample: (sample: RowSample) => void = () => undefined,
  ) {
    this.#plan = plan;
    this.#case = about;
    this.#course = course;
    this.#onSample = onSample;
  }

  /** @param results - of the {@link requests}, where they were sent already */
  async write(
    session: WriteSession,
    groups: readonly UpsertGroup[],
    results?: readonly TextResult[],
  ): Promise<Written> {
    if (this.#counts) return this.#count(session, groups, results);
    const settled: SettledItem[] = [];
    for (const [position, group] of groups.entries()) {
      const run = this.#case.target.isArbiter
        ? this.#settle(session, group, results?.[position])
        : this.#search(session, group);
      for (const one of await run) settled.push(one);
    }
    return this.#written(session, settled);
  }

  /** The first statement of each group, where it asks for what is in the index. */
  requests(session: WriteSession, groups: readonly UpsertGroup[]): readonly ChunkRequest[] {
    return groups.map((group) => this.#request(session, group));
  }

  get #counts(): boolean {
    return this.#case.target.isArbiter && this.#course.isCounted;
  }

  #request(session: WriteSession, { fields, arrays }: UpsertGroup): ChunkRequest {
    const { mapping } = this.#case;
    const shape = this.#course.shapeOf(fields);
    const statement = this.#counts
      ? upsertCountingStatement(mapping, shape, session.isObserved)
      : upsertReturningStatement(mapping, shape, this.#course.returned);
    return { statement, parameters: this.#parameters(arrays) };
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
    const shape = this.#course.shapeOf(fields);
    const statement = upsertOneStatement(mapping, shape, this.#course.returned);
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
      if (!this.#course.mayVanish || attempt === attempts) return this.#written(session, [this.#dropped(item)]);
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

  #parameters(values: readonly (ArrayParameter | null)[]): readonly unknown[] {
    const { condition } = this.#plan;
    return condition === undefined ? values : [...values, ...condition.parameters];
  }

  async #count(
    session: WriteSession,
    groups: readonly UpsertGroup[],
    results: readonly TextResult[] = [],
  ): Promise<Written> {
    const counts = { inserted: 0, updated: 0, unchanged: 0, skipped: 0 };
    for (const [position, group] of groups.entries()) {
      const { fields, items } = group;
      const shape = this.#course.shapeOf(fields);
      const { rows } = results[position] ?? (await this.#sent(session, group));
      const [inserted, written, unchanged, , keys, sampled] = rows[0] ?? [];
      const sample = readSample(sampled);
      if (sample !== undefined) this.#onSample(sample);
      const others = items.length - Number(written);
      const kept = this.#keptOf(shape, others, unchanged);
      session.touch(() => this.#keysOf(keys));
      counts.inserted += Number(inserted);
      counts.updated += Number(written) - Number(inserted);
      counts.unchanged += kept.count;
      counts.skipped += others - kept.count;
      for (const { records } of items) counts.skipped += records - 1;
    }
    return { counts };
  }

  #sent(session: WriteSession, group: UpsertGroup): Promise<TextResult> {
    const { statement, parameters } = this.#request(session, group);
    return session.execute(statement, parameters);
  }

  async #settle(
    session: WriteSession,
    group: UpsertGroup,
    result: TextResult | undefined,
  ): Promise<readonly SettledItem[]> {
    const { mapping } = this.#case;
    const shape = this.#course.shapeOf(group.fields);
    const settled = new Map<WorkItem, SettledItem>();
    let pending = group;
    for (let attempt = 1; ; attempt++) {
      const { rows } = (attempt === 1 ? result : undefined) ?? (await this.#sent(session, pending));
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
      if (!this.#course.mayVanish || attempt === attempts) throw new AmbiguousKeysError();
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
    const kept = this.#course.looksAll ? undefined : await this.#kept(session, shape, items.length);
    const [only, ...more] = items;
    if (kept?.key !== undefined && only !== undefined && more.length === 0) {
      return [{ item: only, status: 'unchanged', ...(await this.#byKey(session, kept.key)) }];
    }
    if (kept?.count === 0) return wantsRows ? [] : items.map((item): SettledItem => ({ item, status: 'skipped' }));
    const areAllThere = kept?.count === items.length;
    if (areAllThere && !this.#course.isWanted) return items.map((item): SettledItem => ({ item, status: 'unchanged' }));
    if (kept !== undefined && !areAllThere) throw new AmbiguousKeysError();
    const found = await findConflicting(session.execute, this.#course.searchFor(shape.fields), items);
    return items.flatMap((item): SettledItem[] => {
      const text = found.get(item);
      if (text !== undefined) return [{ item, status: 'unchanged', ...this.#row(text) }];
      return areAllThere && !wantsRows ? [{ item, status: 'unchanged' }] : [];
    });
  }

  async #kept(session: WriteSession, shape: UpsertShape, unwritten: number): Promise<Kept> {
    if (unwritten === 0 || !this.#course.mayDrop || !countsUnchanged(shape))
      return this.#keptOf(shape, unwritten, null);
    const { rows } = await session.execute(readUnchanged, []);
    return this.#keptOf(shape, unwritten, rows[0]?.[0]);
  }

  /**
   * How many of the records that were not written have a row, and the key of the last one where that was noted.
   *
   * @param unchanged - what {@link readUnchanged} gives
   */
  #keptOf(shape: UpsertShape, unwritten: number, unchanged: string | null | undefined): Kept {
    if (unwritten === 0 || !this.#course.mayDrop) return { count: unwritten, key: undefined };
    const text = unchanged ?? '';
    const at = text.indexOf('(');
    if (!countsUnchanged(shape) || at < 0) return { count: 0, key: undefined };
    return { count: Number(text.slice(0, at)), key: this.#keyOfText(text.slice(at)) };
  }

  #keysOf(texts: string | null | undefined): readonly KeyTexts[] {
    return typeof texts === 'string' ? listOfTexts.decode(texts).map((text) => this.#keyOfText(text)) : [];
  }

  #keyOfText(text: string): KeyTexts {
    return parseRecordText(text, this.#case.mapping.keyFields.length).map(String);
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
    const statement = upsertBySearchStatement(mapping, this.#course.shapeOf(fields), this.#course.returned);
    const { rows } = await this.#again(session, () => session.execute(statement, this.#parameters(arrays)));
    const settled = rows.flatMap(([position, status, text]): SettledItem[] => {
      const item = items[Number(position) - 1];
      if (item === undefined || !isStatus(status)) return [];
      return [{ item, status, ...(status === 'inserted' ? this.#row(text) : {}) }];
    });
    if (!this.#course.looksAfterSearch) return settled;
    const isKnown = ({ key, row }: SettledItem) => key !== undefined || row !== undefined;
    const present = settled.filter((one) => one.status !== 'skipped' && !isKnown(one)).map(({ item }) => item);
    const found = await findConflicting(session.execute, this.#course.searchFor(fields), present);
    const complete = settled.map((one) => {
      const text = found.get(one.item);
      return text === undefined ? one : { ...one, ...this.#row(text) };
    });
    // It is not found by what its record gives, because of a NULL or a trigger: alone, it is plain which row is its.
    const isUnclear = complete.some((one) => one.status === 'inserted' && !isKnown(one));
    if (isUnclear && items.length > 1) throw new AmbiguousKeysError();
    return complete.map((one) => (wantsRows && !isKnown(one) ? this.#dropped(one.item) : one));
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
    const texts = typeof stored === 'string' ? parseRecordText(stored, this.#course.returned.length) : stored;
    return { key: texts.map(String) };
  }
}

function isStatus(text: unknown): text is 'inserted' | 'updated' | 'unchanged' | 'skipped' {
  return text === 'inserted' || text === 'updated' || text === 'unchanged' || text === 'skipped';
}
