import { describe, expect, it } from '@jest/globals';
import { ProgressMeter } from '@uno/domain';
import fc from 'fast-check';

const call = { operation: 'batchInsert', name: 'City' };
const none = { failed: 0, skipped: 0, individually: 0 };

/** A clock that stands still until it is set. */
function clocked() {
  const clock = { ms: 1_000 };
  return { clock, meter: new ProgressMeter(call, () => clock.ms) };
}

describe('progress', () => {
  it('says how far a call is, how fast, and how long it will take', () => {
    const { clock, meter } = clocked();
    clock.ms += 500;
    expect(meter.progress({ processed: 50, failed: 2, skipped: 3, individually: 4 }, 200)).toEqual({
      operation: 'batchInsert',
      name: 'City',
      processed: 50,
      total: 200,
      failed: 2,
      skipped: 3,
      individually: 4,
      elapsedMs: 500,
      recordsPerSecond: 100,
      remainingMs: 1_500,
    });
  });

  it('does not know how long a stream will take', () => {
    const { clock, meter } = clocked();
    clock.ms += 10;
    expect(meter.progress({ processed: 5, ...none }, undefined)).toMatchObject({
      total: undefined,
      remainingMs: undefined,
    });
  });

  it('needs no time for what is done, even on a clock that has not moved', () => {
    const { meter } = clocked();
    expect(meter.progress({ processed: 5, ...none }, 5)).toMatchObject({ recordsPerSecond: 0, remainingMs: 0 });
    expect(meter.progress({ processed: 0, ...none }, 0)).toMatchObject({ remainingMs: 0 });
  });

  it('knows no rate before anything is done', () => {
    const { clock, meter } = clocked();
    expect(meter.progress({ processed: 1, ...none }, 5)).toMatchObject({ recordsPerSecond: 0, remainingMs: undefined });
    clock.ms += 10;
    expect(meter.progress({ processed: 0, ...none }, 5)).toMatchObject({ recordsPerSecond: 0, remainingMs: undefined });
  });

  it('is made of numbers that are finite and not negative', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.option(fc.nat(), { nil: undefined }),
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        (processed, total, ms) => {
          const { clock, meter } = clocked();
          clock.ms += ms;
          const { elapsedMs, recordsPerSecond, remainingMs = 0 } = meter.progress({ processed, ...none }, total);
          for (const value of [elapsedMs, recordsPerSecond, remainingMs]) {
            expect(Number.isFinite(value) && value >= 0).toBe(true);
          }
        },
      ),
    );
  });

  it('takes a clock that does not go back', () => {
    const { elapsedMs } = new ProgressMeter(call).progress({ processed: 0, ...none }, 1);
    expect(elapsedMs).toBeGreaterThanOrEqual(0);
    expect(elapsedMs).toBeLessThan(60_000);
  });
});
