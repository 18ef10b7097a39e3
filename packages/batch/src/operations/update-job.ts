import {
  type AnyMapping,
  checkPlanned,
  type Field,
  isIdempotentUpdate,
  keyText,
  plannedFields,
  type UpdatePlan,
  updateRecord,
} from '@uno/domain';
import type { TextStatement } from '@uno/postgres';
import type { Prepared } from '../engine/batch-job.js';
import type { Entry } from '../engine/chunk.js';
import type { Step } from '../engine/step.js';
import { foldDuplicates } from '../shapes/fold-duplicates.js';
import { groupByShape } from '../shapes/group-by-shape.js';
import { inRounds } from '../shapes/in-rounds.js';
import { inLockOrder } from '../shapes/lock-order.js';
import { WorkItem } from '../shapes/work-item.js';
import { columnArrays, keyArrays } from '../statements/column-arrays.js';
import { distinctStep, requireDistinct } from '../statements/distinct-keys.js';
import { lookStatement, type UpdateState, updateStatement } from '../statements/update-statement.js';
import type { WriteSession } from '../workspace/write-session.js';
import type { SettledItem, Written } from './write-account.js';
import { WriteJob, type WriteJobOptions } from './write-job.js';

/** Records that go in one statement, encoded. */
interface EncodedGroup {
  readonly fields: readonly Field[];
  readonly items: readonly WorkItem[];
  readonly parameters: readonly string[];
}

type States = Map<WorkItem, UpdateState>;

/** Updates rows by key. */
export class UpdateJob<M extends AnyMapping> extends WriteJob<M> {
  readonly isIdempotent: boolean;
  protected readonly folded = 'all';
  readonly #plan: UpdatePlan;

  constructor(options: WriteJobOptions<M>, plan: UpdatePlan) {
    super(options);
    this.#plan = plan;
    this.isIdempotent = isIdempotentUpdate(plan);
  }

  read({ record, index }: Entry<unknown>): WorkItem {
    const item = WorkItem.ofChanged(this.mapping, record, index);
    checkPlanned(this.mapping, this.#plan, item);
    return item;
  }

  /** Records of one key made one, so that the later one wins, as it would if they were written one after the other. */
  fold(items: readonly WorkItem[]): readonly WorkItem[] {
    const { fields, hasTextKey } = this.mapping;
    // Others of another spelling may come between them: that is found out by PostgreSQL.
    if (!hasTextKey) return items;
    return foldDuplicates(items, {
      fields,
      identity: ({ key }) => key,
      overlays: (field) => this.#plan.allowed.includes(field),
      added: this.#plan.added,
    });
  }

  foldedBy({ key }: WorkItem): string | undefined {
    return key === undefined || !this.mapping.hasTextKey ? undefined : keyText(key);
  }

  identityOf(item: WorkItem): string | undefined {
    return this.identityByKey(item);
  }

  prepare(items: readonly WorkItem[]): Prepared<WriteSession, Written> {
    const { mapping } = this;
    const groups = this.#encoded(items);
    const isPlain = mapping.hasTextKey || items.length === 1;
    return {
      isOneStatement: groups.length === 1 && isPlain,
      steps: () => [
        ...(isPlain ? [] : [distinctStep(mapping, mapping.keyFields, indicesOf(items))]),
        ...groups.flatMap((group) => this.#steps(group)),
      ],
      send: async (session) => {
        if (!isPlain) await requireDistinct(session.execute, mapping, mapping.keyFields, keysOf(mapping, items));
        return this.#written(session, groups);
      },
    };
  }

  async alone(session: WriteSession, item: WorkItem): Promise<Written> {
    const { values, key = [] } = item;
    const record = { values, index: item.index };
    const { status } = await updateRecord(session.execute, this.mapping, record, key, this.#plan);
    if (status === 'updated') session.touch(() => [key]);
    return { settled: [{ item, status }] };
  }

  #encoded(items: readonly WorkItem[]): EncodedGroup[] {
    const { mapping } = this;
    // Records that cannot be made one are written one after the other.
    const isApart = this.#plan.added.length > 0 && mapping.hasTextKey;
    const rounds = isApart ? inRounds(items) : [items];
    const groups = rounds.flatMap((round) =>
      groupByShape(round, ({ values, index }) => plannedFields(this.#plan, { values, index })),
    );
    return groups.map(({ fields, items: members }) => {
      const ordered = inLockOrder(members);
      const parameters = [...keysOf(mapping, ordered), ...columnArrays(mapping, fields, ordered)];
      return { fields, items: ordered, parameters };
    });
  }

  #steps({ fields, items, parameters }: EncodedGroup): readonly Step[] {
    const indices = indicesOf(items);
    const { sql } = this.#statementOf(fields);
    const counted = { sql, parameters: parameters.length, times: 1, indices };
    if (fields.length === 0)
      return [{ ...counted, way: 'aside', why: 'the records have nothing that could be written' }];
    const look = lookStatement(this.mapping);
    return [
      { ...counted, way: 'unnest', why: 'only records that were not written come back' },
      {
        ...counted,
        way: 'aside',
        why: 'it is looked what became of those records',
        sql: look.sql,
        parameters: this.mapping.keyFields.length,
        onlyIf: 'somebody else writes to a row at the same time, or a trigger keeps one from being written',
      },
    ];
  }

  #statementOf(fields: readonly Field[]): TextStatement {
    return fields.length === 0 ? lookStatement(this.mapping) : updateStatement(this.mapping, this.#plan, fields);
  }

  async #written(session: WriteSession, groups: readonly EncodedGroup[]): Promise<Written> {
    const settled: SettledItem[] = [];
    const counts = { updated: 0, unchanged: 0, skipped: 0 };
    for (const group of groups) {
      const states = await this.#statesOf(session, group);
      for (const item of group.items) {
        const status = statusOf(states.get(item));
        counts[status] += item.records;
        if (this.isDetailed) settled.push({ item, status });
      }
      session.touch(() => group.items.flatMap((item) => (states.has(item) || !item.key ? [] : [item.key])));
    }
    return this.isDetailed ? { settled } : { counts };
  }

  /** What became of the items of one statement that were not written. */
  async #statesOf(session: WriteSession, { fields, items, parameters }: EncodedGroup): Promise<States> {
    const states = await statesBy(session, this.#statementOf(fields), parameters, items);
    // Somebody else was quicker, or a trigger suppressed the update. By now it can be seen which.
    const others = items.filter((item) => states.get(item) === 'other');
    if (others.length > 0) {
      const looked = await statesBy(session, lookStatement(this.mapping), keysOf(this.mapping, others), others);
      for (const [item, state] of looked) states.set(item, state);
    }
    return states;
  }
}

async function statesBy(
  session: WriteSession,
  statement: TextStatement,
  parameters: readonly string[],
  items: readonly WorkItem[],
): Promise<States> {
  const states: States = new Map();
  const { rows } = await session.execute(statement, parameters);
  for (const [position, state] of rows) {
    const item = items[Number(position) - 1];
    if (item !== undefined && isState(state)) states.set(item, state);
  }
  return states;
}

function isState(text: string | null | undefined): text is UpdateState {
  return text === 'same' || text === 'other' || text === 'missing';
}

function statusOf(state: UpdateState | undefined): 'updated' | 'unchanged' | 'skipped' {
  if (state === undefined) return 'updated';
  return state === 'missing' ? 'skipped' : 'unchanged';
}

function indicesOf(items: readonly WorkItem[]): readonly number[] {
  return items.flatMap((item) => item.indices);
}

function keysOf(mapping: AnyMapping, items: readonly WorkItem[]): string[] {
  return keyArrays(
    mapping,
    items.map(({ key }) => key ?? []),
  );
}
