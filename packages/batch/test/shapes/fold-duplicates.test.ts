import { describe, expect, it } from '@jest/globals';
import { column, mapEntity } from '@uno/domain';
import { type Folding, foldDuplicates } from '../../src/shapes/fold-duplicates.js';
import type { WorkItem } from '../../src/shapes/work-item.js';

class Point {
  id!: number;
  x!: number | null;
  y!: number | null;
  z!: number | null;
}

const { fields } = mapEntity(Point, {
  table: 'point',
  columns: {
    id: column.integer(),
    x: column.integer().nullable(),
    y: column.integer().nullable(),
    z: column.integer().nullable(),
  },
});

function item(index: number, key: string, values: Record<string, unknown>): WorkItem {
  return { values, indices: [index], key: [key] };
}

function fold(items: readonly WorkItem[], rest: Partial<Folding> = {}): WorkItem[] {
  return foldDuplicates(items, { fields, identity: ({ key }) => key, overlays: () => true, ...rest });
}

describe('foldDuplicates', () => {
  it('lets the fields that a later record has win, and keeps those that only an earlier one has', () => {
    const items = [item(0, 'a', { x: 1, y: 1 }), item(1, 'b', { x: 5 }), item(2, 'a', { x: 2, z: 3 })];
    expect(fold(items)).toEqual([
      { values: { x: 2, y: 1, z: 3 }, indices: [0, 2], key: ['a'], parts: [items[0], items[2]] },
      item(1, 'b', { x: 5 }),
    ]);
  });

  it('does not take undefined for a value, but null', () => {
    expect(fold([item(0, 'a', { x: 1 }), item(1, 'a', { x: undefined })])[0]?.values).toEqual({ x: 1 });
    expect(fold([item(0, 'a', { x: 1 }), item(1, 'a', { x: null })])[0]?.values).toEqual({ x: null });
  });

  it('takes only the fields that may be overlaid from a later record', () => {
    const items = [item(0, 'a', { x: 1, y: 1 }), item(1, 'a', { x: 2, y: 2 })];
    expect(fold(items, { overlays: ({ property }) => property === 'y' })[0]?.values).toEqual({ x: 1, y: 2 });
  });

  it('reads fields that are accessors, of a class or an object', () => {
    const values = Object.create({
      get x() {
        return 7;
      },
      get y() {
        return 8;
      },
    });
    const later: WorkItem = { values, indices: [1], key: ['a'] };
    expect(fold([item(0, 'a', { x: 1, y: 1, z: 1 }), later])[0]?.values).toEqual({ x: 7, y: 8, z: 1 });
    expect(fold([later, item(2, 'a', { z: 2 })])[0]?.values).toEqual({ x: 7, y: 8, z: 2 });
  });

  it('leaves records apart whose identity has a NULL, or none', () => {
    const items = [item(0, 'a', {}), item(1, 'a', {})];
    expect(fold(items, { identity: () => ['a', null] })).toHaveLength(2);
    expect(fold(items, { identity: () => undefined })).toHaveLength(2);
  });

  it('does not mistake keys for each other whose texts are only joined the same', () => {
    const items = [item(0, 'a', {}), item(1, 'b', {})];
    const identity = ({ key }: WorkItem) => (key?.[0] === 'a' ? ['1,2', '3'] : ['1', '2,3']);
    expect(fold(items, { identity })).toHaveLength(2);
  });

  it('changes neither the records nor their values', () => {
    const first = Object.freeze(item(0, 'a', Object.freeze({ x: 1 })));
    fold([first, item(1, 'a', { x: 2 })]);
    expect(first.values).toEqual({ x: 1 });
  });

  it('makes one of a hundred thousand as of two', () => {
    const items = Array.from({ length: 100_000 }, (_, i) => item(i, 'a', { x: i }));
    const [only, ...others] = fold(items);
    expect([only?.values, only?.indices.length, others]).toEqual([{ x: 99_999 }, 100_000, []]);
  });
});
