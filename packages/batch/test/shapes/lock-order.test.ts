import { describe, expect, it } from '@jest/globals';
import { column, mapEntity } from '@uno/domain';
import fc from 'fast-check';
import { inLockOrder } from '../../src/shapes/lock-order.js';
import { WorkItem } from '../../src/shapes/work-item.js';

class Point {
  id!: number;
}

const points = mapEntity(Point, { table: 'point', columns: { id: column.integer() } });

function item(index: number, ...key: string[]): WorkItem {
  return WorkItem.ofKey(points, key, index);
}

describe('the order in which rows are locked', () => {
  it('is that of whole numbers', () => {
    const items = ['10', '9', '100', '1'].map((key, i) => item(i, key));
    expect(inLockOrder(items).map(({ key }) => key?.[0])).toEqual(['1', '9', '10', '100']);
  });

  it('goes by other columns where rows are found by those', () => {
    const items = [item(0, '1'), item(1, '2')];
    const byTexts = { numberOf: () => undefined, textsOf: ({ index }: WorkItem) => [index === 0 ? 'b' : 'a'] };
    expect(inLockOrder(items, byTexts)).toEqual([items[1], items[0]]);
    const byNumbers = { numberOf: ({ index }: WorkItem) => index, textsOf: () => ['not asked for'] };
    expect(inLockOrder(items, byNumbers)).toBe(items);
  });

  it('is the same whatever order the records come in, and loses none', () => {
    const keys = fc.uniqueArray(fc.tuple(fc.string(), fc.string()), { selector: (key) => JSON.stringify(key) });
    fc.assert(
      fc.property(
        keys.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([one, other]) => {
          const ordered = (list: typeof one) =>
            inLockOrder(list.map((key, i) => item(i, ...key))).map(({ key }) => key);
          expect(ordered(other)).toEqual(ordered(one));
          expect(ordered(one)).toHaveLength(one.length);
        },
      ),
    );
  });

  it('does not change the list', () => {
    const items = Object.freeze([item(0, '2'), item(1, '1')]);
    expect(inLockOrder(items)).toEqual([items[1], items[0]]);
  });
});
