import { describe, expect, it } from '@jest/globals';
import { BatchProcessor } from '@uno/batch';
import { CallbackError } from '@uno/domain';
import { ConfigError, DeadlockError } from '@uno/postgres';
import fc from 'fast-check';
import { batchErrorOf, errorOf, Gate, settle, strategies, TrackedSource, upTo, Worker } from './support.js';

const quick = { batchSize: 10, retryDelayMs: 0 };

describe('under skip', () => {
  it.each(strategies)('a BatchProcessor does all but the bad records, once, under %s', async (strategy) => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat(59), { maxLength: 8 }),
        fc.constantFrom(1, 4, 16, 100),
        fc.boolean(),
        async (bad, batchSize, isList) => {
          const worker = new Worker(bad);
          const records = upTo(60);
          const { results, failures, ...totals } = await new BatchProcessor(quick).process<number, number>(
            isList ? records : records.values(),
            worker.execute,
            { strategy, batchSize, onRecordError: 'skip' },
          );
          const good = records.filter((n) => !bad.includes(n));
          expect(results).toEqual(good.map((n) => n * 10));
          expect(worker.done.toSorted((a, b) => a - b)).toEqual(good);
          expect(failures.map(({ index }) => index)).toEqual(bad.toSorted((a, b) => a - b));
          for (const { index, error } of failures) {
            expect(error).toMatchObject({ callback: 'chunk function', cause: new Error(`${index} is bad`) });
          }
          expect(totals).toEqual({ total: 60, processed: good.length, skipped: 0, failed: bad.length });
          const chunks = strategy === 'single_query' ? 1 : Math.ceil(60 / batchSize);
          const halvings = Math.ceil(Math.log2(strategy === 'single_query' ? 60 : batchSize));
          const atOnce = strategy === 'optimistic' ? 1 + Math.ceil(60 / Math.min(batchSize, 30)) : chunks;
          expect(worker.calls.length).toBeLessThanOrEqual(2 * bad.length * halvings + atOnce);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('gives up with the first record more than may fail, and says what is done and what has failed', async () => {
    const worker = new Worker([3, 17, 24]);
    const failure = await batchErrorOf(
      new BatchProcessor(quick).process(upTo(60), worker.execute, { onRecordError: 'skip', maxFailures: 2 }),
    );
    expect(failure).toMatchObject({ index: 24, total: 60, cause: { cause: new Error('24 is bad') } });
    expect(failure.failures.map(({ index }) => index)).toEqual([3, 17, 24]);
    expect([...failure.written]).toEqual(worker.done.toSorted((a, b) => a - b));
  });

  it.each([0, 1, 2])('gives up under parallel after %i failures, too', async (maxFailures) => {
    const worker = new Worker([3, 17, 24]);
    const failure = await batchErrorOf(
      new BatchProcessor(quick).process(upTo(60), worker.execute, {
        parallel: true,
        onRecordError: 'skip',
        maxFailures,
      }),
    );
    expect([...failure.written]).toEqual(worker.done.toSorted((a, b) => a - b));
    expect(failure.failures.length).toBeGreaterThan(maxFailures);
  });

  it('gives up when the failures of chunks that are done side by side are too many only together', async () => {
    const begun: number[] = [];
    const both = new Gate();
    const failure = await batchErrorOf(
      new BatchProcessor(quick).process(
        upTo(2),
        async (_: readonly number[], { firstIndex }) => {
          begun.push(firstIndex);
          if (begun.length === 2) both.open();
          await both.passed;
          throw new Error('bad');
        },
        { parallel: true, batchSize: 1, onRecordError: 'skip', maxFailures: 1 },
      ),
    );
    expect(failure.failures.map(({ index }) => index)).toEqual([0, 1]);
  });

  it('does nothing twice when what may pass fails in a part of a chunk', async () => {
    const worker = new Worker([1]);
    let isDown = true;
    const { failures, results } = await new BatchProcessor(quick).process(
      upTo(8),
      {
        execute: async (records: readonly number[]) => {
          // While the good ones are done alone, since one is bad, the last ones meet a fault that passes.
          if (isDown && records.includes(7) && !records.includes(1)) {
            isDown = false;
            throw new Error('not now');
          }
          return worker.execute(records);
        },
        isTransient: (error) => error instanceof Error && error.message === 'not now',
      },
      { onRecordError: 'skip' },
    );
    expect(isDown).toBe(false);
    expect(worker.done.toSorted((a, b) => a - b)).toEqual([0, 2, 3, 4, 5, 6, 7]);
    expect(results).toEqual([0, 20, 30, 40, 50, 60, 70]);
    expect(failures.map(({ index }) => index)).toEqual([1]);
  });

  it('says what is done of a chunk of which a part ends the call', async () => {
    const worker = new Worker([1]);
    const failure = await batchErrorOf(
      new BatchProcessor(quick).process(
        upTo(20),
        async (records: readonly number[]) => {
          if (records.includes(7) && !records.includes(1))
            throw new DeadlockError('again and again', 'whole-transaction');
          return worker.execute(records);
        },
        { onRecordError: 'skip' },
      ),
    );
    expect(failure.cause).toBeInstanceOf(DeadlockError);
    expect(worker.done.length).toBeGreaterThan(0);
    expect([...failure.written]).toEqual(worker.done.toSorted((a, b) => a - b));
  });

  it('counts a record for which preProcess throws as failed', async () => {
    const { failures, results } = await new BatchProcessor(quick).process(
      upTo(25),
      {
        preProcess: (n: number) => {
          if (n === 13) throw new Error('no');
          return n;
        },
        execute: new Worker([5]).execute,
      },
      { onRecordError: 'skip' },
    );
    expect(failures.map(({ index, error }) => [index, error instanceof CallbackError && error.callback])).toEqual([
      [5, 'chunk function'],
      [13, 'preProcess'],
    ]);
    expect(results).toHaveLength(23);
  });
});

describe('under abort', () => {
  it.each(['chunked', 'pipelined', 'parallel'] as const)(
    'tells what is done under %s, and calls the function no more',
    async (strategy) => {
      const worker = new Worker([25]);
      const failure = await batchErrorOf(
        new BatchProcessor({ ...quick, maxWorkers: 1 }).process(upTo(60), worker.execute, { strategy }),
      );
      expect(failure).toMatchObject({ operation: 'process', entity: 'records', total: 60, index: undefined });
      expect(failure.cause).toBeInstanceOf(CallbackError);
      expect(failure.cause).toMatchObject({ callback: 'chunk function', cause: new Error('25 is bad') });
      expect(failure.written.ranges).toEqual([{ first: 0, last: 19 }]);
      expect(worker.calls).toHaveLength(3);
    },
  );

  it.each(['single_query', 'optimistic'] as const)(
    'throws what the function threw under %s, after one call',
    async (strategy) => {
      const worker = new Worker([25]);
      const failure = await errorOf(new BatchProcessor(quick).process(upTo(60), worker.execute, { strategy }));
      expect(failure).toBeInstanceOf(CallbackError);
      expect(failure).toMatchObject({ cause: new Error('25 is bad') });
      expect(worker.calls).toHaveLength(1);
    },
  );

  it('throws errors of uno as they are', async () => {
    const error = new ConfigError('wrong');
    const run = () => {
      throw error;
    };
    expect(await errorOf(new BatchProcessor(quick).process(upTo(3), run))).toBe(error);
  });

  it('tells the source that it is over', async () => {
    const source = new TrackedSource(upTo(60));
    await batchErrorOf(new BatchProcessor(quick).process<number, number>(source.async, new Worker([25]).execute));
    expect(source).toMatchObject({ opened: 1, taken: 30, closed: 1, late: 0 });
  });

  it('waits for the chunks that are under way under parallel', async () => {
    const gate = new Gate();
    let isOver = false;
    const call = errorOf(
      new BatchProcessor(quick).process(
        upTo(60),
        async (_: readonly number[], { firstIndex }) => {
          if (firstIndex === 0) await gate.passed;
          if (firstIndex === 10) throw new Error('no');
        },
        { parallel: true },
      ),
    ).finally(() => {
      isOver = true;
    });
    await settle();
    expect(isOver).toBe(false);
    gate.open();
    expect(await call).toMatchObject({ code: 'UNO_BATCH' });
  });

  it.each([
    ['too few', (records: readonly number[]) => records.slice(1)],
    ['too many', (records: readonly number[]) => [...records, 1]],
    ['none', () => []],
    ['no list', () => 'ten' as unknown as number[]],
  ])('refuses %s results', async (_, run) => {
    for (const onRecordError of ['abort', 'skip'] as const) {
      const calls: unknown[] = [];
      const failure = await errorOf(
        new BatchProcessor(quick).process(
          upTo(10),
          (records: readonly number[]) => {
            calls.push(records);
            return run(records);
          },
          { onRecordError },
        ),
      );
      expect(failure).toBeInstanceOf(ConfigError);
      expect(calls).toHaveLength(1);
    }
  });

  it.each(strategies)('fails with what postProcess throws under %s, and says what is done', async (strategy) => {
    const worker = new Worker();
    const cause = new Error('not good enough');
    const failure = await batchErrorOf(
      new BatchProcessor({ ...quick, maxWorkers: 1 }).process(
        upTo(30),
        {
          execute: worker.execute,
          postProcess: (_, index) => {
            if (index === 5) throw cause;
          },
        },
        { strategy },
      ),
    );
    expect(failure.cause).toMatchObject({ callback: 'postProcess', cause });
    expect([...failure.written]).toEqual(worker.done);
  });
});

describe('what may pass', () => {
  it('is tried again as often as retryCount says, where isTransient says so', async () => {
    const worker = new Worker();
    let failures = 3;
    const processor = new BatchProcessor({ ...quick, retryCount: 3 });
    const { results } = await processor.process(upTo(25), {
      execute: async (records: readonly number[]) => {
        if (records.includes(12) && failures-- > 0) throw new Error('not now');
        return worker.execute(records);
      },
      isTransient: (error) => error instanceof Error && error.message === 'not now',
    });
    expect(results).toHaveLength(25);
    expect(worker.done).toEqual(upTo(25));
    expect(processor.getMetrics().total).toMatchObject({ retries: 3, recordsSuccessful: 25, errorsTotal: 0 });
  });

  it('ends the call when it does not pass, and tells of the attempts', async () => {
    let calls = 0;
    const failure = await errorOf(
      new BatchProcessor({ ...quick, retryCount: 2 }).process(upTo(5), {
        execute: () => {
          calls++;
          throw new Error('never');
        },
        isTransient: () => true,
      }),
    );
    expect(calls).toBe(3);
    expect(failure).toMatchObject({
      code: 'UNO_CALLBACK',
      retries: [{ code: 'UNO_CALLBACK' }, { code: 'UNO_CALLBACK' }],
    });
  });

  it('is known of the errors of uno', async () => {
    let failures = 2;
    const { processed } = await new BatchProcessor(quick).process(upTo(5), () => {
      if (failures-- > 0) throw new DeadlockError('met', 'whole-transaction', { sqlstate: '40P01' });
    });
    expect(processed).toBe(5);
    expect(failures).toBe(-1);
  });

  it('is nothing else', async () => {
    const worker = new Worker([3]);
    await errorOf(new BatchProcessor(quick).process(upTo(5), { execute: worker.execute, isTransient: () => false }));
    await errorOf(new BatchProcessor(quick).process(upTo(5), worker.execute));
    expect(worker.calls).toHaveLength(2);
  });

  it('is not looked for in single records', async () => {
    let calls = 0;
    const failure = await errorOf(
      new BatchProcessor({ ...quick, retryCount: 1 }).process(
        upTo(8),
        {
          execute: () => {
            calls++;
            throw new Error('down');
          },
          isTransient: () => true,
        },
        { onRecordError: 'skip' },
      ),
    );
    expect(failure).toBeInstanceOf(CallbackError);
    expect(calls).toBe(2);
  });
});
