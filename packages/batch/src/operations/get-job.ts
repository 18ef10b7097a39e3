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
} from '@uno/domain';
import type { Account, BatchJob, Prepared, Verdict, Workspace } from '../engine/batch-job.js';
import type { ChunkReport, Entry } from '../engine/chunk.js';
import { keyArrays } from '../statements/column-arrays.js';
import { findRows } from '../statements/key-statements.js';
import type { ReadSession } from '../workspace/read-workspace.js';

/** A key that is looked for. */
export interface KeyItem {
  readonly index: number;
  readonly key: KeyTexts;
}

/** What was found of some keys, in their order. */
type Found<M extends AnyMapping> = readonly (Loaded<M> | undefined)[];

/** What was found, in the order of the keys. */
export class FoundEntities<M extends AnyMapping> implements Account<KeyItem, Found<M>> {
  readonly written = new IndexRanges();
  readonly failures: readonly FailedRecord[] = [];
  readonly failed = 0;
  readonly skipped = 0;
  readonly individually = 0;
  readonly entities: (Loaded<M> | undefined)[] = [];
  #processed = 0;

  get processed(): number {
    return this.#processed;
  }

  add({ pieces }: ChunkReport<KeyItem, Found<M>>): void {
    for (const { items, value } of pieces) {
      items.forEach(({ index }, i) => {
        this.entities[index] = value[i];
      });
      this.#processed += items.length;
    }
  }

  take(part: FoundEntities<M>): void {
    part.entities.forEach((entity, index) => {
      this.entities[index] = entity;
    });
    this.#processed += part.#processed;
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

  /** Nothing is undone after a read that failed, so nothing is tried in smaller pieces. */
  judge(): Verdict {
    return 'call';
  }

  newAccount(): FoundEntities<M> {
    return new FoundEntities();
  }

  merge(into: FoundEntities<M>, part: FoundEntities<M>): void {
    into.take(part);
  }
}
