import { describe, expect, it } from '@jest/globals';
import { cpuSince, cpuTimesOf } from '../../src/operations/process-cpu.js';

describe('cpuSince', () => {
  it('sums what was added, all of it for a process that was not there', () => {
    const before = new Map([
      [1, 100],
      [2, 50],
    ]);
    const after = new Map([
      [1, 130],
      [3, 7],
    ]);
    expect(cpuSince(before, after)).toBe(37);
  });

  it('is not a number where nothing is known', () => {
    expect(cpuSince(new Map(), new Map())).toBeNaN();
  });
});

describe('cpuTimesOf', () => {
  it('leaves out processes that there are not', async () => {
    expect(await cpuTimesOf([2 ** 30])).toEqual(new Map());
  });
});
