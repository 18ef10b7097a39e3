import {
  type AnyMapping,
  type Field,
  insertedFields,
  insertOne,
  insertRecord,
  keyOfRow,
  RowSuppressedError,
} from '@uno/domain';
import type { TextStatement } from '@uno/postgres';
import type { Prepared } from '../engine/batch-job.js';
import type { Entry } from '../engine/chunk.js';
import { groupByShape, type ShapeGroup } from '../shapes/group-by-shape.js';
import { WorkItem } from '../shapes/work-item.js';
import { columnArrays } from '../statements/column-arrays.js';
import { insertReturningStatement, insertStatement, type KeyDefault } from '../statements/insert-statement.js';
import { parseRow } from '../statements/row-text.js';
import { forgetTableFacts } from '../statements/table-facts.js';
import type { WriteSession } from '../workspace/write-session.js';
import { keyOfSettled, type SettledItem, type Written } from './write-account.js';
import { WriteJob } from './write-job.js';

/** Records that go in one statement, encoded. */
interface EncodedGroup extends ShapeGroup {
  readonly arrays: readonly string[];
}

/** Puts the records together that insert the same columns. */
export function groupsToInsert(mapping: AnyMapping, items: readonly WorkItem[]): ShapeGroup[] {
  return groupByShape(items, (item) => insertedFields(mapping, { values: item.values, index: item.index }));
}

/** Inserts records; each one's row is found out where somebody asks for it. */
export class InsertJob<M extends AnyMapping> extends WriteJob<M> {
  readonly isIdempotent = false;
  protected readonly folded = 'all';

  async ready(): Promise<void> {
    if (this.isDetailed) await this.readFacts();
  }

  read({ record, index }: Entry<unknown>): WorkItem {
    return WorkItem.ofNew(this.mapping, record, index);
  }

  identityOf(item: WorkItem): string | undefined {
    return this.identityByKey(item);
  }

  prepare(items: readonly WorkItem[]): Prepared<WriteSession, Written> {
    const groups = groupsToInsert(this.mapping, items).map(
      (group): EncodedGroup => ({ ...group, arrays: columnArrays(this.mapping, group.fields, group.items) }),
    );
    const [first, ...others] = groups;
    const isOneStatement =
      items.length === 1 ||
      (first !== undefined &&
        others.length === 0 &&
        (this.isDetailed ? this.#isAligned(first) : first.fields.length > 0));
    return {
      isOneStatement,
      send: (session) => (this.isDetailed ? this.#returning(session, groups) : this.#counting(session, groups)),
    };
  }

  async alone(session: WriteSession, item: WorkItem): Promise<Written> {
    const settled = await this.#insertOne(session, item);
    session.touch(() => (settled.key === undefined ? [] : [settled.key]));
    return { settled: [settled] };
  }

  async #counting(session: WriteSession, groups: readonly EncodedGroup[]): Promise<Written> {
    const { mapping } = this;
    let inserted = 0;
    let records = 0;
    for (const { fields, items, arrays } of groups) {
      // Without a single column there is nothing to make a table of, so such records go one by one.
      const statements: TextStatement[] =
        fields.length === 0 ? items.map(() => insertOne(mapping, fields)) : [insertStatement(mapping, fields)];
      for (const statement of statements) inserted += (await session.execute(statement, arrays)).affected;
      records += items.length;
      session.touch(() => items.flatMap(({ key }) => (key === undefined ? [] : [key])));
    }
    return { counts: { inserted, skipped: records - inserted } };
  }

  async #returning(session: WriteSession, groups: readonly EncodedGroup[]): Promise<Written> {
    const settled: SettledItem[] = [];
    for (const group of groups) {
      if (this.#isAligned(group)) for (const one of await this.#insertAligned(session, group)) settled.push(one);
      else for (const item of group.items) settled.push(await this.#insertOne(session, item));
    }
    session.touch(() =>
      settled.flatMap((one) => {
        const key = keyOfSettled(this.mapping, one);
        return key === undefined ? [] : [key];
      }),
    );
    return { settled };
  }

  /**
   * Whether rows can be lined up with their records by their keys: where only a trigger knows a key, they cannot. One row
   * is the one record's.
   */
  #isAligned({ fields, items }: ShapeGroup): boolean {
    return items.length > 1 && fields.length > 0 && this.#missing(fields).every((field) => this.#defaultOf(field));
  }

  #missing(fields: readonly Field[]): readonly Field[] {
    return this.mapping.keyFields.filter((field) => !fields.includes(field));
  }

  #defaultOf(field: Field): KeyDefault | undefined {
    const expression = this.facts.columns.get(field.column)?.default;
    if (expression === undefined || expression === null) return undefined;
    return { field, expression: `(${expression})::${field.type.sql}` };
  }

  async #insertAligned(session: WriteSession, { fields, items, arrays }: EncodedGroup): Promise<SettledItem[]> {
    const { mapping } = this;
    const defaults = this.#missing(fields).flatMap((field) => this.#defaultOf(field) ?? []);
    const statement = insertReturningStatement(mapping, fields, defaults, this.facts.meddlesWithInserts);
    const { rows } = await session.execute(statement, arrays).catch((error: unknown) => {
      forgetTableFacts(this.options.db, mapping);
      throw error;
    });
    const settled: SettledItem[] = [];
    for (const [position, row] of rows) {
      const item = items[Number(position) - 1];
      if (item === undefined || row === undefined || row === null) continue;
      if (this.options.models) settled.push({ item, status: 'inserted', row });
      else settled.push({ item, status: 'inserted', key: keyOfRow(mapping, parseRow(mapping, row)) });
    }
    return settled;
  }

  async #insertOne(session: WriteSession, item: WorkItem): Promise<SettledItem> {
    try {
      const row = await insertRecord(session.execute, this.mapping, { values: item.values, index: item.index });
      return { item, status: 'inserted', key: keyOfRow(this.mapping, row), row: this.#wanted(row) };
    } catch (error) {
      // That a trigger drops a record is an outcome like others, unless its entity is asked for.
      if (error instanceof RowSuppressedError && !this.options.models) return { item, status: 'skipped' };
      throw error;
    }
  }

  #wanted<T>(row: T): T | undefined {
    return this.options.models ? row : undefined;
  }
}
