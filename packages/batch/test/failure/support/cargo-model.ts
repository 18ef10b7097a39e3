import type { RecordStatus } from '@uno/domain';
import type { CrateRow } from './yard.js';

export type Kind = 'insert' | 'update' | 'upsert' | 'delete';

/** A record as a caller gives it, well or badly made; for a delete, a key. */
export interface Cargo {
  readonly id?: number | undefined;
  readonly label?: string | null | undefined;
  readonly weight?: number | undefined;
  readonly note?: string | undefined;
  readonly dockId?: number | undefined;
  readonly unheardOf?: number | undefined;
}

/** What a call does, as far as its outcome goes. */
export interface Work {
  readonly kind: Kind;
  /** The constraint of an upsert. */
  readonly by: 'id' | 'label';
  /** How many records of the source are folded among themselves. */
  readonly foldedEvery: number;
}

interface Item {
  readonly record: Cargo;
  readonly indices: readonly number[];
  readonly parts: readonly Item[];
}

/** Whether a record is none, or lacks its key. */
function isMalformed(kind: Kind, record: Cargo): boolean {
  if (record.unheardOf !== undefined) return true;
  return (kind === 'update' || kind === 'delete') && record.id === undefined;
}

/**
 * What the documentation says of a call that leaves records out, told in the simplest way: records of one row made one;
 * then one after the other, each as if behind a savepoint of its own; of those made one, each by itself if that fails.
 */
export class CargoModel {
  readonly rows: Map<number, CrateRow>;
  readonly statuses: RecordStatus[] = [];
  readonly #sealed: ReadonlySet<number>;

  constructor(rows: readonly CrateRow[], sealed: readonly number[]) {
    this.rows = new Map(rows.map((row) => [row.id, row]));
    this.#sealed = new Set(sealed);
  }

  table(): CrateRow[] {
    return [...this.rows.values()].toSorted((a, b) => a.id - b.id);
  }

  run(work: Work, records: readonly Cargo[]): void {
    for (let start = 0; start < records.length; start += work.foldedEvery) {
      const items: Item[] = [];
      for (const [offset, record] of records.slice(start, start + work.foldedEvery).entries()) {
        const index = start + offset;
        const isUnfindable = work.kind === 'upsert' && record[work.by] === undefined;
        if (isMalformed(work.kind, record) || isUnfindable) this.statuses[index] = 'failed';
        else items.push({ record, indices: [index], parts: [] });
      }
      for (const item of folded(work, items)) this.#item(work, item);
    }
  }

  #item(work: Work, item: Item): void {
    const status = this.#apply(work, item.record);
    if (status === undefined) {
      if (item.parts.length === 0) for (const index of item.indices) this.statuses[index] = 'failed';
      for (const part of item.parts) this.#item(work, part);
      return;
    }
    const whose = work.kind === 'delete' ? item.indices[0] : item.indices.at(-1);
    for (const index of item.indices) {
      this.statuses[index] = work.kind === 'update' || index === whose ? status : 'skipped';
    }
  }

  /** What becomes of the row; `undefined` if it is refused. */
  #apply({ kind, by }: Work, record: Cargo): RecordStatus | undefined {
    const { id = -1 } = record;
    const own = this.rows.get(id);
    if (kind === 'delete') {
      if (own === undefined) return 'skipped';
      return !this.#sealed.has(id) && this.rows.delete(id) ? 'deleted' : undefined;
    }
    if (kind === 'update') {
      if (record.note !== undefined && record.note.length > 8) return undefined;
      return own === undefined ? 'skipped' : this.#replace(own, { ...own, ...said(record) });
    }
    if (record.weight === undefined || record.weight === 13) return undefined;
    const found = kind === 'insert' ? undefined : this.#found(by, record);
    if (found === undefined) {
      const fresh: CrateRow = { label: null, weight: 0, note: 'none', dockId: 1, ...said(record), id };
      return own === undefined ? this.#put(fresh, undefined) && 'inserted' : undefined;
    }
    const next = { ...found, ...said(record), id: found.id };
    if (next.note.length > 8) return undefined;
    return this.#replace(found, next);
  }

  #replace(row: CrateRow, next: CrateRow): RecordStatus | undefined {
    const isSame = (Object.keys(next) as (keyof CrateRow)[]).every((name) => next[name] === row[name]);
    return isSame ? 'unchanged' : this.#put(next, row) && 'updated';
  }

  #found(by: 'id' | 'label', record: Cargo): CrateRow | undefined {
    const wanted = record[by];
    return wanted === null ? undefined : this.table().find((row) => row[by] === wanted);
  }

  /** Stores a row if the table's constraints let it. */
  #put(row: CrateRow, before: CrateRow | undefined): true | undefined {
    const others = [...this.rows.values()].filter((other) => other !== before);
    const isTaken = row.label !== null && others.some(({ label }) => label === row.label);
    if (isTaken || row.weight === 13 || row.note.length > 8 || row.dockId > 3) return undefined;
    this.rows.set(row.id, row);
    return true;
  }
}

/** What a record says of a row. */
function said(record: Cargo): Partial<CrateRow> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

function folded({ kind, by }: Work, items: readonly Item[]): Item[] {
  if (kind === 'insert') return [...items];
  const found = new Map<unknown, Item>();
  for (const item of items) {
    const value = item.record[kind === 'upsert' ? by : 'id'];
    const key = value === null ? Symbol() : value;
    const earlier = found.get(key);
    found.set(key, earlier === undefined ? item : merged(kind, earlier, item));
  }
  return [...found.values()];
}

function merged(kind: Kind, earlier: Item, later: Item): Item {
  return {
    // A row keeps its key.
    record: kind === 'delete' ? earlier.record : { ...earlier.record, ...said(later.record), id: earlier.record.id },
    indices: [...earlier.indices, ...later.indices],
    parts: [...(earlier.parts.length > 0 ? earlier.parts : [earlier]), later],
  };
}
