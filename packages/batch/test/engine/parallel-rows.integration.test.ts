import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { someTowns } from '../support/town.js';
import { until } from '../support/until.js';
import { EngineDatabase, type TownPool } from './support/engine-database.js';
import { settle } from './support/settle.js';
import { TrackedSource } from './support/tracked-source.js';

let database: EngineDatabase;
let four: TownPool;

beforeAll(async () => {
  database = await EngineDatabase.open();
  four = database.connect(5);
});

afterAll(() => database.close());

beforeEach(async () => {
  await database.reset();
  await four.operations().batchInsert(someTowns(20));
  four.statements.length = 0;
});

const strategy = 'parallel';

/** How many statements of a kind were sent. */
function sent(kind: string): number {
  return four.statements.filter((text) => text.includes(kind)).length;
}

/** Holds the row of a town, so that whoever writes it waits. */
async function holdingRow<T>(id: number, run: () => Promise<T>): Promise<T> {
  await database.run(`begin; select 1 from town where id = ${id} for update`);
  try {
    return await run();
  } finally {
    await database.run('rollback');
  }
}

describe('chunks with a row in common', () => {
  it('are updated one after the other, and the later record wins', async () => {
    const changes = new TrackedSource([
      { id: 1, population: -1 },
      { id: 2, population: -2 },
      { id: 3, population: -3 },
      { id: 4, population: -4 },
      { id: 2, population: -20 },
      { id: 5, population: -5 },
    ]);
    const call = await holdingRow(1, async () => {
      const updating = four.operations({ batchSize: 2 }).batchUpdate(changes.async, { strategy });
      await until('the first chunk waits', async () => (await database.waiting()) === 1);
      await until(
        'the second one is done',
        async () => (await database.number('select population as n from town where id = 4')) === -4,
      );
      await until('the third one is read', () => changes.taken === 6);
      await settle();
      expect(sent('update')).toBe(2);
      return { updating };
    });
    expect(await call.updating).toMatchObject({ total: 6, updated: 6 });
    expect(await database.numbers('select population as n from town where id <= 5 order by id')).toEqual([
      -1, -20, -3, -4, -5,
    ]);
  });

  it('are upserted one after the other, and the later record wins', async () => {
    const town = (id: number, population: number) => ({ id, name: `town ${id - 1}`, country: 'FR', population });
    const records = new TrackedSource([town(1, -1), town(2, -2), town(3, -3), town(4, -4), town(2, -20), town(50, -5)]);
    const call = await holdingRow(1, async () => {
      const upserting = four.operations({ batchSize: 2 }).batchUpsert(records.async, { strategy });
      await until('the first chunk waits', async () => (await database.waiting()) === 1);
      await until(
        'the second one is done',
        async () => (await database.number('select population as n from town where id = 4')) === -4,
      );
      await until('the third one is read', () => records.taken === 6);
      await settle();
      expect(sent('insert')).toBe(2);
      return { upserting };
    });
    expect(await call.upserting).toMatchObject({ total: 6, inserted: 1, updated: 5 });
    expect(await database.number('select population as n from town where id = 2')).toBe(-20);
  });

  it.each([
    ['a list', [1, 2, 3, 4, 2, 5]],
    ['a source', new TrackedSource([1, 2, 3, 4, 2, 5]).async],
  ])('are deleted one after the other, from %s', async (_, keys) => {
    const call = await holdingRow(1, async () => {
      const deleting = four.operations({ batchSize: 2 }).batchDelete(keys, { strategy });
      await until('the first chunk waits', async () => (await database.waiting()) === 1);
      await until('the second one is done', async () => (await database.towns()) === 18);
      await settle();
      expect(sent('delete')).toBe(2);
      return { deleting };
    });
    expect(await call.deleting).toMatchObject({ total: 6, deleted: 5, skipped: 1 });
  });

  it('are inserted one after the other, so that the first record is the one that is in', async () => {
    await database.closeGate(0);
    const records = [
      { id: 101, name: 'first', country: 'FR', population: EngineDatabase.gate },
      { id: 102, name: 'second', country: 'FR', population: 0 },
      { id: 101, name: 'again', country: 'FR', population: 0 },
    ];
    const call = four.operations({ batchSize: 1 }).batchInsert(records, { strategy, onRecordError: 'skip' });
    await until('the second one is in', async () => (await database.towns()) === 21);
    await settle();
    expect(sent('insert')).toBe(2);
    await database.openGate(0);
    expect(await call).toMatchObject({ inserted: 2, failures: [{ index: 2, key: '101' }] });
    expect(await database.number(`select count(*)::int as n from town where name = 'first'`)).toBe(1);
  });
});

describe('records of one key, spread at random over chunks', () => {
  it('work as one after the other', async () => {
    const change = fc.record({ id: fc.integer({ min: 1, max: 6 }), population: fc.integer({ min: 0, max: 1000 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 30 }),
        fc.integer({ min: 1, max: 4 }),
        async (changes, batchSize) => {
          await database.run('update town set population = 0');
          const expected = new Map([1, 2, 3, 4, 5, 6].map((id) => [id, 0]));
          for (const { id, population } of changes) expected.set(id, population);
          await four.operations({ batchSize }).batchUpdate(changes.values(), { strategy });
          const found = await database.numbers('select population as n from town where id <= 6 order by id');
          expect(found).toEqual([...expected.values()]);
        },
      ),
      { numRuns: 40 },
    );
  });
});

/** As many deadlocks as there were in calls, which repeated what they had to undo. */
function deadlocks(operations: ReturnType<TownPool['operations']>): number {
  return operations.getMetrics().total.retriesBySqlstate['40P01'] ?? 0;
}

const ids = Array.from({ length: 20 }, (_, i) => i + 1);

describe('an upsert', () => {
  it.each([
    ['its key', undefined],
    ['another constraint', ['country', 'name'] as const],
  ])(
    'locks the rows that it finds by %s in the order of that, whatever the order of the records',
    async (_, constraintColumns) => {
      await database.run(`update town set name = 'place ' || lpad(id::text, 2, '0')`);
      const name = (id: number) => `place ${String(id).padStart(2, '0')}`;
      const records = ids.map((id) => ({ id, name: name(id), country: 'FR', population: -1 })).reverse();
      const call = await holdingRow(10, async () => {
        const upserting = four.operations().batchUpsert(records, { constraintColumns });
        await until('it waits for the row that is held', async () => (await database.waiting()) === 1);
        const free = await database.numbers('select id as n from town order by id for update skip locked');
        expect(free).toEqual(ids.slice(9));
        return { upserting };
      });
      expect(await call.upserting).toMatchObject({ updated: 20 });
    },
  );
});

describe('many calls side by side', () => {
  it.each([
    ['by key', undefined],
    ['by another constraint', ['country', 'name'] as const],
  ])(
    'that upsert the same rows, which are there, %s, in random orders, all end without a deadlock',
    async (_, constraintColumns) => {
      const operations = four.operations({ batchSize: 10 });
      const orders = fc.array(fc.shuffledSubarray(ids, { minLength: 8 }), { minLength: 6, maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(orders, async (all) => {
          await database.run('update town set population = -1');
          const calls = all.map((order, n) => {
            const records = order.map((id) => ({ id, name: `town ${id - 1}`, country: 'FR', population: n }));
            return operations.batchUpsert(records.values(), { strategy, constraintColumns });
          });
          await Promise.all(calls);
          const writers = await database.numbers('select population as n from town order by id');
          // Every row is as one of the calls wrote it that have it.
          for (const [i, id] of ids.entries()) {
            const isWritten = all.some((order) => order.includes(id));
            expect(all[writers[i] ?? -1]?.includes(id) ?? false).toBe(isWritten);
          }
        }),
        { numRuns: 25 },
      );
      expect(deadlocks(operations)).toBe(0);
    },
  );

  it('that upsert, update and delete the same keys end, and their totals add up', async () => {
    const operations = four.operations({ batchSize: 3, retryCount: 10, retryDelayMs: 1 });
    const orders = fc.array(fc.shuffledSubarray(ids, { minLength: 5 }), { minLength: 4, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(orders, async (all) => {
        await database.run('truncate town');
        const totals = await Promise.all(
          all.map((order, n) => {
            if (n % 3 === 1) return operations.batchDelete(order, { strategy });
            // Of new rows that are alike in two unique constraints, PostgreSQL may refuse one: ON CONFLICT names one.
            const records = order.map((id) => ({ id, name: `town ${id} of ${n}`, country: 'FR', population: n }));
            return n % 3 === 0
              ? operations.batchUpsert(records, { strategy })
              : operations.batchUpdate(records, { strategy });
          }),
        );
        const inserted = totals.reduce((sum, one) => sum + one.inserted, 0);
        const deleted = totals.reduce((sum, one) => sum + one.deleted, 0);
        expect(await database.towns()).toBe(inserted - deleted);
        for (const [n, { total, failed }] of totals.entries()) expect([total, failed]).toEqual([all[n]?.length, 0]);
      }),
      { numRuns: 12 },
    );
  });

  it('that are one transaction each, and meet in a deadlock, end all the same', async () => {
    const operations = four.operations({ batchSize: 1, retryDelayMs: 1 });
    await database.run('begin; select 1 from town where id = 20 for update');
    const there = operations.batchUpdate(
      [1, 20, 2].map((id) => ({ id, population: -1 })),
      { strategy: 'pipelined' },
    );
    await until('the first waits', async () => (await database.waiting()) === 1);
    const back = operations.batchUpdate(
      [2, 1].map((id) => ({ id, population: -2 })),
      { strategy: 'pipelined' },
    );
    await until('the second waits, too', async () => (await database.waiting()) === 2);
    await database.run('rollback');
    expect(await there).toMatchObject({ updated: 3 });
    expect(await back).toMatchObject({ updated: 2 });
    expect(deadlocks(operations)).toBe(1);
  });
});
