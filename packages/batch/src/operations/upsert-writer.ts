import { type AnyMapping, encodeField, type Field, type KeyTexts, RowSuppressedError } from '@uno/domain';
import { arrayOf, parseRecordText, sqlstateOf, text as textType } from '@uno/postgres';
import { AmbiguousKeysError } from '../engine/ambiguous-keys-error.js';
import type { WorkItem } from '../shapes/work-item.js';
import { type ArrayParameter, columnArrays, keyArrays } from '../statements/column-arrays.js';
import type { ConflictTarget } from '../statements/conflict-target.js';
import { findConflicting } from '../statements/find-conflicting.js';
import { findRows } from '../statements/key-statements.js';
import type { TableFacts } from '../statements/table-facts.js';
import { upsertBySearchStatement } from '../statements/upsert-by-search.js';
import type { UpsertShape } from '../statements/upsert-shape.js';
import {
  countsUnchanged,
  readUnchanged,
  upsertCountingStatement,
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
  readonly arrays: readonly ArrayParameter[];
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

const listOfTexts = arrayOf(textType, false);

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
    if (!target.isArbiter || wantsRows) return false;
    return isDetailed ? this.#isByKey && !this.#mayDrop : this.isCounted;
  }

  /** Whether the server only counts, also where it is one record. */
  get isCounted(): boolean {
    // Where nothing is written to a row that is there, it has to be looked for to tell it from one that was dropped.
    return !this.#case.isDetailed && !(this.#mayDrop && this.#mayVanish);
  }

  async write(session: WriteSession, groups: readonly UpsertGroup[]): Promise<Written> {
    const { target } = this.#case;
    if (target.isArbiter && this.isCounted) return this.#count(session, groups);
    const settled: SettledItem[] = [];
    for (const group of groups) {
      for (const one of await (target.isArbiter ? this.#settle(session, group) : this.#search(session, group))) {
        settled.push(one);
      }
    }
    return this.#written(session, settled);
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

  #parameters(values: readonly (ArrayParameter | null)[]): readonly unknown[] {
    const { condition } = this.#plan;
    return condition === undefined ? values : [...values, ...condition.parameters];
  }

  /** A row that was not locked may be gone when it is looked for: then its record can be inserted. */
  get #mayVanish(): boolean {
    return this.#plan.updated?.length === 0;
  }

  async #count(session: WriteSession, groups: readonly UpsertGroup[]): Promise<Written> {
    const { mapping } = this.#case;
    const counts = { inserted: 0, updated: 0, unchanged: 0, skipped: 0 };
    for (const { fields, items, arrays } of groups) {
      const shape = this.#shapeOf(fields);
      const statement = upsertCountingStatement(mapping, shape, session.isObserved);
      const { rows } = await session.execute(statement, this.#parameters(arrays));
      const [inserted, written, unchanged, , keys] = rows[0] ?? [];
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
    const { mapping, target, facts, isDetailed, wantsRows } = this.#case;
    if (items.length === 0) return [];
    const isWanted = wantsRows || (isDetailed && !this.#isByKey);
    const looksAll = this.#mayVanish && (isWanted || this.#mayDrop);
    const kept = looksAll ? undefined : await this.#kept(session, shape, items.length);
    const [only, ...more] = items;
    if (kept?.key !== undefined && only !== undefined && more.length === 0) {
      return [{ item: only, status: 'unchanged', ...(await this.#byKey(session, kept.key)) }];
    }
    if (kept?.count === 0) return wantsRows ? [] : items.map((item): SettledItem => ({ item, status: 'skipped' }));
    const areAllThere = kept?.count === items.length;
    if (areAllThere && !isWanted) return items.map((item): SettledItem => ({ item, status: 'unchanged' }));
    if (kept !== undefined && !areAllThere) throw new AmbiguousKeysError();
    const search = { mapping, target, facts, fields: shape.fields, returned: this.#returned };
    const found = await findConflicting(session.execute, search, items);
    return items.flatMap((item): SettledItem[] => {
      const text = found.get(item);
      if (text !== undefined) return [{ item, status: 'unchanged', ...this.#row(text) }];
      return areAllThere && !wantsRows ? [{ item, status: 'unchanged' }] : [];
    });
  }

  async #kept(session: WriteSession, shape: UpsertShape, unwritten: number): Promise<Kept> {
    if (unwritten === 0 || !this.#mayDrop || !countsUnchanged(shape)) return this.#keptOf(shape, unwritten, null);
    const { rows } = await session.execute(readUnchanged, []);
    return this.#keptOf(shape, unwritten, rows[0]?.[0]);
  }

  /**
   * How many of the records that were not written have a row, and the key of the last one where that was noted.
   *
   * @param unchanged - what {@link readUnchanged} gives
   */
  #keptOf(shape: UpsertShape, unwritten: number, unchanged: string | null | undefined): Kept {
    if (unwritten === 0 || !this.#mayDrop) return { count: unwritten, key: undefined };
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
    const { mapping, target, facts, isDetailed, wantsRows } = this.#case;
    const { fields, items, arrays } = group;
    const statement = upsertBySearchStatement(mapping, this.#shapeOf(fields));
    const { rows } = await this.#again(session, () => session.execute(statement, this.#parameters(arrays)));
    const settled = rows.flatMap(([position, status]): SettledItem[] => {
      const item = items[Number(position) - 1];
      return item === undefined || !isStatus(status) ? [] : [{ item, status }];
    });
    if (!wantsRows && (this.#isByKey || !isDetailed)) return settled;
    const present = settled.filter(({ status }) => status !== 'skipped').map(({ item }) => item);
    const search = { mapping, target, facts, fields, returned: this.#returned };
    const found = await findConflicting(session.execute, search, present);
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
