import {
  type AnyMapping,
  encodeField,
  EndOfCall,
  keyText,
  StaleEntityError,
  type StaleVersion,
  type UpdatePlan,
} from '@uno/domain';
import type { WorkItem } from '../shapes/work-item.js';
import type { FailedItem } from './write-account.js';

/** An item whose row has another version than it has itself. */
export interface StaleItem {
  readonly item: WorkItem;
  /** The version of the row; `undefined` where there is none. */
  readonly actual: string | null | undefined;
}

/**
 * Stale items as failures, each by itself, in the order of their records: the statement has not touched their rows.
 *
 * @throws EndOfCall at the first one, with all of them, where records are not left out
 */
export function failedBy(
  mapping: AnyMapping,
  { version }: UpdatePlan,
  stale: readonly StaleItem[],
  skips: boolean,
): FailedItem[] | undefined {
  if (version === undefined || stale.length === 0) return undefined;
  const all = stale
    .toSorted((one, other) => one.item.index - other.item.index)
    .map(({ item, actual }) => {
      const expected = encodeField(mapping, version, item.values[version.position] ?? null, item.index);
      const said: StaleVersion = { key: keyText(item.key ?? []), expected: String(expected), actual };
      return { item, said };
    });
  const [first] = all;
  if (first !== undefined && !skips) {
    const versions = all.map(({ said }) => said);
    throw new EndOfCall(
      { index: first.item.index, key: first.said.key },
      StaleEntityError.ofVersions(mapping.name, versions),
    );
  }
  return all.map(({ item, said }) => ({ item, error: StaleEntityError.ofVersions(mapping.name, [said]) }));
}
