import {
  type AnyMapping,
  type FailedRecord,
  hydrateLoaded,
  type Identity,
  IndexRanges,
  keyOfRow,
  keyText,
  type Loaded,
  type TextRow,
} from '@uno/domain';
import type { Account } from '../engine/batch-job.js';
import type { ChunkReport } from '../engine/chunk.js';
import type { WorkItem } from '../shapes/work-item.js';
import { parseRow } from '../statements/row-text.js';

/** What was found of some keys: rows as texts, to be told apart by their keys; or a row for each of the keys. */
export type Found = { readonly texts: readonly string[] } | { readonly rows: readonly (TextRow | undefined)[] };

interface Part {
  readonly items: readonly WorkItem[];
  readonly found: Found;
}

/** What was found. Entities are made of rows while the server is busy with the next ones. */
export class FoundEntities<M extends AnyMapping> implements Account<WorkItem, Found> {
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

  add({ pieces, individually }: ChunkReport<WorkItem, Found>): void {
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
    const { soleKeyField } = this.#mapping;
    const areNumbers = items.every(({ keyNumber }) => keyNumber !== undefined);
    const byKey = new Map<Identity, number | number[]>();
    for (const item of items) note(byKey, areNumbers ? (item.keyNumber ?? 0) : keyText(item.key ?? []), item.index);
    for (const text of found.texts) {
      const row = parseRow(this.#mapping, text);
      const key =
        areNumbers && soleKeyField !== undefined
          ? Number(row[soleKeyField.position])
          : keyText(keyOfRow(this.#mapping, row));
      const indices = byKey.get(key);
      if (typeof indices === 'number') this.#entities[indices] = hydrateLoaded(this.#mapping, row);
      // Of a key that comes twice, each gets an entity of its own.
      else for (const index of indices ?? []) this.#entities[index] = hydrateLoaded(this.#mapping, row);
    }
  }
}

function note(byKey: Map<Identity, number | number[]>, key: Identity, index: number): void {
  const known = byKey.get(key);
  if (known === undefined) byKey.set(key, index);
  else if (typeof known === 'number') byKey.set(key, [known, index]);
  else known.push(index);
}
