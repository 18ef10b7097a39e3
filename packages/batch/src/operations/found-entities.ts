import {
  type AnyMapping,
  type FailedRecord,
  hydrateLoaded,
  IndexRanges,
  type KeyTexts,
  keyOfRow,
  keyText,
  type Loaded,
  type TextRow,
} from '@uno/domain';
import type { Account } from '../engine/batch-job.js';
import type { ChunkReport } from '../engine/chunk.js';
import { parseRow } from '../statements/row-text.js';

/** A key that is looked for. */
export interface KeyItem {
  readonly index: number;
  readonly key: KeyTexts;
}

/** What was found of some keys: rows as texts, to be told apart by their keys; or a row for each of the keys. */
export type Found = { readonly texts: readonly string[] } | { readonly rows: readonly (TextRow | undefined)[] };

interface Part {
  readonly items: readonly KeyItem[];
  readonly found: Found;
}

/** What was found. Entities are made of rows while the server is busy with the next ones. */
export class FoundEntities<M extends AnyMapping> implements Account<KeyItem, Found> {
  readonly written = new IndexRanges();
  readonly failures: readonly FailedRecord[] = [];
  readonly failed = 0;
  readonly skipped = 0;
  individually = 0;
  readonly #mapping: M;
  readonly #waiting: Part[] = [];
  readonly #entities: (Loaded<M> | undefined)[] = [];
  #processed = 0;

  constructor(mapping: M) {
    this.#mapping = mapping;
  }

  get processed(): number {
    return this.#processed;
  }

  /**
   * In the order of the keys.
   *
   * @throws ValidationError, CallbackError when a row cannot be made an entity
   */
  entities(): (Loaded<M> | undefined)[] {
    this.catchUp();
    return Array.from({ length: this.#processed }, (_, i) => this.#entities[i]);
  }

  add({ pieces, individually }: ChunkReport<KeyItem, Found>): void {
    this.individually += individually;
    for (const { items, value } of pieces) {
      this.#waiting.push({ items, found: value });
      this.#processed += items.length;
    }
  }

  take(part: FoundEntities<M>): void {
    part.#entities.forEach((entity, index) => {
      this.#entities[index] = entity;
    });
    for (const one of part.#waiting) this.#waiting.push(one);
    this.#processed += part.#processed;
    this.individually += part.individually;
  }

  catchUp(): void {
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined) return;
      this.#make(next);
      this.#waiting.shift();
    }
  }

  #make({ items, found }: Part): void {
    if ('rows' in found) {
      for (const [i, { index }] of items.entries()) {
        const row = found.rows[i];
        if (row !== undefined) this.#entities[index] = hydrateLoaded(this.#mapping, row);
      }
      return;
    }
    const byKey = new Map<string, number | number[]>();
    for (const { index, key } of items) note(byKey, keyText(key), index);
    for (const text of found.texts) {
      const row = parseRow(this.#mapping, text);
      const indices = byKey.get(keyText(keyOfRow(this.#mapping, row)));
      // Of a key that comes twice, each gets an entity of its own.
      for (const index of typeof indices === 'number' ? [indices] : (indices ?? [])) {
        this.#entities[index] = hydrateLoaded(this.#mapping, row);
      }
    }
  }
}

function note(byKey: Map<string, number | number[]>, text: string, index: number): void {
  const known = byKey.get(text);
  if (known === undefined) byKey.set(text, index);
  else if (typeof known === 'number') byKey.set(text, [known, index]);
  else known.push(index);
}
