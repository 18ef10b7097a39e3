import { type AnyMapping, blamesRecord, encodeKey, type KeyTexts, keyText, type TextRow } from '@uno/domain';
import { UnoError } from '@uno/postgres';
import { type Found, Slot, type SlotPage } from './slot.js';

/** How keys become pages. */
export interface KeyPaging {
  readonly mapping: AnyMapping;
  /** Keys in one page. */
  readonly size: number;
  /** Whether a row that comes twice is computed once. */
  readonly dedupes: boolean;
  /** The rows of some keys, in their order. */
  read(keys: readonly KeyTexts[]): Promise<(TextRow | undefined)[]>;
  /** Whether reading can go on after a failure, which ends a transaction. */
  goesOn(): boolean;
}

/** Keys whose rows are read together, when the first of them is asked for and all pages before have been read. */
class KeyPage implements SlotPage {
  readonly slots: Slot[] = [];
  readonly #paging: KeyPaging;
  readonly #keys: KeyTexts[] = [];
  #previous: KeyPage | undefined;
  #loading: Promise<void> | undefined;
  /** What was found of each key. Whoever takes it keeps it, so that a page does not keep rows that are done with. */
  #found: (Found | undefined)[] | undefined;

  /** @param previous - the page before, so that the two are not read side by side, which would take connections */
  constructor(paging: KeyPaging, previous?: KeyPage) {
    this.#paging = paging;
    this.#previous = previous;
  }

  get isFull(): boolean {
    return this.slots.length >= this.#paging.size;
  }

  /** @param seen - keys that have come before, where that matters */
  add(key: unknown, index: number, seen: Set<string> | undefined): void {
    this.slots.push(this.#slotOf(key, index, seen));
  }

  load(): Promise<void> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  #slotOf(given: unknown, index: number, seen: Set<string> | undefined): Slot {
    const { mapping } = this.#paging;
    let key: KeyTexts;
    try {
      key = encodeKey(mapping, given, index);
    } catch (error) {
      if (!UnoError.is(error)) throw error;
      return new Slot(undefined, { fault: error });
    }
    if (seen !== undefined && mapping.hasTextKey) {
      const text = keyText(key);
      if (seen.has(text)) return new Slot(key, { row: undefined }, true);
      seen.add(text);
    }
    const position = this.#keys.push(key) - 1;
    return new Slot(key, () => (this.#found === undefined ? this.#later(position) : this.#take(position)));
  }

  async #later(position: number): Promise<Found> {
    await this.load();
    return this.#take(position);
  }

  #take(position: number): Found {
    const found = this.#found?.[position] ?? { row: undefined };
    if (this.#found !== undefined) this.#found[position] = undefined;
    return found;
  }

  async #load(): Promise<void> {
    await this.#previous?.load();
    this.#previous = undefined;
    this.#found = await this.#read(this.#keys);
  }

  /** One that PostgreSQL cannot take for a key fails the statement of all, and is looked for by halves. */
  async #read(keys: readonly KeyTexts[]): Promise<Found[]> {
    if (keys.length === 0) return [];
    try {
      return (await this.#paging.read(keys)).map((row) => ({ row }));
    } catch (unread) {
      if (!blamesRecord(unread) || !this.#paging.goesOn()) return keys.map(() => ({ unread }));
      if (keys.length === 1) return [{ fault: unread }];
      const middle = Math.ceil(keys.length / 2);
      return [...(await this.#read(keys.slice(0, middle))), ...(await this.#read(keys.slice(middle)))];
    }
  }
}

/** The pages of a list of keys, each of which is encoded now. */
export function keyPagesOf(paging: KeyPaging, keys: readonly unknown[]): SlotPage[] {
  const pages: KeyPage[] = [];
  const seen = paging.dedupes ? new Set<string>() : undefined;
  for (const [index, key] of keys.entries()) {
    let page = pages.at(-1);
    if (page === undefined || page.isFull) {
      page = new KeyPage(paging, page);
      pages.push(page);
    }
    page.add(key, index, seen);
  }
  return pages;
}

/**
 * The pages of keys that come one by one. Which of them have come before is known within a page only, as memory must not
 * grow with their number.
 *
 * @param next - the next key; `undefined` after the last one
 */
export async function* keyPagesFrom(
  paging: KeyPaging,
  next: () => Promise<{ readonly record: unknown } | undefined>,
): AsyncIterableIterator<SlotPage> {
  let index = 0;
  for (;;) {
    const page = new KeyPage(paging);
    const seen = paging.dedupes ? new Set<string>() : undefined;
    let key: { readonly record: unknown } | undefined;
    let failure: { readonly error: unknown } | undefined;
    while (!page.isFull) {
      key = await next().catch((error: unknown) => {
        failure = { error };
        return undefined;
      });
      if (key === undefined) break;
      page.add(key.record, index++, seen);
    }
    if (page.slots.length > 0) yield page;
    // What came before it counts as taken.
    if (failure !== undefined) throw failure.error;
    if (key === undefined) return;
  }
}
