import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sizeBounds } from '../../src/tuning/size-bounds.js';
import { SizeTuner } from '../../src/tuning/size-tuner.js';
import { type Cost, leastPerRecord, narrow, perRecord, simulate } from './support/simulated-server.js';

const bounds = sizeBounds(true);

function tunerWithin(said: Parameters<typeof sizeBounds>[0] = true): SizeTuner {
  return new SizeTuner({ bounds: sizeBounds(said), workers: 1 });
}

/** From a fast local server to a slow remote one: what a chunk costs, and a record, and what grows with the square. */
const server = fc
  .record({
    chunkMs: fc.constantFrom(0.2, 1, 5, 20, 90),
    recordMs: fc.constantFrom(0.001, 0.004, 0.02, 0.1, 1),
    /** The size from which on larger ones are slower; none, if 0. */
    best: fc.constantFrom(0, 500, 4_000),
  })
  .map(({ chunkMs, recordMs, best }): Cost => {
    const squareMs = best === 0 ? 0 : chunkMs / best ** 2;
    return (n) => chunkMs + recordMs * n + squareMs * n ** 2;
  });

/** Factors that chunks take more or less time by, as on a machine that is busy with other things: nobody's, of a seed. */
const noise = fc.nat().map((seed) => {
  let state = seed >>> 0;
  return Array.from({ length: 200 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return 0.85 + (0.3 * state) / 2 ** 32;
  });
});

/** A run is hundreds of chunks. */
const some = { numRuns: 40 };

describe('the sizes that are found out', () => {
  it('are within the bounds, whatever happens', () => {
    const event = fc.oneof(
      fc.record({ ms: fc.double({ min: 0, max: 1e6, noNaN: true }) }),
      fc.constant('too much' as const),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000 }),
        fc.integer({ min: 0, max: 50_000 }),
        fc.array(event, { maxLength: 60 }),
        fc.nat(200_000),
        (minSize, more, events, bytesOfRecord) => {
          const maxSize = minSize + more;
          const tuner = tunerWithin({ minSize, maxSize });
          const widest = Math.max(1, Math.floor(bounds.maxBytes / Math.max(1, bytesOfRecord)));
          const weight = { records: 3, bytes: 3 * bytesOfRecord, values: 6 };
          for (const one of events) {
            const size = tuner.sizeFor(weight, Number.POSITIVE_INFINITY);
            expect(Number.isInteger(size)).toBe(true);
            expect(size).toBeGreaterThanOrEqual(Math.min(minSize, widest));
            expect(size).toBeLessThanOrEqual(Math.min(maxSize, widest));
            if (one !== 'too much') tuner.done(size, one.ms);
            else if (size > minSize) expect(tuner.tooMuch(size) ?? 0).toBeLessThan(size);
            else expect(tuner.tooMuch(size)).toBeUndefined();
          }
        },
      ),
    );
  });

  it('come within a tenth of the best, with few changes once they have', () => {
    fc.assert(
      fc.property(server, (cost) => {
        const chunks = simulate(tunerWithin(), 300, () => cost);
        const settled = chunks.slice(30);
        expect(perRecord(settled)).toBeLessThan(1.1 * leastPerRecord(cost, bounds.maxSize, bounds.targetMs));
        // Attempts at another size come at ever longer intervals, and each of them is of a few chunks.
        const changes = settled.filter(({ records }, i) => {
          const before = settled[i - 1]?.records ?? records;
          return Math.abs(Math.log(records / before)) > 0.1;
        });
        expect(changes.length).toBeLessThan(60);
      }),
      some,
    );
  });

  it('are not led astray where the same chunk takes 15 % more or less each time', () => {
    fc.assert(
      fc.property(server, noise, (cost, factors) => {
        const chunks = simulate(tunerWithin(), factors.length, (i) => (n) => cost(n) * (factors[i] ?? 1));
        const calm = chunks.map(({ records }) => ({ records, elapsedMs: cost(records) }));
        const best = leastPerRecord(cost, bounds.maxSize, bounds.targetMs);
        expect(perRecord(calm.slice(30))).toBeLessThan(1.5 * best);
      }),
      some,
    );
  });

  it('follow a server that becomes another one, in both directions', () => {
    fc.assert(
      fc.property(server, server, (before, after) => {
        const change = 100;
        const chunks = simulate(tunerWithin(), 900, (i) => (i < change ? before : after));
        const best = leastPerRecord(after, bounds.maxSize, bounds.targetMs);
        expect(perRecord(chunks.slice(-200))).toBeLessThan(1.25 * best);
      }),
      some,
    );
  });

  it('keep chunks within the time that they may take', () => {
    fc.assert(
      fc.property(server, fc.constantFrom(50, 200, 1000), (cost, targetMs) => {
        const chunks = simulate(tunerWithin({ targetMs }), 100, () => cost).slice(10);
        const longest = Math.max(targetMs, cost(1));
        // How much longer a larger one takes is not known before it was tried.
        for (const { elapsedMs } of chunks) expect(elapsedMs).toBeLessThan(2 * longest);
      }),
      some,
    );
  });

  it('stay below what was too much for the server, and are as large as that again when it no longer is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 3_000 }), (most) => {
        const tuner = tunerWithin();
        const cost: Cost = (n) => 50 + 0.004 * n;
        let failures = 0;
        for (let i = 0; i < 200; i++) {
          const size = tuner.sizeFor(narrow, Number.POSITIVE_INFINITY);
          if (size > most) {
            failures++;
            tuner.tooMuch(size);
          } else tuner.done(size, cost(size));
        }
        // Four or five to get there; then ever more seldom.
        expect(failures).toBeLessThan(14);
        const chunks = simulate(tuner, 2500, () => cost);
        expect(chunks.at(-1)?.records).toBeGreaterThan(10_000);
      }),
      some,
    );
  });
});
