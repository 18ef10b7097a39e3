import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { BatchProcessor } from '@uno/batch';
import { BatchError } from '@uno/domain';
import { CanceledError, OperationTimeoutError } from '@uno/postgres';
import { batchErrorOf, errorOf, strategies, TrackedSource, until, upTo } from './support.js';

const processor = new BatchProcessor({ batchSize: 10, retryDelayMs: 0 });

/** Waits until it is told to stop, in the way of `fetch` and Node's own functions. */
async function untilStopped(signal: AbortSignal): Promise<void> {
  await pause(60_000, undefined, { signal });
}

describe.each(strategies)('a call under %s', (strategy) => {
  it('aborts the signal of the function when its time is up', async () => {
    const reasons: unknown[] = [];
    const failure = await errorOf(
      processor.process(
        upTo(30),
        async (_: readonly number[], { signal }) => {
          await untilStopped(signal).catch((error: unknown) => {
            reasons.push(signal.reason);
            throw error;
          });
        },
        { strategy, timeoutMs: 20 },
      ),
    );
    expect(failure).toBeInstanceOf(OperationTimeoutError);
    expect(failure).toMatchObject({ operation: 'process', timeoutMs: 20 });
    expect(reasons[0]).toBeInstanceOf(OperationTimeoutError);
  });

  it.each(['abort', 'skip'] as const)(
    'aborts it when the caller does, with onRecordError %s',
    async (onRecordError) => {
      const controller = new AbortController();
      let calls = 0;
      const call = errorOf(
        new BatchProcessor({ batchSize: 10, maxWorkers: 1 }).process(
          upTo(30),
          async (_: readonly number[], { signal }) => {
            calls++;
            await untilStopped(signal);
          },
          { strategy, signal: controller.signal, onRecordError },
        ),
      );
      await until('the function is called', () => calls > 0);
      controller.abort(new Error('enough'));
      const failure = await call;
      expect(failure).toBeInstanceOf(CanceledError);
      expect(failure).toMatchObject({ cause: new Error('enough') });
      expect(calls).toBe(1);
    },
  );

  it('is not begun when it is aborted before', async () => {
    const source = new TrackedSource(upTo(5));
    let calls = 0;
    const failure = await errorOf(
      processor.process<number, void>(source.async, () => void calls++, { strategy, signal: AbortSignal.abort() }),
    );
    expect(failure).toBeInstanceOf(CanceledError);
    expect(calls).toBe(0);
    expect(source.taken).toBe(0);
  });

  it('succeeds when it is aborted after its end, and leaves no listener', async () => {
    const controller = new AbortController();
    let added = 0;
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    Object.assign(signal, {
      addEventListener: (...args: Parameters<typeof add>) => {
        added++;
        add(...args);
      },
      removeEventListener: (...args: Parameters<typeof remove>) => {
        added--;
        remove(...args);
      },
    });
    expect(await processor.process(upTo(30), () => undefined, { strategy, signal })).toMatchObject({ processed: 30 });
    expect(added).toBe(0);
    controller.abort();
  });
});

describe('a call that is cancelled', () => {
  it('tells what was done', async () => {
    const controller = new AbortController();
    const failure = await batchErrorOf(
      processor.process(
        upTo(30),
        (_: readonly number[], { firstIndex }) => {
          if (firstIndex === 10) controller.abort();
        },
        { signal: controller.signal },
      ),
    );
    expect(failure.cause).toBeInstanceOf(CanceledError);
    expect(failure.written.ranges).toEqual([{ first: 0, last: 19 }]);
  });

  it('tells what the function threw when that has nothing to do with it', async () => {
    const controller = new AbortController();
    const failure = await errorOf(
      processor.process(
        upTo(5),
        () => {
          controller.abort();
          throw new TypeError('my own');
        },
        { signal: controller.signal },
      ),
    );
    expect(failure).toMatchObject({ code: 'UNO_CALLBACK', cause: new TypeError('my own') });
  });

  it('waits for no source that gives nothing', async () => {
    const controller = new AbortController();
    const never = new TrackedSource(upTo(1));
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => undefined),
        return: async () => ({ done: true, value: never.closed++ }),
      }),
    };
    const call = errorOf(processor.process<number, void>(source, () => undefined, { signal: controller.signal }));
    controller.abort();
    expect(await call).toBeInstanceOf(CanceledError);
    expect(never.closed).toBe(1);
  });

  it('is not taken for a failed one that may be repeated', async () => {
    let calls = 0;
    const failure = await errorOf(
      processor.process(
        upTo(20),
        {
          execute: async (_: readonly number[], { signal }) => {
            calls++;
            await untilStopped(signal);
          },
          isTransient: () => true,
        },
        { timeoutMs: 20 },
      ),
    );
    expect(failure).not.toBeInstanceOf(BatchError);
    expect(failure).toBeInstanceOf(OperationTimeoutError);
    expect(calls).toBe(1);
  });
});
