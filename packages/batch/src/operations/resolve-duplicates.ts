import {
  type AnyMapping,
  CallbackError,
  DuplicateRecordError,
  EndOfCall,
  type FailedRecord,
  keyText,
} from '@uno/domain';
import { UnoError, ValidationError } from '@uno/postgres';
import type { Resolved } from '../engine/chunk.js';
import { WorkItem } from '../shapes/work-item.js';
import type { Duplicates } from './upsert-plan.js';

/** How the records of one row are made one. */
export interface Resolution {
  readonly mapping: AnyMapping;
  readonly duplicates: Duplicates;
  /** Whether a record at fault is left out. */
  readonly skips: boolean;
  /** Whether it can be told by the values of a record which row it means, and by these it is another one. */
  isOther(one: WorkItem, other: WorkItem): boolean;
}

/**
 * Decides which of the records that mean one row counts.
 *
 * @param first - by each record that is not the first of its row, the one that is
 * @throws EndOfCall for the first record that repeats another one under `error`, or whose merging fails, where such records
 *   are not left out
 */
export function resolveDuplicates(
  resolution: Resolution,
  items: readonly WorkItem[],
  first: ReadonlyMap<WorkItem, WorkItem>,
): Resolved<WorkItem> {
  const { mapping, duplicates, skips } = resolution;
  if (first.size === 0) return { items, refused: [] };
  const refused: FailedRecord[] = [];
  const groups = new Map<WorkItem, [WorkItem, ...WorkItem[]]>();
  const merged = new Map<WorkItem, WorkItem>();
  for (const item of items) {
    const earliest = first.get(item) ?? item;
    const group = groups.get(earliest);
    if (group === undefined) {
      groups.set(item, [item]);
      continue;
    }
    try {
      if (duplicates === 'error') throw new DuplicateRecordError(mapping.name, item.index, earliest.index);
      if (typeof duplicates === 'function') {
        merged.set(earliest, merge(resolution, merged.get(earliest) ?? earliest, item, duplicates));
      }
      group.push(item);
    } catch (error) {
      if (!UnoError.is(error)) throw error;
      const failure = { index: item.index, key: item.key && keyText(item.key) };
      if (!skips) throw new EndOfCall(failure, error);
      refused.push({ ...failure, status: 'failed', error });
    }
  }
  const resolved = [...groups].map(([earliest, group]) => {
    if (group.length === 1) return earliest;
    const { values, index } = merged.get(earliest) ?? earliest;
    return WorkItem.ofParts(values, group, index);
  });
  return { items: resolved, refused };
}

/** The later one, as it is to be written. */
function merge(
  { mapping, isOther }: Resolution,
  earlier: WorkItem,
  later: WorkItem,
  duplicates: (earlier: object, later: object) => unknown,
): WorkItem {
  let record: unknown;
  try {
    record = duplicates(recordOf(mapping, earlier), recordOf(mapping, later));
  } catch (cause) {
    throw new CallbackError('duplicates', cause);
  }
  const { index } = later;
  const one = WorkItem.ofNew(mapping, record, index);
  if (!isOther(earlier, one)) return one;
  throw new ValidationError(
    `${mapping.name} record ${index}: what the duplicates function made of it means another row.`,
    {
      index,
    },
  );
}

function recordOf({ fields }: AnyMapping, { values }: WorkItem): object {
  const given = fields.filter(({ insertMode, position }) => insertMode !== 'never' && values[position] !== undefined);
  return Object.fromEntries(given.map(({ property, position }) => [property, values[position]]));
}
