import {
  type AnyMapping,
  checkKey,
  deleteRecord,
  encodeKey,
  type Identity,
  type KeyTexts,
  keyOfKey,
  keyText,
  type TextRow,
} from '@uno/domain';
import type { TextResult, TextStatement } from '@uno/postgres';
import type { Prepared } from '../engine/batch-job.js';
import type { Entry } from '../engine/chunk.js';
import type { Step } from '../engine/step.js';
import { foldDuplicates } from '../shapes/fold-duplicates.js';
import { inLockOrder } from '../shapes/lock-order.js';
import { WorkItem } from '../shapes/work-item.js';
import { keyArraysOf } from '../statements/column-arrays.js';
import { distinctStep, requireDistinct } from '../statements/distinct-keys.js';
import {
  deleteOneReturningStatement,
  deleteReturningStatement,
  deleteStatement,
} from '../statements/key-statements.js';
import { oneInFlight } from '../workspace/in-flight.js';
import type { WriteSession } from '../workspace/write-session.js';
import type { SettledItem, Written } from './write-account.js';
import { WriteJob, type WriteJobOptions } from './write-job.js';

/** Deletes rows by key; gives them as they were where somebody asks for them. */
export class DeleteJob<M extends AnyMapping> extends WriteJob<M> {
  /** Done twice, it would say that nothing was there. */
  readonly isIdempotent = false;
  protected readonly folded = 'first';

  constructor(options: WriteJobOptions<M>) {
    // Keys are no records to be processed.
    super({ ...options, preProcess: undefined });
  }

  async ready(): Promise<void> {
    // With outcomes or models, it is seen which keys had a row.
    if (!this.isDetailed) await this.readFacts();
  }

  read({ record, index }: Entry<unknown>): WorkItem {
    return WorkItem.ofGivenKey(this.mapping, record, index);
  }

  check({ record, index }: Entry<unknown>): string | undefined {
    if (this.isDetailed && this.mapping.hasTextKey) return keyText(encodeKey(this.mapping, record, index));
    checkKey(this.mapping, record, index);
    return undefined;
  }

  override keyOfRecord(record: unknown): string | undefined {
    return keyOfKey(this.mapping, record);
  }

  /** The row of a key that comes twice is there for the first one only. */
  fold(items: readonly WorkItem[]): readonly WorkItem[] {
    if (!this.isDetailed || !this.mapping.hasTextKey) return items;
    return foldDuplicates(items, { fields: [], identity: ({ key }) => key, overlays: () => false });
  }

  foldedBy({ key }: WorkItem): string | undefined {
    return key === undefined || !this.isDetailed || !this.mapping.hasTextKey ? undefined : keyText(key);
  }

  identityOf(item: WorkItem): Identity | undefined {
    return this.identityByKey(item);
  }

  prepare(items: readonly WorkItem[]): Prepared<WriteSession, Written> {
    const ordered = inLockOrder(items);
    const parameters = keyArraysOf(this.mapping, ordered);
    const asksFirst = this.isDetailed && !this.mapping.hasTextKey && items.length > 1;
    const countsKeys = this.#countsKeys;
    const touching = async (session: WriteSession, result: TextResult) => {
      const written = this.isDetailed ? this.#returned(ordered, result) : this.#counted(ordered, result, countsKeys);
      session.touch(() => ordered.map((item) => item.key ?? []));
      return written;
    };
    const request = { statement: this.#statement(countsKeys), parameters };
    const apart = async (session: WriteSession) => {
      await requireDistinct(session.execute, this.mapping, this.mapping.keyFields, parameters);
      return touching(session, await session.execute(request.statement, parameters));
    };
    return {
      isOneStatement: !asksFirst,
      steps: () => this.#steps(ordered, parameters.length, asksFirst),
      ...(asksFirst ? { send: apart } : oneInFlight(request, touching)),
    };
  }

  async alone(session: WriteSession, item: WorkItem): Promise<Written> {
    const { key = [] } = item;
    const { deleted, row } = await this.#deleteOne(session, key);
    session.touch(() => [key]);
    return { settled: [{ item, status: deleted ? 'deleted' : 'skipped', row }] };
  }

  async #deleteOne(session: WriteSession, key: KeyTexts): Promise<{ deleted: boolean; row?: TextRow | undefined }> {
    if (!this.options.models) return { deleted: await deleteRecord(session.execute, this.mapping, key) };
    const { rows } = await session.execute(deleteOneReturningStatement(this.mapping), key);
    return { deleted: rows.length > 0, row: rows[0] };
  }

  #steps(items: readonly WorkItem[], parameters: number, asksFirst: boolean): readonly Step[] {
    const { mapping } = this;
    const indices = items.flatMap((item) => item.indices);
    const deletion = this.isDetailed
      ? {
          way: 'returning' as const,
          why: 'what became of each key is asked for',
          sql: this.#returning.statement.sql,
        }
      : {
          way: 'unnest' as const,
          why: 'nothing has to come back',
          sql: deleteStatement(mapping, this.#countsKeys).sql,
        };
    const step = { ...deletion, parameters, times: 1, indices };
    return asksFirst ? [distinctStep(mapping, mapping.keyFields, indices), step] : [step];
  }

  /** A key is unique among the rows of each table, and not among those of all that inherit from it. */
  get #countsKeys(): boolean {
    const { hasChildren, kind } = this.facts;
    return hasChildren && kind === 'r';
  }

  #statement(countsKeys: boolean): TextStatement {
    return this.isDetailed ? this.#returning.statement : deleteStatement(this.mapping, countsKeys);
  }

  get #returning() {
    return deleteReturningStatement(this.mapping, this.options.models);
  }

  #counted(items: readonly WorkItem[], { rows, affected }: TextResult, countsKeys: boolean): Written {
    const deleted = countsKeys ? Number(rows[0]?.[0]) : affected;
    return { counts: { deleted, skipped: items.length - deleted } };
  }

  #returned(items: readonly WorkItem[], { rows }: TextResult): Written {
    const { givesKeys } = this.#returning;
    const found = new Map<string, TextRow>();
    for (const row of rows) {
      const [witness] = row;
      // Of the rows of one key, one.
      if (typeof witness === 'string' && !found.has(witness)) found.set(witness, row);
    }
    return {
      settled: items.map((item, i): SettledItem => {
        const row = found.get(givesKeys ? keyText(item.key ?? []) : String(i + 1));
        if (row === undefined) return { item, status: 'skipped' };
        const [, text] = row;
        return { item, status: 'deleted', row: text ?? undefined };
      }),
    };
  }
}
