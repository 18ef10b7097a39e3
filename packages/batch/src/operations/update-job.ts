import { type AnyMapping, type Field, keyText, updatedFields, updateRecord } from '@uno/domain';
import type { Prepared } from '../engine/batch-job.js';
import type { Entry } from '../engine/chunk.js';
import { foldDuplicates } from '../shapes/fold-duplicates.js';
import { groupByShape } from '../shapes/group-by-shape.js';
import { inLockOrder } from '../shapes/lock-order.js';
import { WorkItem } from '../shapes/work-item.js';
import { columnArrays, keyArrays } from '../statements/column-arrays.js';
import { requireDistinct } from '../statements/distinct-keys.js';
import { updateStatement } from '../statements/update-statement.js';
import type { WriteSession } from '../workspace/write-session.js';
import type { SettledItem, Written } from './write-account.js';
import { WriteJob, type WriteJobOptions } from './write-job.js';

/** Updates rows by key. */
export class UpdateJob<M extends AnyMapping> extends WriteJob<M> {
  readonly isIdempotent = true;
  protected readonly folded = 'all';
  readonly #allowed: readonly Field[];

  /** @param allowed - fields that may be written */
  constructor(options: WriteJobOptions<M>, allowed: readonly Field[]) {
    super(options);
    this.#allowed = allowed;
  }

  read({ record, index }: Entry<unknown>): WorkItem {
    return WorkItem.ofChanged(this.mapping, record, index);
  }

  /** Records of one key made one, so that the later one wins, as it would if they were written one after the other. */
  fold(items: readonly WorkItem[]): readonly WorkItem[] {
    const { fields, hasTextKey } = this.mapping;
    // Others of another spelling may come between them: that is found out by PostgreSQL.
    if (!hasTextKey) return items;
    return foldDuplicates(items, {
      fields,
      identity: ({ key }) => key,
      overlays: (field) => this.#allowed.includes(field),
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
    const groups = groupByShape(items, (item) =>
      updatedFields(this.#allowed, { values: item.values, index: item.index }),
    );
    const encoded = groups.map(({ fields, items: members }) => {
      const ordered = inLockOrder(members);
      const keys = ordered.map((item) => item.key ?? []);
      const parameters = [...keyArrays(mapping, keys), ...columnArrays(mapping, fields, ordered)];
      return { statement: updateStatement(mapping, fields), items: ordered, parameters };
    });
    const isPlain = mapping.hasTextKey || items.length === 1;
    const keys = isPlain ? [] : items.map((item) => item.key ?? []);
    return {
      isOneStatement: groups.length === 1 && isPlain,
      send: async (session) => {
        if (!isPlain) await requireDistinct(session.execute, mapping, mapping.keyFields, keyArrays(mapping, keys));
        const settled: SettledItem[] = [];
        for (const { statement, items: members, parameters } of encoded) {
          const { rows } = await session.execute(statement, parameters);
          const found = new Set(rows.map(([position]) => members[Number(position) - 1]));
          for (const item of members) settled.push({ item, status: found.has(item) ? 'updated' : 'skipped' });
        }
        session.touch(() => settled.flatMap(({ item: { key }, status }) => (status === 'updated' && key ? [key] : [])));
        return { settled };
      },
    };
  }

  async alone(session: WriteSession, item: WorkItem): Promise<Written> {
    const { values, key = [] } = item;
    const row = await updateRecord(session.execute, this.mapping, { values, index: item.index }, key, this.#allowed);
    if (row !== undefined) session.touch(() => [key]);
    return { settled: [{ item, status: row === undefined ? 'skipped' : 'updated' }] };
  }
}
