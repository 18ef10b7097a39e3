import type { AnyMapping, Field, KeyTexts, TextRow } from '@uno/domain';
import { ConfigError } from '@uno/postgres';
import { Slot, type SlotPage } from './slot.js';

/** How a table is read page by page. */
export interface RowPaging {
  readonly mapping: AnyMapping;
  /** The columns of the rows, in their order; the key is among them. */
  readonly columns: readonly Field[];
  /** Rows in one page. */
  readonly size: number;
  /**
   * The first rows of which the key is greater than `after`, in the order of the key.
   *
   * @param after - `undefined` for the very first ones
   */
  read(after: KeyTexts | undefined): Promise<readonly TextRow[]>;
}

/** The pages of a table, by the key. A page that cannot be read is the last one, and has one slot that says why. */
export async function* rowPages(paging: RowPaging): AsyncIterableIterator<SlotPage> {
  let after: KeyTexts | undefined;
  for (;;) {
    let slots: readonly Slot[];
    try {
      slots = (await paging.read(after)).map((row) => slotOf(paging, row));
    } catch (unread) {
      yield pageOf([new Slot(undefined, { unread })]);
      return;
    }
    if (slots.length > 0) yield pageOf(slots);
    if (slots.length < paging.size) return;
    after = slots.at(-1)?.key;
  }
}

function pageOf(slots: readonly Slot[]): SlotPage {
  return { slots, load: async () => undefined };
}

function slotOf({ mapping, columns }: RowPaging, row: TextRow): Slot {
  const key = mapping.keyFields.map((field) => keyPart(mapping, field, row[columns.indexOf(field)]));
  return new Slot(key, { row });
}

/** Nothing is greater than NULL, so that rows would be passed over in silence: a view may have such keys. */
function keyPart(mapping: AnyMapping, { property }: Field, text: string | null | undefined): string {
  if (typeof text === 'string') return text;
  throw new ConfigError(
    `${mapping.name} has a row whose ${property} is NULL, and so cannot be read in the order of its key.`,
  );
}
