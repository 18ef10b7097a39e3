import type { Awaitable, KeyTexts, TextRow } from '@uno/domain';
import type { UnoError } from '@uno/postgres';

/** What was found where a record's row should be. */
export type Found =
  | { readonly row: TextRow }
  /** There is none. */
  | { readonly row: undefined }
  /** It could not be read, and the record is at fault. */
  | { readonly fault: UnoError }
  /** It could not be read. */
  | { readonly unread: unknown };

/** A record that is to be computed, as the engine takes it from its source. */
export class Slot {
  /** The texts of its key; `undefined` if what was given is no key. */
  readonly key: KeyTexts | undefined;
  /** Whether its row is computed for an earlier record of the call already. */
  readonly isRepeated: boolean;
  readonly #found: Found | (() => Awaitable<Found>);

  /** @param found - what was found, or what finds it and is called once */
  constructor(key: KeyTexts | undefined, found: Found | (() => Awaitable<Found>), isRepeated = false) {
    this.key = key;
    this.#found = found;
    this.isRepeated = isRepeated;
  }

  /** What is known of it without reading anything. */
  get known(): Found | undefined {
    return typeof this.#found === 'function' ? undefined : this.#found;
  }

  find(): Awaitable<Found> {
    return typeof this.#found === 'function' ? this.#found() : this.#found;
  }
}

/** The records whose rows are read by one statement. */
export interface SlotPage {
  readonly slots: readonly Slot[];
  /** Reads the rows, unless they are read already. A failure is what the slots find. */
  load(): Promise<void>;
}
