import { type AnyMapping, checkNewRecord, type Field, type Identity, keyText, readField } from '@uno/domain';
import { UnoError } from '@uno/postgres';
import type { Prepared } from '../engine/batch-job.js';
import type { Entry, Resolved } from '../engine/chunk.js';
import type { Step } from '../engine/step.js';
import { foldDuplicates } from '../shapes/fold-duplicates.js';
import { inLockOrder } from '../shapes/lock-order.js';
import { WorkItem } from '../shapes/work-item.js';
import { columnArrays } from '../statements/column-arrays.js';
import { fieldsOfTarget } from '../statements/conflict-input.js';
import { type ConflictTarget, conflictTarget } from '../statements/conflict-target.js';
import { alikeStep, firstAlike, type Likeness } from '../statements/first-alike.js';
import type { RowSample } from '../statements/row-sample.js';
import { forgetTableFacts } from '../statements/table-facts.js';
import { recorded } from '../workspace/recorded.js';
import { inFlight } from '../workspace/in-flight.js';
import type { WriteSession } from '../workspace/write-session.js';
import { groupsToInsert } from './insert-job.js';
import { resolveDuplicates } from './resolve-duplicates.js';
import { UpsertCourse } from './upsert-course.js';
import { constraintIdentity, constraintTexts, type UpsertPlan, updatedOf } from './upsert-plan.js';
import { UpsertSteps } from './upsert-steps.js';
import { type UpsertGroup, UpsertWriter } from './upsert-writer.js';
import type { FoldedOutcome, Written } from './write-account.js';
import { WriteJob, type WriteJobOptions } from './write-job.js';

/** Stands for a NULL among texts, none of which has this character in PostgreSQL. */
const nullText = '\0';

const noneAlike: ReadonlyMap<WorkItem, WorkItem> = new Map();

/** Inserts records, or updates the rows that are there already. */
export class UpsertJob<M extends AnyMapping> extends WriteJob<M> {
  /** Done twice, it would say that nothing was new. */
  readonly isIdempotent = false;
  readonly resolve?: (items: readonly WorkItem[]) => Promise<Resolved<WorkItem>>;
  protected readonly folded: FoldedOutcome = 'one';
  readonly #plan: UpsertPlan;
  #target: ConflictTarget | undefined;

  constructor(options: WriteJobOptions<M>, plan: UpsertPlan) {
    super(options);
    this.#plan = plan;
    if (plan.duplicates !== 'last') this.resolve = (items) => this.#resolved(items);
  }

  async ready(): Promise<void> {
    await this.readFacts();
    const { by } = this.#plan;
    if (typeof by !== 'string') this.options.call.recorder.conflictsOn(by.map(({ column }) => column));
    this.#target = conflictTarget(this.mapping, by, this.facts);
  }

  read({ record, index }: Entry<unknown>): WorkItem {
    const item = WorkItem.ofNew(this.mapping, record, index);
    for (const field of this.#required) {
      constraintIdentity(this.mapping, field, item.values[field.position], item.index);
    }
    return item;
  }

  check({ record, index }: Entry<unknown>): Identity | undefined {
    const checked = checkNewRecord(this.mapping, record, index);
    const identities = this.#required.map((field) => {
      const value = readField(this.mapping, checked, field, index);
      return constraintIdentity(this.mapping, field, value, index);
    });
    if (!this.#isToldByText) return undefined;
    const [only = null, ...more] = identities;
    if (only !== null && more.length === 0) return only;
    const told = this.#told(identities.map((identity) => (identity === null ? null : String(identity))));
    return told && keyText(told);
  }

  /** Records that mean the same row made one, since PostgreSQL refuses to touch a row twice in one statement. */
  fold(items: readonly WorkItem[]): readonly WorkItem[] {
    // Others of another spelling may come between them: that is found out by PostgreSQL.
    if (!this.#isToldByText || this.#plan.duplicates !== 'last') return items;
    return this.#foldedBy(items, (item) => this.#texts(item));
  }

  foldedBy(item: WorkItem): Identity | undefined {
    return this.#isToldByText ? this.identityOf(item) : undefined;
  }

  identityOf(item: WorkItem): Identity | undefined {
    if (!this.target.isPlain) return '';
    const [sole, ...more] = this.target.fields;
    const number = more.length === 0 ? item.wholeNumber(sole) : undefined;
    if (number !== undefined) return number;
    const texts = this.#texts(item);
    if (texts === undefined) return undefined;
    return this.#isToldByText ? keyText(texts) : '';
  }

  /** What tells which records mean one row; nothing where their texts do. */
  resolveSteps(items: readonly WorkItem[]): readonly Step[] {
    return this.#isToldByText || items.length === 0 ? [] : [alikeStep(this.#likeness, items)];
  }

  /** Records that were made one beforehand stay so. */
  override partsOf(item: WorkItem): readonly WorkItem[] {
    return this.#plan.duplicates === 'last' ? super.partsOf(item) : [item];
  }

  prepare(items: readonly WorkItem[]): Prepared<WriteSession, Written> {
    const { course, steps, writer } = this.#sending;
    const [only, ...more] = items;
    if (only !== undefined && more.length === 0 && !course.isCounted) {
      return {
        isOneStatement: course.isOneStatement,
        steps: () => steps.alone(only),
        send: (session) => this.alone(session, only),
      };
    }
    const isDistinct = items.length === 1 || this.#isToldByText;
    const groups = this.#groupsOf(items);
    const isFlying = isDistinct && course.isOneStatement;
    const inTurn = async (session: WriteSession) => {
      const alike = isDistinct ? noneAlike : await this.#alike(items, session.execute);
      return this.#watched(
        writer.write(session, alike.size === 0 ? groups : this.#groupsOf(this.#folded(items, alike))),
      );
    };
    return {
      isOneStatement: groups.length === 1 && isFlying,
      steps: ({ isObserved }) => [...(isDistinct ? [] : this.resolveSteps(items)), ...steps.of(isObserved, groups)],
      ...(isFlying
        ? inFlight({
            requests: (session) => writer.requests(session, groups),
            done: (session, results) => writer.write(session, groups, results),
            explained: (error) => this.#forgetting(error),
          })
        : { send: inTurn }),
    };
  }

  async alone(session: WriteSession, item: WorkItem): Promise<Written> {
    return this.#watched(this.#sending.writer.alone(session, item));
  }

  #watched(written: Promise<Written>): Promise<Written> {
    return written.catch((error: unknown) => {
      throw this.#forgetting(error);
    });
  }

  /** The index may be gone, or another one there. */
  #forgetting(error: unknown): unknown {
    if (UnoError.is(error) && error.code === 'UNO_STATEMENT') forgetTableFacts(this.options.db, this.mapping);
    return error;
  }

  /** What tells whether a record is there already. */
  protected get target(): ConflictTarget {
    this.#target ??= conflictTarget(this.mapping, this.#plan.by, this.facts);
    return this.#target;
  }

  /** What sends upserts, what tells of it, and what both go by. */
  get #sending() {
    const { mapping, facts, target, isDetailed } = this;
    const { models: wantsRows, samples = false } = this.options;
    const about = { mapping, facts, target, isDetailed, wantsRows, samples };
    const course = new UpsertCourse(this.#plan, about);
    const steps = new UpsertSteps(this.#plan, about, course);
    const { recorder } = this.options.call;
    const onSample = ({ rows, unchanged }: RowSample) => recorder.rewritten(rows, unchanged);
    return { course, steps, writer: new UpsertWriter(this.#plan, about, course, onSample) };
  }

  /** The fields of which every record has to have a value. */
  get #required(): readonly Field[] {
    if (this.target.isPlain) return this.target.fields;
    const { by } = this.#plan;
    return typeof by === 'string' ? [] : by.filter(({ insertMode }) => insertMode !== 'never');
  }

  /** Whether the texts of its columns tell rows apart. */
  get #isToldByText(): boolean {
    return this.target.isPlain && this.target.fields.every(({ type }) => type.canonical);
  }

  #texts(item: WorkItem): string[] | undefined {
    return this.#told(constraintTexts(this.mapping, this.target.fields, item));
  }

  /** `undefined` for a record that is like no other, as SQL's NULLs are all different unless the index says otherwise. */
  #told(texts: readonly (string | null)[]): string[] | undefined {
    if (!this.target.nullsNotDistinct && texts.includes(null)) return undefined;
    return texts.map((text) => text ?? nullText);
  }

  #encoded(fields: readonly Field[], items: readonly WorkItem[]): UpsertGroup {
    const { target } = this;
    const ordered = target.isPlain
      ? inLockOrder(items, {
          numberOf: (item) => (target.fields.length === 1 ? item.wholeNumber(target.fields[0]) : undefined),
          textsOf: (item) => constraintTexts(this.mapping, target.fields, item).map(String),
        })
      : items;
    return { fields, items: ordered, arrays: columnArrays(this.mapping, fields, ordered) };
  }

  #groupsOf(items: readonly WorkItem[]): UpsertGroup[] {
    return groupsToInsert(this.mapping, items).map((group) => this.#encoded(group.fields, group.items));
  }

  /** @param first - by each record that is not the first of its row, the one that is, as PostgreSQL says */
  #folded(items: readonly WorkItem[], first: ReadonlyMap<WorkItem, WorkItem>): readonly WorkItem[] {
    return this.#foldedBy(items, (item) => [String((first.get(item) ?? item).index)]);
  }

  #foldedBy(items: readonly WorkItem[], identity: (item: WorkItem) => readonly string[] | undefined): WorkItem[] {
    const { fields } = this.mapping;
    const written = updatedOf(this.#plan, this.target, fields);
    return foldDuplicates(items, { fields, identity, overlays: (field) => written.includes(field) });
  }

  async #resolved(items: readonly WorkItem[]): Promise<Resolved<WorkItem>> {
    const { db, call } = this.options;
    const first = this.#isToldByText
      ? firstByText(items, (item) => this.#texts(item))
      : await this.#alike(items, recorded(db, call.deadline.signal, call.recorder));
    const isOther = (one: WorkItem, other: WorkItem) =>
      this.#isToldByText && keyText(this.#texts(one) ?? []) !== keyText(this.#texts(other) ?? []);
    const { mapping } = this;
    return resolveDuplicates({ mapping, duplicates: this.#plan.duplicates, skips: call.skips, isOther }, items, first);
  }

  #alike(items: readonly WorkItem[], execute: WriteSession['execute']): Promise<Map<WorkItem, WorkItem>> {
    return firstAlike(execute, this.#likeness, items);
  }

  get #likeness(): Likeness {
    const { mapping, target, facts } = this;
    return { mapping, target, facts, fields: fieldsOfTarget(mapping, target, facts) };
  }
}

/** By each item that is not the first of its row, the one that is. */
function firstByText(
  items: readonly WorkItem[],
  textsOf: (item: WorkItem) => readonly string[] | undefined,
): Map<WorkItem, WorkItem> {
  const known = new Map<string, WorkItem>();
  const first = new Map<WorkItem, WorkItem>();
  for (const item of items) {
    const texts = textsOf(item);
    if (texts === undefined) continue;
    const text = keyText(texts);
    const earlier = known.get(text);
    if (earlier === undefined) known.set(text, item);
    else first.set(item, earlier);
  }
  return first;
}
