import type { AnyMapping } from '@uno/domain';
import type { RawBuilder } from 'kysely';
import type { EngineCall } from '../engine/engine-call.js';
import { type BatchSource, openSource } from '../source/batch-source.js';
import { endAt } from './computation.js';
import type { ComputeSource } from './compute-types.js';
import { type KeyPaging, keyPagesFrom, keyPagesOf } from './key-pages.js';
import { rowPages } from './row-pages.js';
import type { RowReader } from './row-reader.js';
import type { Slot } from './slot.js';
import { slotStream } from './slot-stream.js';

/** What the records of a call are made of. */
export interface SlotSourceOptions<M extends AnyMapping> {
  readonly mapping: M;
  readonly source: ComputeSource<M>;
  /** What the filter of the source says. */
  readonly condition: RawBuilder<unknown>;
  readonly call: EngineCall;
  readonly reader: RowReader;
  /** Whether something is written: then a row that comes twice is computed once. */
  readonly writes: boolean;
  /** Whether the rows are read later on, when they are locked. */
  readonly locks: boolean;
}

/** Records that are to be computed, and how to say that no more are wanted. */
export interface SlotSource {
  /** A list where the records are done in one transaction, which can be repeated with all of them then. */
  readonly slots: BatchSource<Slot>;
  /** @throws EndOfCall when one of the keys of a list is none, and such records are not left out */
  requireKeys(): void;
  /** Lets the source of the keys know that no more are wanted, even while one is being waited for. */
  close(): void;
}

/** How many rows are read at a time. */
export function pageSize({ strategy, batchSize }: Pick<EngineCall, 'strategy' | 'batchSize'>): number {
  return strategy === 'single_query' ? Number.POSITIVE_INFINITY : batchSize;
}

/** The records of a call. A page of them is a chunk, so that no more rows are in memory than chunks. */
export function slotSource<M extends AnyMapping>(options: SlotSourceOptions<M>): SlotSource {
  const { source, call, locks, writes } = options;
  const size = pageSize(call);
  const ahead = call.strategy === 'pipelined';
  const nothing = () => undefined;
  if (source.keys === undefined) {
    const slots = slotStream({ pages: pagesOfTable(options, size), ahead, loads: false });
    return { slots, requireKeys: nothing, close: nothing };
  }
  const paging = keyPaging(options, size);
  const keys = openSource('batchCompute', source.keys);
  const close = () => keys.close();
  if (keys.list === undefined) {
    const pages = keyPagesFrom(paging, () => keys.next());
    return { slots: slotStream({ pages, ahead, loads: !locks }), requireKeys: nothing, close };
  }
  const pages = keyPagesOf(paging, keys.list);
  const slots = pages.flatMap((page) => page.slots);
  const requireKeys = () => checkKeys(slots, call.skips);
  if (writes && !call.byChunk) return { slots, requireKeys, close };
  return { slots: slotStream({ pages: each(pages), ahead, loads: !locks }), requireKeys, close };
}

/** @throws EndOfCall for the first one whose key is none, where such records are not left out */
export function checkKeys(slots: readonly Slot[], skips: boolean): void {
  if (skips) return;
  for (const [index, { known, key }] of slots.entries()) {
    if (known !== undefined && 'fault' in known) throw endAt({ index, key }, known.fault);
  }
}

function keyPaging<M extends AnyMapping>({ mapping, reader, writes }: SlotSourceOptions<M>, size: number): KeyPaging {
  return { mapping, size, dedupes: writes, read: (keys) => reader.byKey(keys), goesOn: () => reader.isFree };
}

function pagesOfTable<M extends AnyMapping>(
  { mapping, reader, condition, locks }: SlotSourceOptions<M>,
  size: number,
): ReturnType<typeof rowPages> {
  const columns = locks ? mapping.keyFields : mapping.fields;
  return rowPages({ mapping, columns, size, read: (after) => reader.page(columns, condition, after, size) });
}

async function* each<T>(values: readonly T[]): AsyncIterable<T> {
  yield* values;
}
