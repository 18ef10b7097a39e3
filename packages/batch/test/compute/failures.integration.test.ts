import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations, type BatchWriteBackOptions } from '@uno/batch';
import { column, createTables, mapEntity } from '@uno/domain';
import type { UnoError } from '@uno/postgres';
import type pg from 'pg';
import { strategies } from '../engine/support/strategies.js';
import { range } from '../failure/support/load.js';
import { untilWaiting } from '../failure/support/sessions.js';
import { installTrips, TRIPPING, tripTimes } from '../failure/support/trips.js';
import { type Crate, type crates, openYard, through, type Yard } from '../failure/support/yard.js';
import { batchErrorOf, failureOf } from '../support/failure-of.js';
import { crateOperations, crateStatements, keySources, someCrates } from './support/crate-yard.js';

let yard: Yard;
/** Holds locks, while others look what waits for them. */
let blocker: pg.Client;

beforeAll(async () => {
  yard = await openYard();
  blocker = await yard.session();
  await installTrips(yard);
});

afterAll(() => yard.close());

beforeEach(async () => {
  await tripTimes(yard, 0);
  await yard.reset(someCrates(20));
});

const batchSize = 4;
const writeBack = true;

/** Every way of writing back that there is. */
const ways: Omit<BatchWriteBackOptions<typeof crates>, 'writeBack'>[] = strategies.flatMap((strategy) =>
  [false, true].flatMap((lock) =>
    (strategy === 'parallel' ? (['chunk'] as const) : (['all', 'chunk'] as const)).map((atomicity) => ({
      writeBack,
      strategy,
      lock,
      atomicity,
    })),
  ),
);

const sources = [
  ...keySources.map(([name, keysOf]) => [name, () => ({ keys: keysOf(range(1, 20)) })] as const),
  ['a table', () => ({ filters: {} })] as const,
];

/** Crates 7 and 12 weigh what the table refuses. */
function unlucky({ id, weight }: Crate): { weight: number } {
  return { weight: id === 7 || id === 12 ? 13 : weight + 1 };
}

/** The function throws for crates 7 and 12. */
async function throwing({ id, weight }: Crate): Promise<{ weight: number }> {
  if (id === 7 || id === 12) throw new Error(`my own ${id}`);
  return { weight: weight + 1 };
}

const faults = [
  ['whose value the table refuses', unlucky, { code: 'UNO_CONSTRAINT', constraint: 'unlucky' }],
  ['for which the function throws', throwing, { code: 'UNO_CALLBACK', callback: 'compute' }],
] as const;

async function changed(): Promise<number[]> {
  return (await yard.rows()).filter(({ weight }) => weight % 100 === 1).map(({ id }) => id);
}

describe.each(faults)('a record %s', (_, compute, cause) => {
  it.each(sources)('is left out under skip, whichever way %s is written', async (_name, sourceOf) => {
    for (const way of ways) {
      await yard.reset(someCrates(20));
      const told: string[] = [];
      const onError = (_error: UnoError, record: { readonly key: string | undefined } | undefined) =>
        void told.push(String(record?.key));
      const operations = crateOperations(yard, { batchSize, onError });
      const result = await operations.batchCompute(sourceOf(), compute, { ...way, onRecordError: 'skip' });
      expect(result).toMatchObject({ total: 20, updated: 18, unchanged: 0, skipped: 0, failed: 2 });
      expect(result.failures).toMatchObject([
        { index: 6, key: '7', status: 'failed', error: cause },
        { index: 11, key: '12', status: 'failed', error: cause },
      ]);
      expect(told.toSorted()).toEqual(['12', '7']);
      expect(await changed()).toEqual(range(1, 20).filter((id) => id !== 7 && id !== 12));
    }
  });

  it.each(sources)('ends the call and is named under abort, whichever way %s is written', async (_name, sourceOf) => {
    for (const way of ways) {
      await yard.reset(someCrates(20));
      const failure = await batchErrorOf(crateOperations(yard, { batchSize }).batchCompute(sourceOf(), compute, way));
      expect(failure).toMatchObject({ operation: 'batchCompute', index: 6, key: '7', cause });
      const written = range(1, 20).filter((id) => failure.written.has(id - 1));
      expect(await changed()).toEqual(written);
      if (way.atomicity === 'all' || way.strategy === 'single_query') expect(written).toEqual([]);
      else if (way.strategy === 'chunked') expect(written).toEqual([1, 2, 3, 4]);
    }
  });

  it('ends a call under skip when there are too many', async () => {
    for (const way of ways) {
      const options = { ...way, onRecordError: 'skip', maxFailures: 1 } as const;
      const call = crateOperations(yard, { batchSize }).batchCompute({ filters: {} }, compute, options);
      const failure = await batchErrorOf(call);
      expect(failure.failures).toHaveLength(2);
      expect(await changed()).toEqual(range(1, 20).filter((id) => failure.written.has(id - 1)));
      await yard.reset(someCrates(20));
    }
  });
});

describe('a function that throws', () => {
  it('stops what is read and computed', async () => {
    for (const strategy of strategies.filter((one) => one !== 'single_query' && one !== 'optimistic')) {
      yard.statements.length = 0;
      const calls: number[] = [];
      const call = crateOperations(yard, { batchSize, maxWorkers: 2 }).batchCompute(
        { filters: {} },
        async ({ id }) => {
          calls.push(id);
          if (id === 6) throw new Error('mine');
        },
        { strategy },
      );
      await batchErrorOf(call);
      // One more may have been begun beside it, and under a pipeline a page may have been read ahead.
      expect(calls).toEqual(range(1, calls.length));
      expect(calls.length).toBeLessThanOrEqual(7);
      expect(crateStatements(yard).length).toBeLessThanOrEqual(strategy === 'chunked' ? 2 : 4);
    }
  });

  it('is not called again for anybody else when its record is left out', async () => {
    const calls: number[] = [];
    await crateOperations(yard, { batchSize }).batchCompute(
      { filters: {} },
      (crate) => {
        calls.push(crate.id);
        return unlucky(crate);
      },
      { writeBack, onRecordError: 'skip' },
    );
    expect(calls).toEqual(range(1, 20));
  });

  it('may throw anything', async () => {
    for (const thrown of [undefined, null, 'text', new Error('mine')]) {
      const failure = await batchErrorOf(
        crateOperations(yard).batchCompute({ keys: [3] }, () => {
          throw thrown;
        }),
      );
      expect(failure.cause.cause).toBe(thrown);
    }
  });
});

describe('keys that are none', () => {
  const keys = [1, 2, 3, 4, 5, 'x', 7, null, 8] as number[];

  it('are the failures of their records under skip', async () => {
    for (const [, keysOf] of keySources) {
      const result = await crateOperations(yard, { batchSize }).batchCompute({ keys: keysOf(keys) }, ({ id }) => id, {
        onRecordError: 'skip',
      });
      expect(result).toMatchObject({
        total: 9,
        computed: 7,
        failed: 2,
        results: [1, 2, 3, 4, 5, undefined, 7, undefined, 8],
      });
      expect(result.failures).toMatchObject([{ index: 5 }, { index: 7 }]);
    }
    for (const way of ways) {
      const result = await crateOperations(yard, { batchSize }).batchCompute(
        { keys },
        ({ id }) => ({ note: `n${id}` }),
        {
          ...way,
          onRecordError: 'skip',
        },
      );
      expect(result).toMatchObject({ total: 9, failed: 2 });
    }
  });

  it('in an array end the call before anything is sent', async () => {
    yard.statements.length = 0;
    const operations = crateOperations(yard, { batchSize });
    const compute = ({ id }: Crate) => ({ note: `n${id}` });
    const failures = [
      await batchErrorOf(operations.batchCompute({ keys }, compute)),
      ...(await Promise.all(ways.map((way) => batchErrorOf(operations.batchCompute({ keys }, compute, way))))),
    ];
    for (const failure of failures) expect(failure).toMatchObject({ index: 5, cause: { code: 'UNO_VALIDATION' } });
    expect(yard.statements).toEqual([]);
  });
});

describe('a failure that may pass', () => {
  it.each([false, true])('is got over when a chunk is written, with lock: %s', async (lock) => {
    await tripTimes(yard, 2);
    const calls: number[] = [];
    const operations = crateOperations(yard, { batchSize, retryDelayMs: 1 });
    const result = await operations.batchCompute(
      { filters: {} },
      ({ id }) => {
        calls.push(id);
        return id === 6 ? { weight: TRIPPING, note: '40P01' } : { note: 'new' };
      },
      { writeBack, lock },
    );
    expect(result).toMatchObject({ total: 20, updated: 20 });
    expect(operations.getMetrics().total.retries).toBe(2);
    // The rows were the same when the transaction was repeated.
    expect(calls).toEqual(range(1, 20));
  });

  it.each(['all', 'chunk'] as const)('is got over when keys are written, atomicity %s', async (atomicity) => {
    await tripTimes(yard, 1);
    const calls: number[] = [];
    const result = await crateOperations(yard, { batchSize, retryDelayMs: 1 }).batchCompute(
      { keys: range(1, 9) },
      ({ id }) => {
        calls.push(id);
        return id === 6 ? { weight: TRIPPING, note: '40001' } : { note: 'new' };
      },
      { writeBack, atomicity },
    );
    expect(result).toMatchObject({ total: 9, updated: 9 });
    expect(calls).toEqual(range(1, 9));
  });

  it.each([
    ['a table', { filters: {} }],
    ['keys', { keys: range(1, 20) }],
  ])('is got over when rows of %s are read', async (_, source) => {
    const operations = crateOperations(yard, { batchSize, retryDelayMs: 1 });
    let ended: Promise<void> | undefined;
    const result = await operations.batchCompute(source, async ({ id }) => {
      if (id === 6) {
        await blocker.query('begin; lock table crate in access exclusive mode');
        ended = endWaiting();
      }
      return id;
    });
    await ended;
    expect(result).toMatchObject({ total: 20, computed: 20, results: range(1, 20) });
    expect(operations.getMetrics().total.retries).toBe(1);
  });

  it('ends the call after so many times', async () => {
    const operations = crateOperations(yard, { batchSize, retryCount: 1, retryDelayMs: 1 });
    await blocker.query('begin; lock table crate in access exclusive mode');
    const failure = failureOf(operations.batchCompute({ filters: {} }, ({ id }) => id, { onRecordError: 'skip' }));
    for (let i = 0; i < 2; i++) {
      await untilWaiting(yard);
      await yard.run(endOfWaiting);
    }
    expect(await failure).toMatchObject({ code: 'UNO_CONNECTION', retries: [{ code: 'UNO_CONNECTION' }] });
    await blocker.query('rollback');
  });
});

/** Ends whoever waits for a lock, and waits until they are gone. */
const endOfWaiting = `select pg_terminate_backend(pid, 30000) from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock' and state = 'active'`;

/** Ends the session that waits for the lock, and lets go of that. */
async function endWaiting(): Promise<void> {
  await untilWaiting(yard);
  await yard.run(endOfWaiting);
  await blocker.query('rollback');
}

describe('rows that cannot be read', () => {
  /** Reading a crate of this weight fails. */
  const unreadable = 999;

  beforeAll(async () => {
    // Cannot be evaluated for some rows, as a filter may.
    await yard.run(`create function heavy(int) returns int language plpgsql as $$ begin
        if $1 = ${unreadable} then raise exception 'no' using errcode = '22012'; end if;
        return $1;
      end $$`);
  });

  it('end the call, also where records are left out, and tell what is written', async () => {
    await yard.run('alter table crate rename to crate_table');
    await yard.run(`create view crate as select id, label, heavy(weight) as weight, note, dock_id from crate_table`);
    try {
      await yard.run(`update crate_table set weight = ${unreadable} where id = 10`);
      const failure = await batchErrorOf(
        crateOperations(yard, { batchSize }).batchCompute({ filters: {} }, ({ id }) => id, { onRecordError: 'skip' }),
      );
      expect(failure).toMatchObject({ index: undefined, sqlstate: '22012' });
    } finally {
      await yard.run('drop view crate; alter table crate_table rename to crate');
    }
  });

  it('are not read again in a transaction of the caller, which is over', async () => {
    const failure = await failureOf(
      yard.db.transaction().execute(async (transaction) => {
        const operations = crateOperations(yard, { batchSize }, transaction);
        await operations.batchCompute({ filters: {} }, async ({ id }) => {
          if (id === 4) await through(transaction, 'select 1/0').catch(() => undefined);
          return id;
        });
      }),
    );
    expect(failure).toMatchObject({ code: expect.stringMatching(/^UNO_/) });
  });
});

class Host {
  address!: string;
  name!: string;
}

describe('a key that PostgreSQL alone can refuse', () => {
  const hosts = mapEntity(Host, {
    table: 'host',
    key: 'address',
    columns: { address: column.ofType('inet'), name: column.text() },
  });
  const addresses = range(1, 10).map((n) => `10.0.0.${n}`);
  const keys = [...addresses.slice(0, 6), '10.0.0.999', ...addresses.slice(6)];

  beforeAll(() => createTables(yard.db, [hosts]));

  beforeEach(async () => {
    await yard.run(`truncate host; insert into host select unnest('{${addresses}}'::inet[]), 'a'`);
  });

  it('is found among others', async () => {
    const operations = new BatchOperations({ table: hosts, db: yard.db, config: { batchSize: 8 } });
    const compute = ({ name }: Host) => ({ name: `${name}!` });
    for (const keysOf of [() => keys, () => keys.values()]) {
      const failure = await batchErrorOf(operations.batchCompute({ keys: keysOf() }, compute));
      expect(failure).toMatchObject({ index: 6, key: '10.0.0.999', sqlstate: '22P02' });
      const result = await operations.batchCompute({ keys: keysOf() }, compute, { onRecordError: 'skip' });
      expect(result).toMatchObject({ total: 11, computed: 10, failed: 1, failures: [{ index: 6 }] });
    }
    for (const way of ways) {
      const result = await operations.batchCompute({ keys }, compute, { ...way, onRecordError: 'skip' });
      expect(result).toMatchObject({ total: 11, updated: 10, failed: 1, failures: [{ index: 6, key: '10.0.0.999' }] });
      expect(await batchErrorOf(operations.batchCompute({ keys }, compute, way))).toMatchObject({ index: 6 });
    }
  });
});
