import { describe, expect, it } from '@jest/globals';
import { column, mapEntity } from '@uno/domain';
import { type Folding, foldDuplicates } from '../../src/shapes/fold-duplicates.js';
import { WorkItem } from '../../src/shapes/work-item.js';

class Point {
  id!: number;
  x!: number | null;
  y!: number | null;
  z!: number | null;
}

const points = mapEntity(Point, {
  table: 'point',
  columns: {
    id: column.integer(),
    x: column.integer().nullable(),
    y: column.integer().nullable(),
    z: column.integer().nullable(),
  },
});

const { fields } = points;

interface Coordinates {
  readonly x?: number | null | undefined;
  readonly y?: number | null | undefined;
  readonly z?: number | null | undefined;
}

function item(index: number, key: number, values: Coordinates): WorkItem {
  return WorkItem.ofChanged(points, { ...values, id: key }, index);
}

/** Without those that are absent. */
function valuesOf(folded: WorkItem | undefined): Coordinates {
  const named = fields.map(({ property, position }) => [property, folded?.values[position]]);
  return Object.fromEntries(named.filter(([property, value]) => property !== 'id' && value !== undefined));
}

function fold(items: readonly WorkItem[], rest: Partial<Folding> = {}): WorkItem[] {
  return foldDuplicates(items, { fields, identity: ({ key }) => key, overlays: () => true, ...rest });
}

describe('foldDuplicates', () => {
  it('lets the fields that a later record has win, and keeps those that only an earlier one has', () => {
    const items = [item(0, 1, { x: 1, y: 1 }), item(1, 2, { x: 5 }), item(2, 1, { x: 2, z: 3 })];
    const [one, other, ...more] = fold(items);
    expect(valuesOf(one)).toEqual({ x: 2, y: 1, z: 3 });
    expect([one?.indices, one?.index, one?.records, one?.key]).toEqual([[0, 2], 2, 2, ['1']]);
    expect(one?.parts).toEqual([items[0], items[2]]);
    expect([other, more]).toEqual([items[1], []]);
  });

  it('does not take undefined for a value, but null', () => {
    expect(valuesOf(fold([item(0, 1, { x: 1 }), item(1, 1, { x: undefined })])[0])).toEqual({ x: 1 });
    expect(valuesOf(fold([item(0, 1, { x: 1 }), item(1, 1, { x: null })])[0])).toEqual({ x: null });
  });

  it('takes only the fields that may be overlaid from a later record', () => {
    const items = [item(0, 1, { x: 1, y: 1 }), item(1, 1, { x: 2, y: 2 })];
    expect(valuesOf(fold(items, { overlays: ({ property }) => property === 'y' })[0])).toEqual({ x: 1, y: 2 });
  });

  it('reads fields that are accessors of a class, each once', () => {
    let reads = 0;
    const moving = Object.defineProperty(Object.create(Point.prototype), 'x', { get: () => ++reads });
    const later = WorkItem.ofChanged(points, Object.assign(moving, { id: 1, y: 8 }), 1);
    expect(valuesOf(fold([item(0, 1, { x: 7, y: 7, z: 1 }), later])[0])).toEqual({ x: 1, y: 8, z: 1 });
    expect(valuesOf(fold([later, item(2, 1, { z: 2 })])[0])).toEqual({ x: 1, y: 8, z: 2 });
    expect(reads).toBe(1);
  });

  it('leaves records apart whose identity has a NULL, or none', () => {
    const items = [item(0, 1, {}), item(1, 1, {})];
    expect(fold(items, { identity: () => ['a', null] })).toHaveLength(2);
    expect(fold(items, { identity: () => undefined })).toHaveLength(2);
  });

  it('does not mistake keys for each other whose texts are only joined the same', () => {
    const items = [item(0, 1, {}), item(1, 2, {})];
    const identity = ({ key }: WorkItem) => (key?.[0] === '1' ? ['1,2', '3'] : ['1', '2,3']);
    expect(fold(items, { identity })).toHaveLength(2);
  });

  it('changes neither the records nor their values', () => {
    const record = Object.freeze({ x: 1 });
    const earlier = item(0, 1, record);
    fold([earlier, item(1, 1, { x: 2 })]);
    expect([record, valuesOf(earlier)]).toEqual([{ x: 1 }, { x: 1 }]);
    expect(valuesOf(earlier)).toEqual({ x: 1 });
  });

  it('leaves records in their places that cannot be made one', () => {
    const added = fields.filter(({ property }) => property === 'x');
    // The sum of those of key 1 is too large for an integer.
    const items = [
      item(0, 1, { x: 2 ** 31 - 1 }),
      item(1, 2, { x: 1 }),
      item(2, 1, { x: 1 }),
      item(3, 3, { x: 5 }),
      item(4, 2, { x: 2 }),
    ];
    const folded = fold(items, { added });
    expect(folded.map(({ indices }) => indices)).toEqual([[0], [1, 4], [2], [3]]);
  });

  it('makes one of a hundred thousand as of two', () => {
    const items = Array.from({ length: 100_000 }, (_, i) => item(i, 1, { x: i }));
    const [only, ...others] = fold(items);
    expect([valuesOf(only), only?.indices.length, others]).toEqual([{ x: 99_999 }, 100_000, []]);
  });
});
