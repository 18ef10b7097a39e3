import { type AnyMapping, encodeField, type Field, keyText, RowSuppressedError, type TextRow } from '@uno/domain';
import type { Prepared } from '../engine/batch-job.js';
import type { Entry } from '../engine/chunk.js';
import { foldDuplicates } from '../shapes/fold-duplicates.js';
import { inLockOrder } from '../shapes/lock-order.js';
import { WorkItem } from '../shapes/work-item.js';
import { columnArrays } from '../statements/column-arrays.js';
import { requireDistinct } from '../statements/distinct-keys.js';
import { findRows } from '../statements/key-statements.js';
import {
  type UpsertShape,
  upsertOneStatement,
  upsertReturningStatement,
  upsertStatement,
} from '../statements/upsert-statement.js';
import type { WriteSession } from '../workspace/write-session.js';
import { groupsToInsert } from './insert-job.js';
import { constraintTexts, requireFindable, type UpsertColumns, updatedOf } from './upsert-columns.js';
import type { SettledItem, Written } from './write-account.js';
import { WriteJob, type WriteJobOptions } from './write-job.js';

/** Records that go in one statement, encoded. */
interface EncodedGroup {
  readonly shape: UpsertShape;
  readonly items: readonly WorkItem[];
  readonly arrays: readonly string[];
}

/** Inserts records, or updates the rows that are there already. */
export class UpsertJob<M extends AnyMapping> extends WriteJob<M> {
  /** Done twice, it would say that nothing was new. */
  readonly isIdempotent = false;
  protected readonly folded = 'last';
  readonly #columns: UpsertColumns;

  constructor(options: WriteJobOptions<M>, columns: UpsertColumns) {
    super(options);
    this.#columns = columns;
  }

  read({ record, index }: Entry<unknown>): WorkItem {
    const item = WorkItem.ofNew(this.mapping, record, index);
    constraintTexts(this.mapping, this.#columns.constraint, item);
    if (this.options.models) requireFindable(this.mapping, item, this.#columns.constraint);
    return item;
  }

  /** Records that mean the same row made one, since PostgreSQL refuses to touch a row twice in one statement. */
  fold(items: readonly WorkItem[]): readonly WorkItem[] {
    const { fields } = this.mapping;
    // Others of another spelling may come between them: that is found out by PostgreSQL.
    if (!this.#isCanonical) return items;
    const written = updatedOf(this.#columns, fields);
    return foldDuplicates(items, {
      fields,
      identity: (item) => constraintTexts(this.mapping, this.#columns.constraint, item),
      overlays: (field) => written.includes(field),
    });
  }

  foldedBy(item: WorkItem): string | undefined {
    return this.#isCanonical ? this.identityOf(item) : undefined;
  }

  identityOf(item: WorkItem): string | undefined {
    const { constraint } = this.#columns;
    const texts = constraintTexts(this.mapping, constraint, item).filter((text) => text !== null);
    // SQL's NULLs are all different.
    if (texts.length < constraint.length) return undefined;
    return this.#isCanonical ? keyText(texts) : '';
  }

  /** Whether the texts of the constraint tell rows apart. */
  get #isCanonical(): boolean {
    return this.#columns.constraint.every((field) => field.type.canonical);
  }

  prepare(items: readonly WorkItem[]): Prepared<WriteSession, Written> {
    const { constraint } = this.#columns;
    const groups = groupsToInsert(this.mapping, items).map(({ fields, items: members }): EncodedGroup => {
      const ordered = inLockOrder(members, (item) => constraintTexts(this.mapping, constraint, item).map(String));
      return { shape: this.#shapeOf(fields), items: ordered, arrays: columnArrays(this.mapping, fields, ordered) };
    });
    const isPlain = items.length === 1 || this.#isCanonical;
    return {
      isOneStatement: groups.length === 1 && !this.options.models && isPlain,
      send: async (session) => {
        if (!isPlain) {
          const arrays = columnArrays(this.mapping, constraint, items);
          await requireDistinct(session.execute, this.mapping, constraint, arrays);
        }
        return this.isDetailed ? this.#returning(session, groups) : this.#counting(session, groups);
      },
    };
  }

  async alone(session: WriteSession, item: WorkItem): Promise<Written> {
    const [group] = groupsToInsert(this.mapping, [item]);
    const { fields = [] } = group ?? {};
    const parameters = fields.map((field) => encodeField(this.mapping, field, item.values[field.position], item.index));
    const { rows } = await session.execute(upsertOneStatement(this.mapping, this.#shapeOf(fields)), parameters);
    const settled = this.#settled(item, rows[0]);
    session.touch(() => (settled.key === undefined ? [] : [settled.key]));
    return { settled: await this.#withRows(session, [settled]) };
  }

  #shapeOf(fields: readonly Field[]): UpsertShape {
    return { fields, constraint: this.#columns.constraint, updated: updatedOf(this.#columns, fields) };
  }

  async #counting(session: WriteSession, groups: readonly EncodedGroup[]): Promise<Written> {
    let inserted = 0;
    let updated = 0;
    let records = 0;
    let folded = 0;
    for (const { shape, items, arrays } of groups) {
      const { rows } = await session.execute(upsertStatement(this.mapping, shape), arrays);
      for (const [isNew] of rows) {
        if (isNew === 't') inserted++;
        else updated++;
      }
      records += items.length;
      folded += items.reduce((sum, item) => sum + item.records - 1, 0);
      session.touch(() => rows.map(([, ...key]) => key.map(String)));
    }
    return { counts: { inserted, updated, unchanged: records - inserted - updated, skipped: folded } };
  }

  async #returning(session: WriteSession, groups: readonly EncodedGroup[]): Promise<Written> {
    const settled: SettledItem[] = [];
    for (const { shape, items, arrays } of groups) {
      const { rows } = await session.execute(upsertReturningStatement(this.mapping, shape), arrays);
      const written = new Map(rows.map(([position, ...row]) => [items[Number(position) - 1], row]));
      for (const item of items) settled.push(this.#settled(item, written.get(item)));
    }
    session.touch(() => settled.flatMap(({ key }) => (key === undefined ? [] : [key])));
    return { settled: await this.#withRows(session, settled) };
  }

  #settled(item: WorkItem, row: TextRow | undefined): SettledItem {
    if (row === undefined) return { item, status: 'unchanged' };
    const [isNew, ...key] = row;
    return { item, status: isNew === 't' ? 'inserted' : 'updated', key: key.map(String) };
  }

  /** An unchanged row is not returned by the statement, and so has to be looked for. */
  async #withRows(session: WriteSession, settled: readonly SettledItem[]): Promise<readonly SettledItem[]> {
    if (!this.options.models) return settled;
    const { mapping } = this;
    const { constraint } = this.#columns;
    const items = settled.map(({ item }) => item);
    const rows = await findRows(
      session.execute,
      mapping,
      constraint,
      columnArrays(mapping, constraint, items),
      items.length,
    );
    return settled.map((one, i) => {
      const row = rows[i];
      if (row === undefined) throw new RowSuppressedError(mapping.name);
      return { ...one, row };
    });
  }
}
