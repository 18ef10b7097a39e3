import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FixedSize } from '../../src/tuning/chunk-sizes.js';
import { Cut, endOfChunk } from '../../src/tuning/cut.js';
import { sizeBounds } from '../../src/tuning/size-bounds.js';
import { SizeTuner } from '../../src/tuning/size-tuner.js';

function tuner(said: Parameters<typeof sizeBounds>[0]): SizeTuner {
  return new SizeTuner({ bounds: sizeBounds(said), workers: 1 });
}

/** Records of so many bytes, more or less. */
function records(...bytes: readonly number[]): object[] {
  return bytes.map((length, id) => ({ id, text: 'x'.repeat(length) }));
}

/** Where a chunk ends of records that come one by one. */
function lengthOfStreamed(sizes: SizeTuner | FixedSize, source: readonly object[]): number {
  const cut = new Cut(sizes, Number.POSITIVE_INFINITY);
  let length = 0;
  for (const record of source) {
    if (length >= cut.limit) break;
    if (cut.looksAt(length)) cut.look(record);
    length++;
  }
  return length;
}

describe('a chunk', () => {
  it('has as many records as are asked for, or are left', () => {
    expect(endOfChunk(new FixedSize(3), [1, 2, 3, 4, 5], 0)).toBe(3);
    expect(endOfChunk(new FixedSize(3), [1, 2, 3, 4, 5], 3)).toBe(5);
    expect(endOfChunk(new FixedSize(Number.POSITIVE_INFINITY), [1, 2], 0)).toBe(2);
    expect(endOfChunk(new FixedSize(3), [], 0)).toBe(0);
  });

  it('never has many more bytes than it may, unless that is one record', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(3_000), { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 100, max: 20_000 }),
        (bytes, maxBytes) => {
          const list = records(...bytes);
          for (let start = 0; start < list.length; ) {
            const end = endOfChunk(tuner({ maxBytes }), list, start);
            expect(end).toBeGreaterThan(start);
            const sum = bytes.slice(start, end).reduce((a, b) => a + b, 0);
            // Only some records are looked at: those between two of them may be wider.
            if (end - start > 1) expect(sum).toBeLessThan(maxBytes + 13 * 3_000 + 8 * 3_000);
            start = end;
          }
        },
      ),
    );
  });

  it('ends before records that are suddenly wide have filled the memory', () => {
    const list = records(...new Array(500).fill(10), ...new Array(500).fill(100_000));
    const end = endOfChunk(tuner({ maxBytes: 1_000_000 }), list, 0);
    expect(end).toBeGreaterThan(400);
    expect(end).toBeLessThan(520);
    expect(endOfChunk(tuner({ maxBytes: 1_000_000 }), list, 600)).toBe(609);
  });

  it('is as long in a stream as in an array', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(3_000), { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 50 }),
        (bytes, maxSize) => {
          const list = records(...bytes);
          const said = { maxBytes: 20_000, maxSize };
          expect(lengthOfStreamed(tuner(said), list)).toBe(endOfChunk(tuner(said), list, 0));
        },
      ),
    );
  });

  it('is cut without looking at most of its records', () => {
    let looks = 0;
    const record = {
      get text() {
        looks++;
        return 'short';
      },
    };
    expect(endOfChunk(tuner({ minSize: 6_500, maxSize: 6_500 }), new Array(10_000).fill(record), 0)).toBe(6_500);
    expect(looks).toBeLessThan(6_500 / 12);
    looks = 0;
    endOfChunk(new FixedSize(5_000), new Array(10_000).fill(record), 0);
    expect(looks).toBe(0);
  });
});
