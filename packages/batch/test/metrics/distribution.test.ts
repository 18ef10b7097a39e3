import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DistributionMeter } from '../../src/metrics/distribution.js';

function metered(values: readonly number[], steps = 1): DistributionMeter {
  const meter = new DistributionMeter(steps);
  for (const value of values) meter.record(value);
  return meter;
}

/** The values at the ranks between which a quantile lies. */
function aroundQuantile(values: readonly number[], percent: number): (number | undefined)[] {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (percent / 100) * sorted.length;
  return [sorted[Math.max(1, Math.floor(rank)) - 1], sorted[Math.ceil(rank) - 1]];
}

describe('a distribution', () => {
  it('is all 0 when nothing was recorded', () => {
    expect(metered([]).read()).toEqual({ min: 0, mean: 0, max: 0, p50: 0, p95: 0, p99: 0 });
  });

  it('is exact for whole numbers of usual size', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => (i + 1) * 50);
    expect(metered(hundred).read()).toEqual({ min: 50, mean: 2525, max: 5000, p50: 2500, p95: 4750, p99: 4950 });
  });

  it('has fractions where it is to have them', () => {
    expect(metered([0.25, 1.5, 12.125], 1000).read()).toEqual({
      min: 0.25,
      mean: 4.625,
      max: 12.125,
      p50: 1.5,
      p95: 12.125,
      p99: 12.125,
    });
  });

  it('never gives a quantile that no value has reached', () => {
    expect(metered([1_234_567]).read()).toMatchObject({ p50: 1_234_567, p99: 1_234_567, max: 1_234_567 });
    expect(metered([0, 0]).read()).toEqual({ min: 0, mean: 0, max: 0, p50: 0, p95: 0, p99: 0 });
  });

  it('gives values at the ranks of its quantiles, whatever the values', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 8_191 }), { minLength: 1, maxLength: 200 }), (values) => {
        const { p50, p95, p99 } = metered(values).read();
        expect(aroundQuantile(values, 50)).toContain(p50);
        expect(aroundQuantile(values, 95)).toContain(p95);
        expect(aroundQuantile(values, 99)).toContain(p99);
      }),
    );
  });

  it('is off by a part in 4,096 at most for large values', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 8_192 }), { minLength: 1, maxLength: 50 }), (values) => {
        const { p50, p95 } = metered(values).read();
        const closest = (quantile: number, percent: number) =>
          Math.min(...aroundQuantile(values, percent).map((value = 0) => Math.abs(quantile - value) / value));
        expect(closest(p50, 50)).toBeLessThanOrEqual(1 / 4096);
        expect(closest(p95, 95)).toBeLessThanOrEqual(1 / 4096);
      }),
    );
  });
});
