import {
  type AnyMapping,
  checkPlanned,
  checkRecord,
  type Field,
  type Identity,
  identityOfEntity,
  isIdempotentUpdate,
  keyText,
  plannedFields,
  type UpdatePlan,
  updateRecord,
} from '@uno/domain';
import type { TextResult, TextStatement } from '@uno/postgres';
import type { Prepared } from '../engine/batch-job.js';
import type { ChunkSource, Entry } from '../engine/chunk.js';
import type { Step } from '../engine/step.js';
import { foldDuplicates } from '../shapes/fold-duplicates.js';
import { groupByShape } from '../shapes/group-by-shape.js';
import { inRounds } from '../shapes/in-rounds.js';
import { inLockOrder } from '../shapes/lock-order.js';
import { WorkItem } from '../shapes/work-item.js';
import { type ArrayParameter, columnArrays, keyArraysOf } from '../statements/column-arrays.js';
import { distinctStep, requireDistinct } from '../statements/distinct-keys.js';
import { type RowSample, readSample } from '../statements/row-sample.js';
import { lookStatement, type UpdateState, updateStatement } from '../statements/update-statement.js';
import { type ChunkRequest, inFlight } from '../workspace/in-flight.js';
import type { WriteSession } from '../workspace/write-session.js';
import type { SettledItem, Written } from './write-account.js';
import { LaterRecords } from './later-records.js';
import { failedBy, type StaleItem } from './stale-items.js';
import { isRefused, type Parked, UniqueExchange, type WriteRounds } from './unique-exchange.js';
import { WriteJob, type WriteJobOptions } from './write-job.js';

/** Records that go in one statement, encoded. */
interface EncodedGroup {
  readonly fields: readonly Field[];
  readonly items: readonly WorkItem[];
  readonly parameters: readonly ArrayParameter[];
}

/** What became of an item that was not written, and the version of its row. */
interface Left {
  readonly state: UpdateState;
  readonly version: string | null;
}

type States = Map<WorkItem, Left>;

/** Updates rows by key. */
export class UpdateJob<M extends AnyMapping> extends WriteJob<M> {
  readonly isIdempotent: boolean;
  protected readonly folded = 'all';
  readonly #plan: UpdatePlan;
  readonly #later = new LaterRecords();
  readonly #exchange: UniqueExchange;

  constructor(options: WriteJobOptions<M>, plan: UpdatePlan) {
    super(options);
    this.#plan = plan;
    this.#exchange = new UniqueExchange(options.mapping, plan, this.#later);
    this.isIdempotent = isIdempotentUpdate(plan);
  }

  read({ record, index }: Entry<unknown>): WorkItem {
    const item = WorkItem.ofChanged(this.mapping, record, index);
    checkPlanned(this.mapping, this.#plan, item);
    return item;
  }

  check(entry: Entry<unknown>): Identity | undefined {
    const { record, index } = entry;
    const { added, version } = this.#plan;
    // What these ask of the values has to be read.
    if (added.length > 0 || version !== undefined) return this.foldedBy(this.read(entry));
    const identity = identityOfEntity(this.mapping, checkRecord(this.mapping, record, index), index);
    return this.mapping.hasTextKey ? identity : undefined;
  }

  /** Records of one key made one, so that the later one wins, as it would if they were written one after the other. */
  fold(items: readonly WorkItem[]): readonly WorkItem[] {
    const { fields, hasTextKey } = this.mapping;
    // Others of another spelling may come between them: that is found out by PostgreSQL.
    // A row that one of them has written has another version for the next one.
    if (!hasTextKey || this.#plan.version !== undefined) return items;
    return foldDuplicates(items, {
      fields,
      identity: ({ key }) => key,
      overlays: (field) => this.#plan.allowed.includes(field),
      added: this.#plan.added,
    });
  }

  foldedBy({ key }: WorkItem): string | undefined {
    const isFolded = this.mapping.hasTextKey && this.#plan.version === undefined;
    return key === undefined || !isFolded ? undefined : keyText(key);
  }

  identityOf(item: WorkItem): Identity | undefined {
    return this.identityByKey(item);
  }

  async begin(_: WriteSession, source: ChunkSource<WorkItem, Prepared<WriteSession, Written>>): Promise<void> {
    this.#later.begin(this.mapping, source, this.options.call.skips);
  }

  checkWhole(): void {
    this.#later.check();
  }

  prepare(items: readonly WorkItem[]): Prepared<WriteSession, Written> {
    const { mapping } = this;
    const groups = this.#encoded(items);
    const isPlain = mapping.hasTextKey || items.length === 1;
    const explained = (error: unknown) => this.#exchange.explained(items, error);
    const apart = async (session: WriteSession) => {
      await requireDistinct(session.execute, mapping, mapping.keyFields, keyArraysOf(mapping, items));
      return this.#written(session, groups).catch((error: unknown) => {
        throw explained(error);
      });
    };
    return {
      // Where a record is stale, the others are undone.
      isOneStatement: groups.length === 1 && isPlain && this.#plan.version === undefined,
      steps: () => [
        ...(isPlain ? [] : [distinctStep(mapping, mapping.keyFields, indicesOf(items))]),
        ...groups.flatMap((group) => this.#steps(group)),
      ],
      ...(isPlain
        ? inFlight({
            requests: () => groups.map((group) => this.#requestOf(group)),
            done: (session, results) => this.#written(session, groups, { results }),
            explained,
          })
        : { send: apart }),
    };
  }

  /** Records that are refused together may only exchange unique values. */
  otherWay(items: readonly WorkItem[], error: unknown): ((session: WriteSession) => Promise<Written>) | undefined {
    if (!isRefused(error) || (items.length === 1 && !this.#later.isOpen)) return undefined;
    return (session) => {
      const write: WriteRounds = (rounds, parked) => {
        const groups = rounds.flatMap((round) => this.#encoded(round));
        return this.#written(session, groups, { parked });
      };
      return this.#exchange.run(session, items, error, write);
    };
  }

  halvesOf(items: readonly WorkItem[]): readonly [readonly WorkItem[], readonly WorkItem[]] | undefined {
    return this.#exchange.halvesOf(items);
  }

  faultIn(items: readonly WorkItem[], error: unknown): number | undefined {
    return this.#exchange.faultIn(items, error);
  }

  async alone(session: WriteSession, item: WorkItem): Promise<Written> {
    const { values, key = [] } = item;
    const record = { values, index: item.index };
    const { status } = await updateRecord(session.execute, this.mapping, record, key, this.#plan);
    this.#later.settle(item, status === 'updated');
    if (status === 'updated') session.touch(() => [key]);
    return { settled: [{ item, status }] };
  }

  #encoded(items: readonly WorkItem[]): EncodedGroup[] {
    const { mapping } = this;
    // Records that cannot be made one are written one after the other.
    const { added, version } = this.#plan;
    const isApart = mapping.hasTextKey && (added.length > 0 || version !== undefined);
    const rounds = isApart ? inRounds(items) : [items];
    const groups = rounds.flatMap((round) =>
      groupByShape(round, ({ values, index }) => plannedFields(this.#plan, { values, index })),
    );
    return groups.map(({ fields, items: members }) => {
      const ordered = inLockOrder(members);
      const parameters = [
        ...keyArraysOf(mapping, ordered),
        ...columnArrays(mapping, version === undefined ? fields : [...fields, version], ordered),
      ];
      return { fields, items: ordered, parameters };
    });
  }

  #steps({ fields, items, parameters }: EncodedGroup): readonly Step[] {
    const indices = indicesOf(items);
    const { sql } = this.#statementOf(fields);
    const counted = { sql, parameters: parameters.length, times: 1, indices };
    if (fields.length === 0)
      return [{ ...counted, way: 'aside', why: 'the records have nothing that could be written' }];
    const { version } = this.#plan;
    return [
      { ...counted, way: 'unnest', why: 'only records that were not written come back' },
      {
        ...counted,
        way: 'aside',
        why: 'it is looked what became of those records',
        sql: this.#look.sql,
        parameters: this.mapping.keyFields.length + (version === undefined ? 0 : 1),
        onlyIf: 'somebody else writes to a row at the same time, or a trigger keeps one from being written',
      },
    ];
  }

  #statementOf(fields: readonly Field[]): TextStatement {
    return fields.length === 0 ? this.#look : updateStatement(this.mapping, this.#plan, fields, this.#samples);
  }

  get #samples(): boolean {
    return this.options.samples === true && !this.#plan.skipsUnchanged;
  }

  get #look(): TextStatement {
    return lookStatement(this.mapping, this.#plan);
  }

  #requestOf({ fields, parameters }: EncodedGroup): ChunkRequest {
    return { statement: this.#statementOf(fields), parameters };
  }

  /** @param results - of the statements, where they were sent already */
  async #written(
    session: WriteSession,
    groups: readonly EncodedGroup[],
    { results, parked }: { readonly results?: readonly TextResult[]; readonly parked?: Parked | undefined } = {},
  ): Promise<Written> {
    const settled: SettledItem[] = [];
    const stale: StaleItem[] = [];
    const counts = { updated: 0, unchanged: 0, skipped: 0 };
    for (const [position, group] of groups.entries()) {
      const { statement, parameters } = this.#requestOf(group);
      const result = results?.[position] ?? (await session.execute(statement, parameters));
      const states = await this.#statesOf(session, group, result);
      const isPlain = states.size === 0 && !this.isDetailed && !this.#later.isAside;
      for (const item of isPlain ? [] : group.items) {
        const left = states.get(item);
        // A trigger suppressed it, and what the row has for the moment must not stay.
        if (left !== undefined && parked?.items.has(item)) throw parked.refused;
        this.#later.settle(item, left === undefined);
        if (left !== undefined && this.#isStale(left)) {
          stale.push({ item, actual: left.state === 'missing' ? undefined : left.version });
          continue;
        }
        const status = statusOf(left?.state);
        counts[status] += item.records;
        if (this.isDetailed) settled.push({ item, status });
      }
      if (isPlain) counts.updated += recordsOf(group.items);
      session.touch(() => group.items.flatMap((item) => (states.has(item) || !item.key ? [] : [item.key])));
    }
    const failed = failedBy(this.mapping, this.#plan, stale, this.options.call.skips);
    return this.isDetailed ? { settled, failed } : { counts, failed };
  }

  #isStale({ state }: Left): boolean {
    return this.#plan.version !== undefined && (state === 'stale' || state === 'missing');
  }

  /** What became of the items of one statement that were not written. */
  async #statesOf(session: WriteSession, { items }: EncodedGroup, result: TextResult): Promise<States> {
    const { states, sample } = statesIn(result, items);
    if (sample !== undefined) this.options.call.recorder.rewritten(sample.rows, sample.unchanged);
    // Somebody else was quicker, or a trigger suppressed the update. By now it can be seen which.
    const others = items.filter((item) => states.get(item)?.state === 'other');
    if (others.length > 0) {
      const { version } = this.#plan;
      const versions = version === undefined ? [] : columnArrays(this.mapping, [version], others);
      const looked = await session.execute(this.#look, [...keyArraysOf(this.mapping, others), ...versions]);
      for (const [item, left] of statesIn(looked, others).states) states.set(item, left);
    }
    return states;
  }
}

function recordsOf(items: readonly WorkItem[]): number {
  let records = 0;
  for (const item of items) records += item.records;
  return records;
}

function statesIn(
  { rows }: TextResult,
  items: readonly WorkItem[],
): { readonly states: States; readonly sample: RowSample | undefined } {
  const states: States = new Map();
  let sample: RowSample | undefined;
  for (const [position, state, version = null] of rows) {
    if (position === null) sample = readSample(state);
    const item = items[Number(position) - 1];
    if (item !== undefined && isState(state)) states.set(item, { state, version });
  }
  return { states, sample };
}

function isState(text: string | null | undefined): text is UpdateState {
  return text === 'same' || text === 'other' || text === 'stale' || text === 'missing';
}

function statusOf(state: UpdateState | undefined): 'updated' | 'unchanged' | 'skipped' {
  if (state === undefined) return 'updated';
  return state === 'missing' ? 'skipped' : 'unchanged';
}

function indicesOf(items: readonly WorkItem[]): readonly number[] {
  return items.flatMap((item) => item.indices);
}
