import { type AnyMapping, keyText } from '@uno/domain';
import type { ConstraintError } from '@uno/postgres';
import type { Prepared } from '../engine/batch-job.js';
import type { ChunkSource } from '../engine/chunk.js';
import type { WorkItem } from '../shapes/work-item.js';
import type { WriteSession } from '../workspace/write-session.js';
import type { Written } from './write-account.js';

type Chunks = ChunkSource<WorkItem, Prepared<WriteSession, Written>>;

/** The items of a call by their keys, and in which chunk they are. */
interface Places {
  readonly byKey: ReadonlyMap<string, { readonly item: WorkItem; readonly chunk: number }>;
  readonly chunkOf: ReadonlyMap<number, number>;
}

/**
 * Records whose turn in the transaction of the call has not come yet, and whose rows can be set aside until then. They are
 * listed when they are asked for, which takes memory for all records of the call. Closed, there are none.
 */
export class LaterRecords {
  #chunks: Chunks | undefined;
  #places: Places | undefined;
  /** Keys of rows that are set aside, and why. */
  readonly #aside = new Map<string, ConstraintError>();
  /** Those of them that have been written. */
  readonly #written = new Set<string>();

  /**
   * Another transaction begins, and with it all chunks.
   *
   * @param skips - whether a record may be left out, which would leave its row as it is set aside
   */
  begin(mapping: AnyMapping, chunks: Chunks, skips: boolean): void {
    const isOpen = chunks.isAtHand && !chunks.isSingle && !skips && mapping.hasTextKey;
    this.#chunks = isOpen ? chunks : undefined;
    this.#places = undefined;
    this.#aside.clear();
    this.#written.clear();
  }

  get isOpen(): boolean {
    return this.#chunks !== undefined;
  }

  /** The record of a key, if its chunk comes after the one of an item. */
  async find(key: string, item: WorkItem): Promise<WorkItem | undefined> {
    if (this.#chunks === undefined) return undefined;
    this.#places ??= await placesIn(this.#chunks);
    const now = this.#places.chunkOf.get(item.index);
    const place = this.#places.byKey.get(key);
    return place !== undefined && now !== undefined && place.chunk > now ? place.item : undefined;
  }

  /** Whether rows are set aside, so that every item has to be settled. */
  get isAside(): boolean {
    return this.#aside.size > 0;
  }

  setAside(items: Iterable<WorkItem>, refused: ConstraintError): void {
    for (const { key = [] } of items) this.#aside.set(keyText(key), refused);
  }

  /**
   * What became of an item whose turn has come.
   *
   * @throws ConstraintError when its row was set aside, and is not written
   */
  settle(item: WorkItem, isWritten: boolean): void {
    // Its key may have to be made.
    if (this.#aside.size === 0) return;
    const text = keyText(item.key ?? []);
    const refused = this.#aside.get(text);
    if (refused === undefined) return;
    if (!isWritten) throw refused;
    this.#written.add(text);
  }

  /**
   * Makes sure that no row stays as it is set aside, as when the list of the caller was changed meanwhile.
   *
   * @throws ConstraintError
   */
  check(): void {
    for (const [key, refused] of this.#aside) if (!this.#written.has(key)) throw refused;
  }
}

async function placesIn(chunks: Chunks): Promise<Places> {
  const byKey = new Map<string, { readonly item: WorkItem; readonly chunk: number }>();
  const chunkOf = new Map<number, number>();
  for await (const { number, items } of chunks.chunks()) {
    for (const item of items) {
      const text = keyText(item.key ?? []);
      // Of several records of a row the first one has to find it as it is.
      if (!byKey.has(text)) byKey.set(text, { item, chunk: number });
      chunkOf.set(item.index, number);
    }
  }
  return { byKey, chunkOf };
}
