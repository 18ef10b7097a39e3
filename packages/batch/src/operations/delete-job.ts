import { type AnyMapping, deleteRecord, encodeKey, keyOfKey, keyText } from '@uno/domain';
import type { Prepared } from '../engine/batch-job.js';
import type { Entry } from '../engine/chunk.js';
import { foldDuplicates } from '../shapes/fold-duplicates.js';
import { inLockOrder } from '../shapes/lock-order.js';
import { WorkItem } from '../shapes/work-item.js';
import { keyArrays } from '../statements/column-arrays.js';
import { requireDistinct } from '../statements/distinct-keys.js';
import { deleteReturningStatement, deleteStatement } from '../statements/key-statements.js';
import type { WriteSession } from '../workspace/write-session.js';
import type { SettledItem, Written } from './write-account.js';
import { WriteJob, type WriteJobOptions } from './write-job.js';

/** Deletes rows by key. */
export class DeleteJob<M extends AnyMapping> extends WriteJob<M> {
  /** Done twice, it would say that nothing was there. */
  readonly isIdempotent = false;
  protected readonly folded = 'first';

  constructor(options: WriteJobOptions<M>) {
    // Keys are no records to be processed.
    super({ ...options, preProcess: undefined });
  }

  read({ record, index }: Entry<unknown>): WorkItem {
    return WorkItem.ofKey(this.mapping, encodeKey(this.mapping, record, index), index);
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

  identityOf(item: WorkItem): string | undefined {
    return this.identityByKey(item);
  }

  prepare(items: readonly WorkItem[]): Prepared<WriteSession, Written> {
    const ordered = inLockOrder(items);
    const keys = ordered.map((item) => item.key ?? []);
    const parameters = keyArrays(this.mapping, keys);
    return {
      isOneStatement: !this.isDetailed || this.mapping.hasTextKey || items.length === 1,
      send: async (session) => {
        const written = this.isDetailed
          ? await this.#returning(session, ordered, parameters)
          : await this.#counting(session, ordered, parameters);
        session.touch(() => keys);
        return written;
      },
    };
  }

  async alone(session: WriteSession, item: WorkItem): Promise<Written> {
    const { key = [] } = item;
    const deleted = await deleteRecord(session.execute, this.mapping, key);
    session.touch(() => [key]);
    return { settled: [{ item, status: deleted ? 'deleted' : 'skipped' }] };
  }

  async #counting(session: WriteSession, items: readonly WorkItem[], parameters: readonly string[]): Promise<Written> {
    const { affected } = await session.execute(deleteStatement(this.mapping), parameters);
    return { counts: { deleted: affected, skipped: items.length - affected } };
  }

  async #returning(session: WriteSession, items: readonly WorkItem[], parameters: readonly string[]): Promise<Written> {
    const { mapping } = this;
    if (!mapping.hasTextKey && items.length > 1) {
      await requireDistinct(session.execute, mapping, mapping.keyFields, parameters);
    }
    const { rows } = await session.execute(deleteReturningStatement(mapping), parameters);
    const found = new Set(rows.map(([position]) => items[Number(position) - 1]));
    return { settled: items.map((item): SettledItem => ({ item, status: found.has(item) ? 'deleted' : 'skipped' })) };
  }
}
