import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CacheModel, type Step } from './support/cache-model.js';

const slot = fc.nat(2);
const key = fc.constantFrom('a', 'b', 'c');
const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 3 });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('begin' as const), slot, keys }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('read' as const, 'fill' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abandon' as const), slot }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('write' as const), slot, keys }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('commit' as const, 'invalidate' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('invalidate all' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('roll back' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(5) }) },
);

/** Every way to put sequences together that keeps the order within each. */
function interleavings<T>(sequences: readonly (readonly T[])[]): T[][] {
  const open = sequences.filter((sequence) => sequence.length > 0);
  if (open.length === 0) return [[]];
  return open.flatMap((sequence) => {
    const [first, ...rest] = sequence;
    const others = open.map((other) => (other === sequence ? rest : other));
    return interleavings(others).map((tail) => (first === undefined ? tail : [first, ...tail]));
  });
}

describe('a read that begins after a write was told to the cache', () => {
  it('never gives an older value, however reads, writes, rollbacks and evictions interleave', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 4 }), (steps, maxEntries) => {
        const model = new CacheModel({ maxEntries, ttlMs: 6 });
        for (const one of steps) model.run(one);
        model.finish(['a', 'b', 'c']);
        expect(model.violations).toEqual([]);
      }),
      { numRuns: 1500 },
    );
  });

  it('never gives an older value in any order of two reads, a write and a rollback', () => {
    const read = (reader: number): Step[] => [
      { do: 'begin', slot: reader, keys: ['a'] },
      { do: 'read', slot: reader },
      { do: 'fill', slot: reader },
    ];
    const write: Step[] = [
      { do: 'write', slot: 0, keys: ['a'] },
      { do: 'commit', slot: 0 },
      { do: 'invalidate', slot: 0 },
    ];
    const rollback: Step[] = [
      { do: 'write', slot: 1, keys: ['a'] },
      { do: 'roll back', slot: 1 },
    ];
    const orders = interleavings([read(0), read(1), write, rollback]);
    const [wrong] = orders.filter((steps) => {
      const model = new CacheModel({ maxEntries: 2 });
      for (const one of steps) model.run(one);
      model.finish(['a']);
      return model.violations.length > 0;
    });
    expect(wrong).toBeUndefined();
    // 11! / (3! 3! 3! 2!)
    expect(orders.length).toBe(92_400);
  });

  it('is answered from memory when nothing was written since, so that the law is not kept by an empty cache', () => {
    const model = new CacheModel({ maxEntries: 3 });
    model.run({ do: 'begin', slot: 0, keys: ['a', 'b'] });
    model.run({ do: 'read', slot: 0 });
    model.run({ do: 'fill', slot: 0 });
    model.run({ do: 'write', slot: 0, keys: ['a'] });
    model.run({ do: 'roll back', slot: 0 });
    model.run({ do: 'begin', slot: 1, keys: ['a', 'b'] });
    expect(model.region.statistics()).toMatchObject({ hits: 2, staleFillsRefused: 0 });
  });
});
