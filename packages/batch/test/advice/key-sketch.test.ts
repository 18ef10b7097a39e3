import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KeySketch } from '../../src/advice/key-sketch.js';

it('counts what an earlier call has read, and not what one call reads twice', () => {
  const sketch = new KeySketch();
  for (const key of ['1', '2', '1']) sketch.note(key, 1);
  expect(sketch).toMatchObject({ keys: 3, repeated: 0 });
  for (const key of ['1', '2', '1', '3']) sketch.note(key, 2);
  expect(sketch).toMatchObject({ keys: 7, repeated: 2 });
});

it('takes numbers as they are, also beyond 32 bits', () => {
  const sketch = new KeySketch();
  const numbers = Array.from({ length: 1000 }, (_, i) => i + (i % 2) * 2 ** 40);
  for (const number of numbers) sketch.note(number, 1);
  expect(sketch.repeated).toBe(0);
  for (const number of numbers) sketch.note(number, 2);
  expect(sketch.repeated).toBeGreaterThan(900);
  for (const number of numbers) sketch.note(number + 2 ** 32, 3);
  expect(sketch.repeated).toBeLessThanOrEqual(1000);
});

it('remembers nearly all keys while there are few, and never more repetitions than there were', () => {
  const sketch = new KeySketch();
  const keys = Array.from({ length: 1000 }, (_, i) => `${i}`);
  for (const call of [1, 2]) for (const key of keys) sketch.note(key, call);
  expect(sketch.repeated).toBeGreaterThan(900);
  expect(sketch.repeated).toBeLessThanOrEqual(1000);
});

it('takes no key for one that was read before, however many there are', () => {
  const sketch = new KeySketch();
  for (let i = 0; i < 100_000; i++) sketch.note(`${i}`, i + 1);
  // Two of them may have equal hashes.
  expect(sketch.repeated).toBeLessThan(5);
});

it('never counts more repetitions than one that forgets nothing', () => {
  const calls = fc.array(fc.array(fc.integer({ min: 0, max: 50_000 }).map(String), { maxLength: 30 }), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(calls, (read) => {
      const sketch = new KeySketch();
      const lastRead = new Map<string, number>();
      let repeated = 0;
      for (const [call, keys] of read.entries()) {
        for (const key of keys) {
          sketch.note(key, call + 1);
          if ((lastRead.get(key) ?? call) !== call) repeated++;
          lastRead.set(key, call);
        }
      }
      expect(sketch.repeated).toBeLessThanOrEqual(repeated);
    }),
  );
});
