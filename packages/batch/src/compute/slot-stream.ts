import { prefetch } from '../engine/prefetch.js';
import type { Slot, SlotPage } from './slot.js';

/** What {@link slotStream} makes a stream of. */
export interface SlotStreamOptions {
  readonly pages: AsyncIterable<SlotPage>;
  /** Whether the next page is read while somebody is busy with one. */
  readonly ahead: boolean;
  /** Whether pages are read at all. */
  readonly loads: boolean;
}

/** The records of pages, one after the other. */
export async function* slotStream({ pages, ahead, loads }: SlotStreamOptions): AsyncIterableIterator<Slot> {
  const loaded = loads ? eachLoaded(pages) : pages;
  for await (const page of ahead ? prefetch(loaded, 1, false) : loaded) yield* page.slots;
}

async function* eachLoaded(pages: AsyncIterable<SlotPage>): AsyncIterable<SlotPage> {
  for await (const page of pages) {
    await page.load();
    yield page;
  }
}
