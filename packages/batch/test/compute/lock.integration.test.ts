import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { Gate } from '../engine/support/gate.js';
import { strategies } from '../engine/support/strategies.js';
import { range } from '../failure/support/load.js';
import { untilWaiting } from '../failure/support/sessions.js';
import { installTrips, TRIPPING, tripTimes } from '../failure/support/trips.js';
import { openYard, type Yard } from '../failure/support/yard.js';
import { crateOperations, crateStatements, someCrates } from './support/crate-yard.js';

let yard: Yard;
let somebody: pg.Client;

beforeAll(async () => {
  yard = await openYard({ max: 8 });
  somebody = await yard.session();
  await installTrips(yard);
});

afterAll(() => yard.close());

beforeEach(() => yard.reset(someCrates(10)));

const writeBack = true;
const batchSize = 4;

async function weightOf(id: number): Promise<number | undefined> {
  return (await yard.rows()).find((row) => row.id === id)?.weight;
}

/** Adds one to the weight of crate 3, while somebody else adds ten to it in between. */
async function race(lock: boolean): Promise<void> {
  const read = new Gate();
  const go = new Gate();
  const call = crateOperations(yard).batchCompute(
    { keys: [3] },
    async ({ weight }) => {
      read.open();
      await go.passed;
      return { weight: weight + 1 };
    },
    { writeBack, lock },
  );
  await read.passed;
  const other = somebody.query('update crate set weight = weight + 10 where id = 3');
  if (lock) await untilWaiting(yard);
  else await other;
  go.open();
  await Promise.all([call, other]);
}

describe('what somebody else writes between reading and writing back', () => {
  it('is written over without a lock, as this test would notice', async () => {
    await race(false);
    expect(await weightOf(3)).toBe(301);
  });

  it('waits with a lock', async () => {
    await race(true);
    expect(await weightOf(3)).toBe(311);
  });

  it('may refer to the row meanwhile, whose key stays', async () => {
    await crateOperations(yard).batchCompute(
      { keys: [3] },
      async () => {
        await somebody.query('insert into seal (crate_id) values (3)');
        return { note: 'sealed' };
      },
      { writeBack, lock: true },
    );
    expect((await yard.rows())[2]?.note).toBe('sealed');
  });
});

describe.each(strategies)('rows that are locked under %s', (strategy) => {
  it('are read once more with their chunk, so that increments of many calls add up', async () => {
    const add = (by: number) =>
      crateOperations(yard, { batchSize: 3, retryDelayMs: 1 }).batchCompute(
        by % 2 === 0 ? { filters: {} } : { keys: range(1, 10) },
        async ({ weight }) => ({ weight: weight + by }),
        { writeBack, lock: true, strategy },
      );
    const results = await Promise.all(range(1, 4).map(add));
    for (const result of results) expect(result).toMatchObject({ total: 10, updated: 10 });
    expect((await yard.rows()).map(({ weight }) => weight)).toEqual(range(1, 10).map((id) => id * 100 + 10));
  });

  it('are passed over if they are gone by then, or the filter does not hold any more', async () => {
    await somebody.query('begin');
    await somebody.query('update crate set weight = 5 where id = 2');
    await somebody.query('delete from crate where id = 3');
    const calls: number[] = [];
    const call = crateOperations(yard, { batchSize }).batchCompute(
      { filters: { weight: { gte: 100 } } },
      ({ id }) => {
        calls.push(id);
        return { note: 'new' };
      },
      { writeBack, lock: true, strategy, outcomes: true },
    );
    await untilWaiting(yard);
    await somebody.query('commit');
    const result = await call;
    expect(result).toMatchObject({ total: 10, updated: 8, skipped: 2 });
    expect(result.outcomes.slice(0, 4).map(({ key, status }) => [key, status])).toEqual([
      ['1', 'updated'],
      ['2', 'skipped'],
      ['3', 'skipped'],
      ['4', 'updated'],
    ]);
    expect(calls.toSorted((a, b) => a - b)).toEqual([1, 4, 5, 6, 7, 8, 9, 10]);
    expect((await yard.rows()).find(({ id }) => id === 2)).toMatchObject({ weight: 5, note: 'none' });
  });
});

describe('a chunk whose rows are locked', () => {
  it('costs three statements in its transaction, and one for its page', async () => {
    await crateOperations(yard, { batchSize: 5 }).batchCompute({ filters: {} }, () => ({ note: 'new' }), {
      writeBack,
      lock: true,
    });
    expect(crateStatements(yard)).toEqual(['select', 'select', 'with', 'select', 'select', 'with', 'select']);
  });

  it('is not computed again when its transaction is repeated and its rows are as they were', async () => {
    await tripTimes(yard, 1);
    const calls: [number, number][] = [];
    const result = await crateOperations(yard, { batchSize, retryDelayMs: 1 }).batchCompute(
      { keys: [1, 2, 3] },
      async ({ id, weight }) => {
        calls.push([id, weight]);
        return id === 2 ? { weight: TRIPPING, note: '40001' } : { weight: weight + 1 };
      },
      { writeBack, lock: true },
    );
    expect(result.updated).toBe(3);
    expect(calls).toEqual([
      [1, 100],
      [2, 200],
      [3, 300],
    ]);
  });

  it('is computed again for a row that is another one by then', async () => {
    await tripTimes(yard, 1);
    const calls: [number, number][] = [];
    let other: Promise<unknown> | undefined;
    const result = await crateOperations(yard, { batchSize, retryDelayMs: 1 }).batchCompute(
      { keys: [1, 2, 3] },
      async ({ id, weight }) => {
        calls.push([id, weight]);
        if (id !== 2) return { weight: weight + 1 };
        // It waits for the first attempt, and is through when that is rolled back.
        other ??= somebody.query('update crate set weight = 7 where id = 1');
        await untilWaiting(yard);
        return { weight: TRIPPING, note: '40001' };
      },
      { writeBack, lock: true },
    );
    await other;
    expect(result.updated).toBe(3);
    expect(calls).toEqual([
      [1, 100],
      [2, 200],
      [3, 300],
      [1, 7],
    ]);
    expect(await weightOf(1)).toBe(8);
  });
});
