import { plannedFields, type UpdatePlan } from '@uno/domain';
import type { WorkItem } from '../shapes/work-item.js';
import { type ParkedColumn, spareValue } from '../statements/parking.js';
import type { RowByRowIndex, UniqueColumn, UniqueFacts } from '../statements/unique-facts.js';

/** Rows that get the same columns set for the moment. */
export interface Parking {
  readonly columns: readonly ParkedColumn[];
  readonly items: readonly WorkItem[];
}

/** Items whose rows have values that others want, and in which indexes. */
export type Held = ReadonlyMap<WorkItem, ReadonlySet<RowByRowIndex>>;

/**
 * NULL first, which no index takes for equal unless it says so, which no foreign key checks and which any type has. Then
 * values at either end of the type: a CHECK may allow only numbers above zero, or only letters.
 */
const ways = ['null', 'low', 'high'] as const;
type Way = (typeof ways)[number];

/** The ways in which the rows can get out of each other's way, the best one first; none where a row has no way. */
export function parkingWays(plan: UpdatePlan, facts: UniqueFacts, held: Held): Parking[][] {
  const known = new Set<string>();
  return ways.flatMap((way) => {
    const parkings = parkingsOf(plan, facts, held, way);
    const text = JSON.stringify(parkings?.map(({ columns, items }) => [columns, items.length]));
    if (parkings === undefined || known.has(text)) return [];
    known.add(text);
    return [parkings];
  });
}

function parkingsOf(plan: UpdatePlan, { columns: facts }: UniqueFacts, held: Held, way: Way): Parking[] | undefined {
  const parkings = new Map<string, { readonly columns: readonly ParkedColumn[]; readonly items: WorkItem[] }>();
  for (const [item, indexes] of held) {
    const written = plannedFields(plan, { values: item.values, index: item.index });
    // What is added to would be lost.
    const names = written.filter((field) => !plan.added.includes(field)).map(({ column }) => column);
    const columns = new Map<string, string>();
    for (const index of indexes) {
      const parked = columnFor(index, names, facts, way);
      if (parked === undefined) return undefined;
      columns.set(parked.column, parked.value);
    }
    const list = [...columns].map(([column, value]) => ({ column, value }));
    const text = JSON.stringify(list);
    const parking = parkings.get(text);
    if (parking === undefined) parkings.set(text, { columns: list, items: [item] });
    else parking.items.push(item);
  }
  return [...parkings.values()];
}

function columnFor(
  index: RowByRowIndex,
  written: readonly string[],
  facts: UniqueFacts['columns'],
  way: Way,
): ParkedColumn | undefined {
  const plain = written.filter((column) => index.columns.includes(column));
  // Of an index over expressions, the columns in those.
  const candidates = plain.length > 0 ? plain : written.filter((column) => index.uses.includes(column));
  const known = candidates.flatMap((column) => facts.get(column) ?? []);
  const nullable = index.nullsNotDistinct || way !== 'null' ? undefined : known.find(({ isNullable }) => isNullable);
  if (nullable !== undefined) return { column: nullable.name, value: 'null' };
  for (const column of known) {
    const value = spareOf(column, way);
    if (value !== undefined) return { column: column.name, value };
  }
  return undefined;
}

function spareOf(column: UniqueColumn, way: Way): string | undefined {
  return spareValue(column, way === 'high' ? 'high' : 'low');
}
