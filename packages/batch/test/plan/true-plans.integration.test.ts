import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations, type BatchOperationsOptions } from '@uno/batch';
import type { Queryable } from '@uno/postgres';
import { strategies } from '../engine/support/strategies.js';
import { expectTrue } from './support/expect-true.js';
import {
  type Crates,
  crates,
  makeCrates,
  others,
  type PlannedCall,
  syncs,
  tenCrates,
  type Way,
  writes,
} from './support/planned-calls.js';
import { openWatchedPool, type WatchedPool } from './support/watched-pool.js';

let pool: WatchedPool;

beforeAll(async () => {
  pool = await openWatchedPool(makeCrates);
});

afterAll(async () => {
  await pool.close();
});

beforeEach(async () => {
  await pool.run(tenCrates);
});

function operationsOn(db: Queryable, more: Partial<BatchOperationsOptions<typeof crates>> = {}): Crates {
  return new BatchOperations({ table: crates, db, ...more, config: { batchSize: 3, ...more.config } });
}

const nothing = () => undefined;

/** What somebody who looks on makes different. */
const onlookers: readonly (readonly [string, Partial<BatchOperationsOptions<typeof crates>>])[] = [
  ['observers', { observers: [{ written: nothing }] }],
  ['preProcess', { config: { preProcess: (record) => record } }],
  ['postProcess', { config: { postProcess: nothing } }],
];

/** Plans a call, does it, and compares what was sent. */
async function compare(one: PlannedCall, operations: Crates, way: Way): Promise<void> {
  let plan: Awaited<ReturnType<PlannedCall['plan']>> | undefined;
  const planning = await pool.watch(async () => {
    plan = await one.plan(operations, way);
  });
  expect(planning.statements).toEqual(new Map());
  expect([planning.transactions, planning.savepoints]).toEqual([0, 0]);
  if (plan === undefined) throw new TypeError('There is no plan.');
  expect(JSON.parse(JSON.stringify(plan))).toStrictEqual(plan);
  const watched = await pool.watch(() => one.call(operations, way));
  expectTrue(plan, watched);
  const [tally] = Object.values(operations.getMetrics().operations);
  expect(tally?.chunks).toBe(plan.chunks.count);
}

const ways = strategies.flatMap((strategy): Way[] =>
  strategy === 'parallel'
    ? [{ strategy }, { strategy, atomicity: 'chunk' }]
    : [
        { strategy, atomicity: 'all' },
        { strategy, atomicity: 'chunk' },
      ],
);

describe.each(writes)('a plan of $title', (one) => {
  it.each(ways)('is what is sent under %j', async (way) => {
    await compare(one, operationsOn(pool.db), way);
  });

  it.each(ways)('is what is sent in a transaction of the caller under %j', async (way) => {
    await pool.db.transaction().execute((trx) => compare(one, operationsOn(trx), way));
  });

  it('is what is sent where records at fault are left out', async () => {
    await compare(one, operationsOn(pool.db), { onRecordError: 'skip' });
  });

  it.each(onlookers)('is what is sent where there are %s', async (_, more) => {
    await compare(one, operationsOn(pool.db, more), {});
    await pool.run(tenCrates);
    await compare(one, operationsOn(pool.db, more), { batchSize: 2_000 });
  });

  it('is what is sent where progress is told', async () => {
    await compare(one, operationsOn(pool.db), { onProgress: nothing, batchSize: 2_000 });
  });

  it('is what is sent where everything fits into one chunk', async () => {
    await compare(one, operationsOn(pool.db), { batchSize: 2_000 });
  });
});

describe.each([...others, ...syncs])('a plan of $title', (one) => {
  it.each(onlookers)('is what is sent where there are %s', async (_, more) => {
    await compare(one, operationsOn(pool.db, more), {});
  });

  const taken = others.includes(one) ? strategies : strategies.filter((strategy) => strategy !== 'parallel');

  it.each(taken)('is what is sent under %s', async (strategy) => {
    await compare(one, operationsOn(pool.db), { strategy });
  });

  it.each(taken)('is what is sent in a transaction of the caller under %s', async (strategy) => {
    await pool.db.transaction().execute((trx) => compare(one, operationsOn(trx), { strategy }));
  });
});
