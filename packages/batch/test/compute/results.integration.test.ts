import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ComputeContext } from '@uno/batch';
import { batchErrorOf } from '../support/failure-of.js';
import { Gate } from '../engine/support/gate.js';
import { settle } from '../engine/support/settle.js';
import { strategies } from '../engine/support/strategies.js';
import { range } from '../failure/support/load.js';
import { type Crate, openYard, type Yard } from '../failure/support/yard.js';
import { crateOperations, keySources, someCrates } from './support/crate-yard.js';

let yard: Yard;

beforeAll(async () => {
  yard = await openYard();
});

afterAll(() => yard.close());

beforeEach(() => yard.reset(someCrates(25)));

const batchSize = 4;

/** Takes its time in a way that makes later records ready before earlier ones. */
async function laterFirst({ id }: Crate, { index }: ComputeContext): Promise<number> {
  for (let i = 0; i < 7 - (index % 7); i++) await settle();
  return id;
}

describe.each(strategies)('values of a function under %s', (strategy) => {
  it.each(keySources)('come in the order of the keys, as %s, though they are ready in another', async (_, sourceOf) => {
    const keys = [7, 3, 25, 1, 99, 3, 12, 0, 8, 2, 4];
    const result = await crateOperations(yard, { batchSize, maxWorkers: 3 }).batchCompute(
      { keys: sourceOf(keys) },
      laterFirst,
      { strategy },
    );
    expect(result).toMatchObject({ total: 11, computed: 9, skipped: 2, failed: 0, failures: [] });
    expect(result.results).toEqual([7, 3, 25, 1, undefined, 3, 12, undefined, 8, 2, 4]);
    expect([...result.missing]).toEqual([4, 7]);
  });

  it('come in the order of the key of a table', async () => {
    const result = await crateOperations(yard, { batchSize, maxWorkers: 3 }).batchCompute({ filters: {} }, laterFirst, {
      strategy,
    });
    expect(result).toMatchObject({ total: 25, computed: 25, skipped: 0, failed: 0 });
    expect(result.results).toEqual(range(1, 25));
  });

  it('may be given at once, and be anything', async () => {
    const values = [undefined, null, 0, '', Number.NaN, [], { id: 5 }];
    const { results, computed } = await crateOperations(yard, { batchSize }).batchCompute(
      { filters: { id: { lte: 7 } } },
      (_, { index }) => values[index],
      { strategy },
    );
    expect(computed).toBe(7);
    expect(results).toEqual(values);
  });

  it('go to onResult in their order, one at a time, and nowhere else', async () => {
    const seen: [number, number, number][] = [];
    let underWay = 0;
    const result = await crateOperations(yard, { batchSize, maxWorkers: 3 }).batchCompute({ filters: {} }, laterFirst, {
      strategy,
      onResult: async (value, crate, index) => {
        expect(++underWay).toBe(1);
        await settle();
        underWay--;
        seen.push([value, crate.weight, index]);
      },
    });
    expect(seen).toEqual(range(1, 25).map((id) => [id, id * 100, id - 1]));
    expect(result).toEqual({
      total: 25,
      computed: 25,
      skipped: 0,
      failed: 0,
      failures: [],
      missing: expect.objectContaining({ size: 0 }),
    });
  });

  it('are nothing where there is nothing', async () => {
    await yard.reset();
    const operations = crateOperations(yard, { batchSize });
    const compute = () => 1;
    expect(await operations.batchCompute({ filters: {} }, compute, { strategy })).toMatchObject({
      total: 0,
      results: [],
    });
    expect(yard.statements).toHaveLength(1);
    expect(await operations.batchCompute({ keys: [] }, compute, { strategy })).toMatchObject({ total: 0, results: [] });
    expect(yard.statements).toHaveLength(1);
  });
});

describe('a function', () => {
  it('gets entities of its own, also of a key that comes twice', async () => {
    const { results } = await crateOperations(yard).batchCompute({ keys: [5, 5] }, (crate) => {
      crate.weight += 1;
      return crate;
    });
    expect(results.map((crate) => crate?.weight)).toEqual([501, 501]);
    expect(results[0]).not.toBe(results[1]);
    expect((await yard.rows())[4]?.weight).toBe(500);
  });

  it('is told the position of the record, and that nobody waits any more when the call is over', async () => {
    const contexts: ComputeContext[] = [];
    await crateOperations(yard).batchCompute({ keys: [9, 8] }, (_, context) => {
      contexts.push(context);
      expect(context.signal.aborted).toBe(false);
    });
    expect(contexts.map(({ index }) => index)).toEqual([0, 1]);
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true, true]);
  });

  it('has what it throws left out of the results of rows under skip, and of keys not', async () => {
    const operations = crateOperations(yard, { batchSize });
    const compute = ({ id }: Crate) => {
      if (id % 3 === 0) throw new Error('mine');
      return id;
    };
    const onRecordError = 'skip' as const;
    const ofRows = await operations.batchCompute({ filters: { id: { lt: 8 } } }, compute, { onRecordError });
    expect(ofRows).toMatchObject({ total: 7, computed: 5, failed: 2, results: [1, 2, 4, 5, 7] });
    const ofKeys = await operations.batchCompute({ keys: [6, 5, 99, 3] }, compute, { onRecordError });
    expect(ofKeys).toMatchObject({ total: 4, computed: 1, skipped: 1, failed: 2 });
    expect(ofKeys.results).toEqual([undefined, 5, undefined, undefined]);
    expect(ofKeys.failures.map(({ index, key }) => [index, key])).toEqual([
      [0, '6'],
      [3, '3'],
    ]);
  });
});

describe('onProgress', () => {
  it('is told after every page, with the number of keys', async () => {
    const told: (readonly [number, number | undefined, number | undefined])[] = [];
    await crateOperations(yard, { batchSize }).batchCompute({ keys: range(1, 10) }, ({ id }) => id, {
      onProgress: ({ processed, total, remainingMs }) =>
        told.push([processed, total, remainingMs === undefined ? undefined : Math.sign(remainingMs)]),
    });
    expect(told).toEqual([
      [4, 10, 1],
      [8, 10, 1],
      [10, 10, 0],
    ]);
  });
});

describe('an onResult that throws', () => {
  it('fails the call, with nothing handed over afterwards', async () => {
    const seen: number[] = [];
    const cause = new Error('full');
    const failure = await crateOperations(yard, { batchSize })
      .batchCompute({ filters: {} }, ({ id }) => id, {
        onResult: (id) => {
          if (id === 6) throw cause;
          seen.push(id);
        },
      })
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'UNO_CALLBACK', callback: 'onResult', cause });
    expect(seen).toEqual(range(1, 5));
  });
});

describe('a call that fails', () => {
  it('names the first record that failed, in the order of the source, though a later one failed before', async () => {
    const first = new Gate();
    const call = crateOperations(yard, { batchSize: 25, maxWorkers: 5 }).batchCompute(
      { filters: {} },
      async ({ id }) => {
        if (id === 3) await first.passed;
        if (id === 5) {
          setImmediate(() => first.fail(new Error('third')));
          throw new Error('fifth');
        }
        return id;
      },
    );
    const failure = await batchErrorOf(call);
    expect(failure).toMatchObject({ index: 2, key: '3', cause: { callback: 'compute', cause: { message: 'third' } } });
    expect(failure.message).toBe(
      'batchCompute of 25 Crate failed, nothing was written: record 2 (key 3). The compute function threw.',
    );
  });
});
