import { type AnyMapping, encodeRecordKey, findRecordKey, type KeyTexts, readRecord } from '@uno/domain';

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
 * The caller's records, checked.
 *
 * @param key - whether every record has to have one
 * @throws ValidationError that names the record
 */
export function workItems(mapping: AnyMapping, records: readonly unknown[], key: 'required' | 'optional'): WorkItem[] {
  return records.map((record, index) => {
    const { values } = readRecord(mapping, record, index);
    const texts = key === 'required' ? encodeRecordKey(mapping, values, index) : findRecordKey(mapping, values);
    return { values, indices: [index], key: texts };
  });
}
