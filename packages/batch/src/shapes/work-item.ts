import { type AnyMapping, encodeRecordKey, findRecordKey, type KeyTexts, readNewRecord, readRecord } from '@uno/domain';

/** One record to be written, standing for one or more records of the caller's input. */
export interface WorkItem {
  /** The values by property; of several records with one key, the later ones over the earlier. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Positions in the caller's input of the records that it stands for, ascending. */
  readonly indices: readonly number[];
  /** The key's text, where the record has one. */
  readonly key: KeyTexts | undefined;
}

/** The position that an item is called by in errors: the last one that it stands for. */
export function indexOf(item: WorkItem): number {
  return item.indices.at(-1) ?? 0;
}

/**
 * Records to be inserted, checked; they may have a key.
 *
 * @throws ValidationError that names the record
 */
export function newItems(mapping: AnyMapping, records: readonly unknown[]): WorkItem[] {
  return records.map((record, index) => {
    const { values } = readNewRecord(mapping, record, index);
    return { values, indices: [index], key: findRecordKey(mapping, values) };
  });
}

/**
 * Records to be updated, checked to have a key.
 *
 * @throws ValidationError that names the record
 */
export function changedItems(mapping: AnyMapping, records: readonly unknown[]): WorkItem[] {
  return records.map((record, index) => {
    const { values } = readRecord(mapping, record, index);
    return { values, indices: [index], key: encodeRecordKey(mapping, values, index) };
  });
}
