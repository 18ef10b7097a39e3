import { describe, expect, it } from '@jest/globals';
import { interleaved, median, ratios, type Variant } from '../src/rounds.js';

const sample = (elapsedMs: number) => ({ elapsedMs, cpuMs: elapsedMs / 2 });

describe('median', () => {
  it('is the middle one, or the mean of the two in the middle', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 3])).toBe(4);
  });

  it('is not a number for nothing', () => {
    expect(median([])).toBeNaN();
  });
});

describe('ratios', () => {
  it('compares what was measured in the same round', () => {
    expect(ratios([sample(2), sample(30)], [sample(1), sample(10)], 'elapsedMs')).toEqual([2, 3]);
  });

  it('gives no number for a round that the other one has not', () => {
    expect(ratios([sample(2), sample(3)], [sample(1)], 'cpuMs')).toEqual([2, Number.NaN]);
  });
});

describe('interleaved', () => {
  function recorded(names: readonly string[]) {
    const steps: string[] = [];
    const variants = names.map((name): Variant => {
      const step = (what: string) => async () => {
        steps.push(`${what} ${name}`);
      };
      return { name, prepare: step('prepare'), run: step('run'), check: step('check') };
    });
    return { steps, variants };
  }

  it('prepares, runs and checks each variant once a round, beginning with another one each time', async () => {
    const { steps, variants } = recorded(['a', 'b']);
    await interleaved(variants, 2, 0);
    const run = (name: string) => [`prepare ${name}`, `run ${name}`, `check ${name}`];
    expect(steps).toEqual([...run('a'), ...run('b'), ...run('b'), ...run('a')]);
  });

  it('checks the first rounds, but does not count them', async () => {
    const { steps, variants } = recorded(['a']);
    const told: string[] = [];
    const samples = await interleaved(variants, 2, 3, (name) => told.push(name));
    expect(steps.filter((step) => step === 'check a')).toHaveLength(5);
    expect(samples.get('a')).toHaveLength(2);
    expect(told).toEqual(['a', 'a']);
  });
});
