import { describe, expect, it } from '@jest/globals';
import { foldDuplicates } from '../../src/shapes/fold-duplicates.js';
import type { WorkItem } from '../../src/shapes/work-item.js';

function item(index: number, key: string, values: Record<string, unknown>): WorkItem {
  return { values, indices: [index], key: [key] };
}

describe('foldDuplicates', () => {
  it('lets the fields that a later record has win, and keeps those that only an earlier one has', () => {
    const items = [item(0, 'a', { x: 1, y: 1 }), item(1, 'b', { x: 5 }), item(2, 'a', { x: 2, z: 3 })];
    expect(
      foldDuplicates(
        items,
        ({ key }) => key,
        () => true,
      ),
    ).toEqual([
      { values: { x: 2, y: 1, z: 3 }, indices: [0, 2], key: ['a'], parts: [items[0], items[2]] },
      item(1, 'b', { x: 5 }),
    ]);
  });

  it('does not take undefined for a value', () => {
    const items = [item(0, 'a', { x: 1 }), item(1, 'a', { x: undefined })];
    expect(
      foldDuplicates(
        items,
        ({ key }) => key,
        () => true,
      )[0]?.values,
    ).toEqual({ x: 1 });
  });

  it('takes only the fields that may be overlaid from a later record', () => {
    const items = [item(0, 'a', { x: 1, y: 1 }), item(1, 'a', { x: 2, y: 2 })];
    expect(
      foldDuplicates(
        items,
        ({ key }) => key,
        (property) => property === 'y',
      )[0]?.values,
    ).toEqual({ x: 1, y: 2 });
  });

  it('leaves records apart whose identity has a NULL, or none', () => {
    const items = [item(0, 'a', {}), item(1, 'a', {})];
    expect(
      foldDuplicates(
        items,
        () => ['a', null],
        () => true,
      ),
    ).toHaveLength(2);
    expect(
      foldDuplicates(
        items,
        () => undefined,
        () => true,
      ),
    ).toHaveLength(2);
  });

  it('tells identities apart that would look alike if they were joined', () => {
    const items = [item(0, 'a', {}), item(1, 'b', {})];
    expect(
      foldDuplicates(
        items,
        ({ key }) => (key?.[0] === 'a' ? ['1,2', '3'] : ['1', '2,3']),
        () => true,
      ),
    ).toHaveLength(2);
  });

  it('changes neither the records nor their values', () => {
    const first = Object.freeze(item(0, 'a', Object.freeze({ x: 1 })));
    foldDuplicates(
      [first, item(1, 'a', { x: 2 })],
      ({ key }) => key,
      () => true,
    );
    expect(first.values).toEqual({ x: 1 });
  });
});
