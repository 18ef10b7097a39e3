import {
  type AnyMapping,
  encodeKey,
  type FailedRecord,
  hydrateLoaded,
  IndexRanges,
  type KeyTexts,
  keyOfKey,
  keyText,
  type Loaded,
  selectOne,
} from '@uno/domain';
import type { Account, BatchJob, Prepared, Verdict, Workspace } from '../engine/batch-job.js';
import type { ChunkReport, Entry } from '../engine/chunk.js';
import { keyArrays } from '../statements/column-arrays.js';
import { findRows } from '../statements/key-statements.js';
import { judgeWrite } from '../workspace/judge.js';
import type { ReadSession } from '../workspace/read-workspace.js';

/** A key that is looked for. */
export interface KeyItem {
  readonly index: number;
  readonly key: KeyTexts;
}

/** What was found of some keys, in their order. */
type Found<M extends AnyMapping> = readonly (Loaded<M> | undefined)[];

/** What was found. */
export class FoundEntities<M extends AnyMapping> implements Account<KeyItem, Found<M>> {
  readonly written = new IndexRanges();
  readonly failures: readonly FailedRecord[] = [];
  readonly failed = 0;
  readonly skipped = 0;
  individually = 0;
  readonly #parts: { readonly first: number; readonly found: Found<M> }[] = [];
  #processed = 0;

  get processed(): number {
    return this.#processed;
  }

  /** In the order of the keys. */
  get entities(): (Loaded<M> | undefined)[] {
    return this.#parts.toSorted((a, b) => a.first - b.first).flatMap(({ found }) => found);
  }

  add({ pieces, individually }: ChunkReport<KeyItem, Found<M>>): void {
    this.individually += individually;
    for (const { items, value } of pieces) {
      this.#parts.push({ first: items[0]?.index ?? 0, found: value });
      this.#processed += items.length;
    }
  }

  take(part: FoundEntities<M>): void {
    for (const one of part.#parts) this.#parts.push(one);
    this.#processed += part.#processed;
    this.individually += part.individually;
  }
}

/** Reads rows by key. */
export class GetJob<M extends AnyMapping>
  implements BatchJob<ReadSession, unknown, KeyItem, Found<M>, FoundEntities<M>>
{
  readonly isIdempotent = true;
  readonly workspace: Workspace<ReadSession>;
  readonly #mapping: M;

  constructor(mapping: M, workspace: Workspace<ReadSession>) {
    this.#mapping = mapping;
    this.workspace = workspace;
  }

  read({ record, index }: Entry<unknown>): KeyItem {
    return { index, key: encodeKey(this.#mapping, record, index) };
  }

  partsOf(item: KeyItem): readonly KeyItem[] {
    return [item];
  }

  indicesOf({ index }: KeyItem): readonly number[] {
    return [index];
  }

  keyOfRecord(record: unknown): string | undefined {
    return keyOfKey(this.#mapping, record);
  }

  keyOfItem({ key }: KeyItem): string {
    return keyText(key);
  }

  identityOf(): undefined {
    return undefined;
  }

  prepare(items: readonly KeyItem[]): Prepared<ReadSession, Found<M>> {
    const mapping = this.#mapping;
    const arrays = keyArrays(
      mapping,
      items.map(({ key }) => key),
    );
    return {
      isOneStatement: true,
      send: async ({ execute }) => {
        const rows = await findRows(execute, mapping, mapping.keyFields, arrays, items.length);
        return rows.map((row) => row && hydrateLoaded(mapping, row));
      },
    };
  }

  async alone({ execute }: ReadSession, { key }: KeyItem): Promise<Found<M>> {
    const { rows } = await execute(selectOne(this.#mapping), key);
    return [rows[0] && hydrateLoaded(this.#mapping, rows[0])];
  }

  /** No key is at fault. A statement that was refused in a transaction of the caller has ended that, too. */
  judge(error: unknown): Verdict {
    return !this.workspace.isJoined && judgeWrite(error) === 'machinery' ? 'machinery' : 'call';
  }

  newAccount(): FoundEntities<M> {
    return new FoundEntities();
  }

  merge(into: FoundEntities<M>, part: FoundEntities<M>): void {
    into.take(part);
  }
}
