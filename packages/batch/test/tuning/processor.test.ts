import { describe, expect, it } from '@jest/globals';
import { BatchProcessor } from '@uno/batch';
import { ConfigError, ResourceError } from '@uno/postgres';

const numbers = Array.from({ length: 200 }, (_, i) => i);

describe('a processor whose sizes are found out', () => {
  it.each(['chunked', 'parallel', 'pipelined'] as const)('does every record once, in bounds (%s)', async (strategy) => {
    const sizes: number[] = [];
    const processor = new BatchProcessor({ executionStrategy: strategy, optimizeForSize: { maxSize: 15 } });
    const { results } = await processor.process(numbers, async (chunk) => {
      sizes.push(chunk.length);
      return chunk.map((n) => n * 2);
    });
    expect(results).toEqual(numbers.map((n) => n * 2));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(15);
  });

  it('does in pieces what its function says is too much at once', async () => {
    const processor = new BatchProcessor({ optimizeForSize: { maxSize: 80 } });
    const done: number[] = [];
    const { results, failed } = await processor.process(numbers, async (chunk) => {
      if (chunk.length > 30) throw new ResourceError('no room', 'whole-transaction', { sqlstate: '53200' });
      done.push(...chunk);
      return chunk;
    });
    expect([results, failed]).toEqual([numbers, 0]);
    expect(done).toEqual(numbers);
  });

  it('takes no size beside, and no strategy without chunks', async () => {
    expect(() => new BatchProcessor({ optimizeForSize: true, batchSize: 5 })).toThrow(ConfigError);
    const call = new BatchProcessor().process(numbers, () => undefined, {
      optimizeForSize: true,
      strategy: 'optimistic',
    });
    await expect(call).rejects.toThrow("process: optimizeForSize chooses sizes of chunks, and strategy 'optimistic'");
  });
});
