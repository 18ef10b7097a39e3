import { type AnyMapping, keyOfKey, keyText, selectOne } from '@uno/domain';
import type { BatchJob, Prepared, Verdict, Workspace } from '../engine/batch-job.js';
import type { Entry } from '../engine/chunk.js';
import { WorkItem } from '../shapes/work-item.js';
import { keyArraysOf } from '../statements/column-arrays.js';
import { findRows, findStatement, getStatement } from '../statements/key-statements.js';
import { judgeWrite } from '../workspace/judge.js';
import type { ReadSession } from '../workspace/read-workspace.js';
import { type Found, FoundEntities } from './found-entities.js';

/** Reads rows by key. */
export class GetJob<M extends AnyMapping> implements BatchJob<ReadSession, unknown, WorkItem, Found, FoundEntities<M>> {
  readonly isIdempotent = true;
  readonly workspace: Workspace<ReadSession>;
  readonly #mapping: M;
  readonly #onRead: (items: readonly WorkItem[]) => void;

  /** @param onRead - hears of keys that were read; not of those that went one by one */
  constructor(
    mapping: M,
    workspace: Workspace<ReadSession>,
    onRead: (items: readonly WorkItem[]) => void = () => undefined,
  ) {
    this.#mapping = mapping;
    this.workspace = workspace;
    this.#onRead = onRead;
  }

  read({ record, index }: Entry<unknown>): WorkItem {
    return WorkItem.ofGivenKey(this.#mapping, record, index);
  }

  partsOf(item: WorkItem): readonly WorkItem[] {
    return [item];
  }

  indicesOf({ index }: WorkItem): readonly number[] {
    return [index];
  }

  keyOfRecord(record: unknown): string | undefined {
    return keyOfKey(this.#mapping, record);
  }

  keyOfItem({ key = [] }: WorkItem): string {
    return keyText(key);
  }

  identityOf(): undefined {
    return undefined;
  }

  prepare(items: readonly WorkItem[]): Prepared<ReadSession, Found> {
    const mapping = this.#mapping;
    const arrays = keyArraysOf(mapping, items);
    return {
      isOneStatement: true,
      steps: () => [
        {
          way: 'unnest',
          why: mapping.hasExactKey
            ? 'rows are told apart by their keys'
            : 'a key has several spellings, so rows come with their places',
          sql: (mapping.hasExactKey ? getStatement(mapping) : findStatement(mapping, mapping.keyFields)).sql,
          parameters: arrays.length,
          times: 1,
          indices: items.map(({ index }) => index),
        },
      ],
      send: async ({ execute }) => {
        if (!mapping.hasExactKey) {
          return { rows: await findRows(execute, mapping, mapping.keyFields, arrays, items.length) };
        }
        const { rows } = await execute(getStatement(mapping), arrays);
        this.#onRead(items);
        return { texts: rows.map(([text]) => text ?? '') };
      },
    };
  }

  async alone({ execute }: ReadSession, { key = [] }: WorkItem): Promise<Found> {
    const { rows } = await execute(selectOne(this.#mapping), key);
    return { rows: [rows[0]] };
  }

  /** No key is at fault. A statement that was refused in a transaction of the caller has ended that, too. */
  judge(error: unknown): Verdict {
    return !this.workspace.isJoined && judgeWrite(error) === 'machinery' ? 'machinery' : 'call';
  }

  newAccount(): FoundEntities<M> {
    return new FoundEntities(this.#mapping);
  }

  merge(into: FoundEntities<M>, part: FoundEntities<M>): void {
    into.take(part);
  }
}
