import { describe, expect, it } from '@jest/globals';
import type { Measurement } from '../../src/operations/compare.js';
import type { OperationName } from '../../src/operations/operation.js';
import { verdicts } from '../../src/operations/targets.js';

function measurement(library: string, name: string, variant: string, operation: OperationName, times: number[]) {
  const way = { name, library, variant, open: () => Promise.reject(new Error('is not opened')) };
  const samples = times.map((elapsedMs) => ({ elapsedMs, cpuMs: elapsedMs, serverCpuMs: elapsedMs }));
  return {
    operation,
    way,
    label: name,
    how: undefined,
    rows: 10,
    measuredRows: 10,
    samples,
    statements: undefined,
    faults: [],
  } satisfies Measurement;
}

const judged = (measurements: readonly Measurement[]) =>
  verdicts(measurements).map(({ target, label, ratio, holds }) => [label, target.base, ratio.median, holds]);

describe('verdicts', () => {
  it('go by the median of the ratios in the same round, not by the ratio of the medians', () => {
    const expert = measurement('pg-unnest', 'expert', 'chunks', 'update', [100, 200, 1000]);
    const uno = measurement('uno', 'uno', 'chunked', 'update', [90, 100, 990]);
    expect(judged([expert, uno])).toEqual([['uno', 'expert', 0.9, true]]);
  });

  it('say that a target is missed', () => {
    const expert = measurement('pg-unnest', 'expert', 'chunks', 'delete', [100]);
    const uno = measurement('uno', 'uno', 'chunked', 'delete', [101]);
    expect(judged([expert, uno])).toEqual([['uno', 'expert', 1.01, false]]);
  });

  it('compare ways on two connections with the fastest of uno on one', () => {
    const expert = measurement('pg-unnest', 'expert', 'chunks', 'update', [10]);
    const slow = measurement('uno', 'uno', 'chunked', 'update', [100]);
    const fast = measurement('uno', 'uno-5000', 'chunked 5000', 'update', [80]);
    const parallel = measurement('uno', 'uno-parallel', 'parallel', 'update', [64]);
    expect(judged([expert, slow, fast, parallel]).filter(([label]) => label === 'uno-parallel')).toEqual([
      ['uno-parallel', 'best of uno', 0.8, true],
    ]);
  });

  it('leave out a target whose base was not measured, and ways that are not of uno', () => {
    const psql = measurement('psql', 'psql csv', '\\copy, csv', 'insert', [100]);
    const other = measurement('pg', 'one-by-one', 'one by one', 'insert', [100]);
    const uno = measurement('uno', 'uno', 'chunked', 'insert', [110]);
    expect(judged([psql, other, uno])).toEqual([['uno', 'psql csv', 1.1, true]]);
  });
});
