import { describe, expect, it } from '@jest/globals';
import { IndexRanges } from '@uno/domain';
import fc from 'fast-check';

/** Few positions, so that ranges meet; in any order and more than once. */
const positions = fc.array(fc.nat(40), { maxLength: 60 });

function rangesOf(indices: Iterable<number>): IndexRanges {
  const ranges = new IndexRanges();
  for (const index of indices) ranges.add(index);
  return ranges;
}

describe('a set of positions', () => {
  it('has in it what a Set has, in ascending order', () => {
    fc.assert(
      fc.property(positions, (indices) => {
        const ranges = rangesOf(indices);
        const set = new Set(indices);
        expect(ranges.size).toBe(set.size);
        expect([...ranges]).toEqual([...set].toSorted((a, b) => a - b));
        for (let index = -1; index <= 41; index++) expect(ranges.has(index)).toBe(set.has(index));
      }),
      { numRuns: 500 },
    );
  });

  it('takes positions in a row as it takes each of them', () => {
    const stretches = fc.array(fc.tuple(fc.nat(40), fc.integer({ min: -1, max: 6 })), { maxLength: 20 });
    fc.assert(
      fc.property(stretches, (all) => {
        const ranges = new IndexRanges();
        for (const [first, length] of all) ranges.addRange(first, first + length);
        const one = rangesOf(all.flatMap(([first, length]) => Array.from({ length: length + 1 }, (_, i) => first + i)));
        expect([ranges.size, ranges.ranges]).toEqual([one.size, one.ranges]);
      }),
      { numRuns: 500 },
    );
  });

  it('is as few ranges as can be, at every step', () => {
    fc.assert(
      fc.property(positions, (indices) => {
        const ranges = new IndexRanges();
        for (const index of indices) {
          ranges.add(index);
          const all = ranges.ranges;
          for (const [i, { first, last }] of all.entries()) {
            expect(first).toBeLessThanOrEqual(last);
            const next = all[i + 1];
            if (next !== undefined) expect(next.first).toBeGreaterThan(last + 1);
          }
        }
      }),
    );
  });

  it('keeps a million in a row as one range, from whichever end they come', () => {
    const up = new IndexRanges();
    for (let index = 0; index < 1_000_000; index++) up.add(index);
    expect(up.ranges).toEqual([{ first: 0, last: 999_999 }]);
    const down = new IndexRanges();
    for (let index = 99_999; index >= 0; index--) down.add(index);
    expect(down.ranges).toEqual([{ first: 0, last: 99_999 }]);
    expect([up.size, down.size]).toEqual([1_000_000, 100_000]);
  });

  it('can be read by people and by JSON', () => {
    const ranges = rangesOf([7, 0, 1, 2, 3, 4]);
    expect(String(ranges)).toBe('0-4, 7');
    expect(JSON.parse(JSON.stringify(ranges))).toEqual([
      { first: 0, last: 4 },
      { first: 7, last: 7 },
    ]);
    expect(String(new IndexRanges())).toBe('');
    const odd = rangesOf(Array.from({ length: 13 }, (_, i) => 2 * i));
    expect(String(odd)).toBe('0, 2, 4, 6, 8, 10, 12, 14, 16, 18 and 3 more ranges');
  });

  it('gives ranges that are the caller’s own', () => {
    const ranges = rangesOf([1, 2]);
    const [first] = ranges.ranges;
    Object.assign(first ?? {}, { last: 99 });
    expect([...ranges]).toEqual([1, 2]);
  });

  it('is not confused by what is added while it is iterated', () => {
    const ranges = rangesOf([0, 1, 2]);
    const seen: number[] = [];
    for (const index of ranges) {
      seen.push(index);
      ranges.add(index + 10);
    }
    expect(seen).toEqual([0, 1, 2]);
  });
});
