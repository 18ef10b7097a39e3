import { type AnyMapping, encodeRecordKey, findRecordKey, type KeyTexts, readNewRecord, readRecord } from '@uno/domain';

/** One record to be written, standing for one or more records of the caller's input. */
export interface WorkItem {
  /** The values by property; of several records with one key, the later ones over the earlier. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Positions in the caller's input of the records that it stands for, ascending. */
  readonly indices: readonly number[];
  /** The key's text, where the record has one. */
  readonly key: KeyTexts | undefined;
  /** The items that it was folded from, in their order; `undefined` for the item of one record. */
  readonly parts?: readonly WorkItem[] | undefined;
}

/** The position that an item is called by in errors: the last one that it stands for. */
export function indexOf(item: WorkItem): number {
  return item.indices.at(-1) ?? 0;
}

/**
 * A record to be inserted, checked; it may have a key.
 *
 * @throws ValidationError that names the record
 */
export function newItem(mapping: AnyMapping, record: unknown, index: number): WorkItem {
  const { values } = readNewRecord(mapping, record, index);
  return { values, indices: [index], key: findRecordKey(mapping, values) };
}

/**
 * A record to be updated, checked to have a key.
 *
 * @throws ValidationError that names the record
 */
export function changedItem(mapping: AnyMapping, record: unknown, index: number): WorkItem {
  const { values } = readRecord(mapping, record, index);
  return { values, indices: [index], key: encodeRecordKey(mapping, values, index) };
}
