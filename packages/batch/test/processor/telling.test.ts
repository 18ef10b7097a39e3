import { describe, expect, it } from '@jest/globals';
import { BatchProcessor } from '@uno/batch';
import type { BatchProgress } from '@uno/domain';
import { KeepingLogger } from '../metrics/support/keeping-logger.js';
import { batchErrorOf, errorOf, strategies, upTo, Worker } from './support.js';

describe('onProgress', () => {
  it.each(['chunked', 'pipelined', 'parallel'] as const)('is called after every chunk under %s', async (strategy) => {
    const told: BatchProgress[] = [];
    await new BatchProcessor({ name: 'numbers', batchSize: 10, maxWorkers: 1 }).process(
      upTo(45),
      new Worker().execute,
      {
        strategy,
        onProgress: (progress) => told.push(progress),
      },
    );
    expect(told.map(({ processed }) => processed)).toEqual([10, 20, 30, 40, 45]);
    for (const [i, progress] of told.entries()) {
      expect(progress).toMatchObject({
        operation: 'process',
        name: 'numbers',
        total: 45,
        failed: 0,
        skipped: 0,
        individually: 0,
      });
      expect(progress.elapsedMs).toBeGreaterThanOrEqual(told[i - 1]?.elapsedMs ?? 0);
      // The rest at the rate so far.
      const rest = ((45 - progress.processed) * progress.elapsedMs) / progress.processed;
      expect(progress.remainingMs).toBeCloseTo(rest, 6);
    }
    expect(told.at(-1)?.remainingMs).toBe(0);
  });

  it('knows no total of a source before its end', async () => {
    const told: BatchProgress[] = [];
    await new BatchProcessor({ batchSize: 10 }).process(upTo(25).values(), new Worker().execute, {
      onProgress: (progress) => told.push(progress),
    });
    expect(told.map(({ processed, total }) => [processed, total])).toEqual([
      [10, undefined],
      [20, undefined],
      [25, 25],
    ]);
    expect(told[0]?.remainingMs).toBeUndefined();
  });

  it.each(strategies)('comes to all records under %s, whatever became of them', async (strategy) => {
    const told: BatchProgress[] = [];
    await new BatchProcessor({ batchSize: 10 }).process(
      upTo(45),
      { preProcess: (n: number) => (n % 10 === 0 ? null : n), execute: new Worker([7, 33]).execute },
      { strategy, onRecordError: 'skip', onProgress: (progress) => told.push(progress) },
    );
    expect(told.at(-1)).toMatchObject({ processed: 45, total: 45, failed: 2, skipped: 5, remainingMs: 0 });
  });

  it('fails the call with what it throws', async () => {
    const cause = new Error('not shown');
    const failure = await batchErrorOf(
      new BatchProcessor({ batchSize: 10 }).process(upTo(45), new Worker().execute, {
        onProgress: ({ processed }) => {
          if (processed === 20) throw cause;
        },
      }),
    );
    expect(failure.cause).toMatchObject({ callback: 'onProgress', cause });
    expect(failure.written.ranges).toEqual([{ first: 0, last: 19 }]);
  });
});

describe('onError', () => {
  it('hears of every record that is left out, with its name, and then of what ends the call', async () => {
    const told: [string, number | undefined, string | undefined][] = [];
    const processor = new BatchProcessor({
      batchSize: 10,
      onError: (error, record) => void told.push([error.code, record?.index, record?.key]),
    });
    await errorOf(
      processor.process(
        upTo(40),
        { execute: new Worker([7, 12, 33]).execute, keyOf: (n) => `number ${n}` },
        { onRecordError: 'skip', maxFailures: 2 },
      ),
    );
    expect(told).toEqual([
      ['UNO_CALLBACK', 7, 'number 7'],
      ['UNO_CALLBACK', 12, 'number 12'],
      ['UNO_BATCH', 33, 'number 33'],
    ]);
  });
});

describe('getMetrics', () => {
  it('counts calls, chunks, records and failures', async () => {
    const processor = new BatchProcessor({ batchSize: 10, retryDelayMs: 0 });
    await processor.process(
      upTo(45),
      { preProcess: (n: number) => (n % 10 === 0 ? null : n), execute: new Worker([7, 33]).execute },
      { onRecordError: 'skip' },
    );
    await errorOf(processor.process(upTo(30), new Worker([15]).execute));
    const { total, operations } = processor.getMetrics();
    expect(Object.keys(operations)).toEqual(['process']);
    expect(total).toMatchObject({
      calls: 2,
      callsFailed: 1,
      recordsTotal: 75,
      recordsSuccessful: 38 + 10,
      recordsFailed: 2,
      recordsSkipped: 5,
      recordsProcessed: 55,
      // What preProcess left out is in no chunk: 40 records, and then 10 before the failing chunk.
      chunks: 4 + 1,
      statements: 0,
      errorsTotal: 3,
    });
  });

  it('counts nothing where that is switched off', async () => {
    const processor = new BatchProcessor({ collectMetrics: false });
    await processor.process(upTo(5), new Worker().execute);
    expect(processor.getMetrics().total.calls).toBe(0);
  });

  it('is of one processor', async () => {
    const [one, other] = [new BatchProcessor(), new BatchProcessor()];
    await one.process(upTo(5), new Worker().execute);
    expect([one.getMetrics().total.calls, other.getMetrics().total.calls]).toEqual([1, 0]);
  });
});

describe('the logger', () => {
  it('hears of the end of a call, if asked to', async () => {
    const logger = new KeepingLogger();
    const processor = new BatchProcessor({ name: 'numbers', logger, logProgress: true });
    await processor.process(upTo(5), new Worker().execute);
    expect(logger.lines.length).toBeGreaterThan(0);
    expect(JSON.stringify(logger.lines)).toContain('numbers');
  });
});

describe('the configuration', () => {
  it.each([
    ['an unknown option', { batchsize: 5 }, 'no option "batchsize"'],
    ['a wrong batchSize', { batchSize: 0 }, 'batchSize takes a whole number from 1, not 0'],
    ['an unknown strategy', { executionStrategy: 'fast' }, 'executionStrategy takes one of single_query'],
    ['a name that is no text', { name: 5 }, 'name takes a text'],
    ['a preProcess, which belongs to the work', { preProcess: () => null }, 'no option "preProcess"'],
  ])('is refused with %s', (_, config, message) => {
    expect(() => new BatchProcessor(config as never)).toThrow(message);
  });

  it.each([
    ['atomicity', { atomicity: 'all' }, 'process has no option "atomicity"'],
    ['maxFailures without skip', { maxFailures: 3 }, "needs onRecordError: 'skip'"],
    ['two strategies', { parallel: true, strategy: 'chunked' }, 'contradict each other'],
  ])('of a call is refused with %s', async (_, options, message) => {
    const worker = new Worker();
    await expect(new BatchProcessor().process(upTo(3), worker.execute, options as never)).rejects.toThrow(message);
    expect(worker.calls).toEqual([]);
  });

  it('of one call does not leak into the next', async () => {
    const processor = new BatchProcessor({ batchSize: 10 });
    const [first, second] = [new Worker(), new Worker()];
    await processor.process(upTo(20), first.execute, { batchSize: 5, strategy: 'parallel' });
    await processor.process(upTo(20), second.execute);
    expect([first.calls.length, second.calls.length]).toEqual([4, 2]);
  });
});
