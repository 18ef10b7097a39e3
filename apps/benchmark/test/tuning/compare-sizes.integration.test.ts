import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PostgresServer } from '@uno/testing';
import { compareSizes } from '../../src/tuning/compare-sizes.js';
import { comparisonText, summaryText } from '../../src/tuning/report.js';
import { workloads } from '../../src/tuning/workloads.js';
import { testServer } from '../support/test-server.js';

let server: PostgresServer;

beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server.stop());

describe('comparing sizes of chunks', () => {
  it.each(workloads)('does every size in every round, and tells the best: $name', async (workload) => {
    const scale = workload.name === 'huge' ? 0.05 : 0.002;
    const comparison = { workload, latencyMs: 0, strategy: 'pipelined', rounds: 2, scale } as const;
    const result = await compareSizes(server, comparison);
    expect(result.rows).toBe(workload.rows * scale);
    expect(result.fixed.map(({ name }) => name)).toEqual(workload.sizes.map(String));
    expect([result.tuned.samplesMs.length, result.ratios.length]).toEqual([2, 2]);
    expect(result.fixed).toContain(result.best);
    const text = comparisonText(comparison, result);
    expect(text).toContain(`${workload.name}, 0 ms of latency`);
    expect(text).toContain(`tuned / best fixed (${result.best.name}): ${result.ratio.toFixed(2)}`);
  });

  it('says how many came near the best', () => {
    expect(summaryText([0.9, 1.1, 1.3])).toBe('2 of 3 within 10 % of the best fixed size; the worst is 1.30.\n');
  });
});
