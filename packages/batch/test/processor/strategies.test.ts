import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { BatchProcessor } from '@uno/batch';
import { Gate, settle, strategies, TrackedSource, upTo, Worker } from './support.js';

describe.each(strategies)('a BatchProcessor under %s', (strategy) => {
  const processor = new BatchProcessor({ batchSize: 10, executionStrategy: strategy });

  it.each([
    ['an array', () => upTo(45)],
    ['a Set', () => new Set(upTo(45))],
    ['a generator', () => upTo(45).values()],
    ['a stream', () => Readable.from(upTo(45))],
    ['an iterable', () => new TrackedSource(upTo(45)).sync],
    ['an async iterable', () => new TrackedSource(upTo(45)).async],
  ])('gives the results of %s in order', async (_, source) => {
    const worker = new Worker();
    const { results, ...totals } = await processor.process<number, number>(source(), worker.execute);
    expect(results).toEqual(upTo(45).map((n) => n * 10));
    expect(totals).toEqual({ total: 45, processed: 45, skipped: 0, failed: 0, failures: [] });
    expect(worker.done.toSorted((a, b) => a - b)).toEqual(upTo(45));
  });

  it('calls the function once a chunk', async () => {
    const worker = new Worker();
    await processor.process(upTo(45), worker.execute);
    const sizes = strategy === 'single_query' || strategy === 'optimistic' ? [45] : [10, 10, 10, 10, 5];
    expect(worker.calls.map((call) => call.length)).toEqual(sizes);
  });

  it('does not call it for nothing', async () => {
    const worker = new Worker();
    expect(await processor.process([], worker.execute)).toEqual({
      total: 0,
      processed: 0,
      skipped: 0,
      failed: 0,
      failures: [],
      results: [],
    });
    expect(await processor.process(new Set<number>(), worker.execute)).toMatchObject({ total: 0 });
    expect(await processor.process(upTo(25), { preProcess: () => null, execute: worker.execute })).toMatchObject({
      total: 25,
      processed: 0,
      skipped: 25,
      results: [],
    });
    expect(worker.calls).toEqual([]);
  });

  it('takes a function that gives nothing, or works at once', async () => {
    const seen: number[] = [];
    const nothing = (records: readonly number[]) => void seen.push(...records);
    expect(await processor.process(upTo(25), nothing)).toMatchObject({ processed: 25, results: [] });
    expect(seen).toEqual(upTo(25));
    const { results } = await processor.process(upTo(25), (records: readonly number[]) => records.map(String));
    expect(results).toEqual(upTo(25).map(String));
  });

  it('gives results that are undefined or null, too', async () => {
    const { results } = await processor.process(upTo(15), (records: readonly number[]) =>
      records.map((n) => (n % 2 === 0 ? undefined : null)),
    );
    expect(results).toEqual(upTo(15).map((n) => (n % 2 === 0 ? undefined : null)));
  });

  it('says where a chunk begins', async () => {
    const firsts: [number, number | undefined][] = [];
    await processor.process(upTo(45), (records: readonly number[], { firstIndex }) => {
      firsts.push([firstIndex, records[0]]);
    });
    for (const [firstIndex, first] of firsts) expect(firstIndex).toBe(first);
  });

  it('leaves out the records for which preProcess gives null, and works on what it gives', async () => {
    const seen: [number, number][] = [];
    const { results, ...totals } = await processor.process(upTo(45), {
      preProcess: (n: number, index: number) => {
        seen.push([n, index]);
        return n % 3 === 0 ? null : `text ${n}`;
      },
      execute: async (texts: readonly string[]) => texts.map((text) => text.toUpperCase()),
    });
    expect(results).toEqual(upTo(45).flatMap((n) => (n % 3 === 0 ? [] : [`TEXT ${n}`])));
    expect(totals).toEqual({ total: 45, processed: 30, skipped: 15, failed: 0, failures: [] });
    expect(seen).toEqual(upTo(45).map((n) => [n, n]));
  });

  it('post-processes every result once, with its position', async () => {
    const seen: [number, number][] = [];
    await processor.process(upTo(45), {
      preProcess: (n: number) => (n === 7 ? null : n),
      execute: new Worker().execute,
      postProcess: async (result: number, index: number) => void seen.push([result, index]),
    });
    expect(seen.toSorted((a, b) => a[1] - b[1])).toEqual(upTo(45).flatMap((n) => (n === 7 ? [] : [[n * 10, n]])));
  });

  it('never runs more than maxWorkers calls of postProcess for a chunk', async () => {
    let underWay = 0;
    let most = 0;
    await new BatchProcessor({ executionStrategy: strategy, maxWorkers: 3 }).process(upTo(20), {
      execute: new Worker().execute,
      postProcess: async () => {
        most = Math.max(most, ++underWay);
        await settle();
        underWay--;
      },
    });
    expect(most).toBe(3);
  });

  it('closes no source that came to its end', async () => {
    const source = new TrackedSource(upTo(45));
    await processor.process<number, number>(source.async, new Worker().execute);
    expect(source).toMatchObject({ opened: 1, taken: 45, closed: 0, late: 0 });
  });
});

describe('a BatchProcessor', () => {
  it.each([1, 2, 5])('does at most %i chunks side by side under parallel, if it may', async (maxWorkers) => {
    const gates = upTo(9).map(() => new Gate());
    const begun: number[] = [];
    const call = new BatchProcessor({ maxWorkers }).process(
      upTo(45),
      async (_: readonly number[], { firstIndex }) => {
        begun.push(firstIndex / 5);
        await gates[firstIndex / 5]?.passed;
      },
      { parallel: true, batchSize: 5 },
    );
    await settle();
    expect(begun).toEqual(upTo(maxWorkers));
    gates[maxWorkers - 1]?.open();
    await settle();
    expect(begun).toEqual(upTo(maxWorkers + 1));
    for (const gate of gates) gate.open();
    expect(await call).toMatchObject({ processed: 45 });
  });

  it('gives the results in order under parallel, whichever chunk is first', async () => {
    const gates = upTo(4).map(() => new Gate());
    const call = new BatchProcessor({ maxWorkers: 4 }).process(
      upTo(8),
      async (records: readonly number[], { firstIndex }) => {
        await gates[firstIndex / 2]?.passed;
        return records;
      },
      { parallel: true, batchSize: 2 },
    );
    for (const gate of gates.toReversed()) {
      gate.open();
      await settle();
    }
    expect((await call).results).toEqual(upTo(8));
  });

  it('does chunks with a record of the same key one after the other under parallel, in their order', async () => {
    const gates = new Map(['a1', 'b1', 'a2', 'c1'].map((name) => [name, new Gate()]));
    const begun: string[] = [];
    const call = new BatchProcessor({ maxWorkers: 4 }).process(
      ['a1', 'b1', 'a2', 'c1'],
      {
        keyOf: (name: string) => name.slice(0, 1),
        execute: async ([name = '']: readonly string[]) => {
          begun.push(name);
          await gates.get(name)?.passed;
        },
      },
      { parallel: true, batchSize: 1 },
    );
    await settle();
    expect(begun).toEqual(['a1', 'b1']);
    gates.get('b1')?.open();
    await settle();
    expect(begun).toEqual(['a1', 'b1']);
    gates.get('a1')?.open();
    await settle();
    expect(begun).toEqual(['a1', 'b1', 'a2', 'c1']);
    for (const gate of gates.values()) gate.open();
    await call;
  });

  it('pre-processes two chunks ahead of the one that is being executed in a pipeline, and post-processes behind it', async () => {
    const gates = upTo(9).map(() => new Gate());
    const pre: number[] = [];
    const post: number[] = [];
    const source = new TrackedSource(upTo(45));
    const call = new BatchProcessor({ executionStrategy: 'pipelined', batchSize: 5 }).process(source.async, {
      preProcess: (n: number, index: number) => {
        pre.push(index);
        return n;
      },
      execute: async (records: readonly number[], { firstIndex }) => {
        await gates[firstIndex / 5]?.passed;
        return records;
      },
      postProcess: (_, index) => void post.push(index),
    });
    await settle();
    expect([pre, post]).toEqual([upTo(15), []]);
    gates[0]?.open();
    await settle();
    expect([pre, post]).toEqual([upTo(20), upTo(5)]);
    expect(source.taken).toBe(20);
    for (const gate of gates) gate.open();
    expect(await call).toMatchObject({ results: upTo(45) });
    expect(post).toEqual(upTo(45));
  });

  it('reads one chunk at a time under chunked', async () => {
    const gates = upTo(3).map(() => new Gate());
    const source = new TrackedSource(upTo(15));
    const call = new BatchProcessor({ batchSize: 5 }).process<number, void>(source.async, async (_, { firstIndex }) => {
      await gates[firstIndex / 5]?.passed;
    });
    for (const [i, gate] of gates.entries()) {
      await settle();
      expect(source.taken).toBe((i + 1) * 5);
      gate.open();
    }
    expect(await call).toMatchObject({ processed: 15 });
  });
});
