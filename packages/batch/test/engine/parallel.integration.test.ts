import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { batchErrorOf } from '../support/failure-of.js';
import { someTowns, towns } from '../support/town.js';
import { until } from '../support/until.js';
import { EngineDatabase, type TownPool } from './support/engine-database.js';
import { Gate } from './support/gate.js';

let database: EngineDatabase;
let four: TownPool;

beforeAll(async () => {
  database = await EngineDatabase.open();
  four = database.connect(4);
});

afterAll(() => database.close());

beforeEach(() => database.reset());

const batchSize = 5;
const strategy = 'parallel';

describe('parallel', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 3],
  ])('with maxWorkers %i has %i chunks on the server at once', async (maxWorkers, sessions) => {
    const call = await database.holding(async () => {
      const inserting = four.operations({ batchSize, maxWorkers }).batchInsert(someTowns(40), { strategy });
      await until('all workers wait', async () => (await database.waiting()) === sessions);
      return { inserting };
    });
    expect(await call.inserting).toMatchObject({ inserted: 40 });
  });

  it('gives entities and outcomes in the order of the input, whichever chunk is first', async () => {
    await database.closeGate(0);
    const records = someTowns(38).map((town, i) => (i === 2 ? { ...town, population: EngineDatabase.gate } : town));
    const call = four.operations({ batchSize }).batchInsert(records, { strategy, returnModels: true, outcomes: true });
    await until('all other chunks are in', async () => (await database.towns()) === 33);
    await database.openGate(0);
    const { models, outcomes, ...totals } = await call;
    expect(totals).toMatchObject({ total: 38, inserted: 38 });
    expect(models.map(({ name }) => name)).toEqual(records.map(({ name }) => name));
    expect(outcomes.map(({ index }) => index)).toEqual(records.map((_, i) => i));
    expect(outcomes.map(({ key }) => key)).toEqual(models.map(({ id }) => String(id)));
  });

  it('reads in the order of the keys, too', async () => {
    await four.operations().batchInsert(someTowns(40));
    const ids = Array.from({ length: 40 }, (_, i) => 40 - i);
    const found = await four.operations({ batchSize }).batchGet(ids, { strategy });
    expect(found.map((town) => town?.id)).toEqual(ids);
  });

  it('begins no chunk after one has failed, waits for the others, and tells what is written', async () => {
    await database.closeGate(0);
    const records = someTowns(100).map((town, i) => {
      if (i === 0 || i === 10) return { ...town, population: EngineDatabase.gate };
      return i === 7 ? { ...town, name: 'town 6' } : town;
    });
    four.statements.length = 0;
    let isOver = false;
    const call = batchErrorOf(four.operations({ batchSize }).batchInsert(records, { strategy })).finally(() => {
      isOver = true;
    });
    await until('the first and the third chunk wait', async () => (await database.waiting()) === 2);
    await until('the second one has failed', () => four.statements.includes('rollback'));
    for (let i = 0; i < 10; i++) await database.waiting();
    expect(isOver).toBe(false);
    await database.openGate(0);
    const failure = await call;
    expect(failure).toMatchObject({ index: 7, sqlstate: '23505', total: 100 });
    expect(failure.written.ranges).toEqual([
      { first: 0, last: 4 },
      { first: 10, last: 14 },
    ]);
    const written = records.filter((_, i) => failure.written.has(i)).map(({ name }) => name);
    const found = await four.operations().batchGet(Array.from({ length: 200 }, (_, i) => i));
    expect(found.flatMap((town) => town?.name ?? []).toSorted()).toEqual(written.toSorted());
  });

  it('ends when a chunk fails, however long the source takes to give its next record', async () => {
    const never = new Gate();
    let isClosed = false;
    async function* source() {
      try {
        yield* someTowns(4);
        yield { name: 'town 0', country: 'FR', population: 0 };
        await never.passed;
      } finally {
        isClosed = true;
      }
    }
    const failure = await batchErrorOf(four.operations({ batchSize }).batchInsert(source(), { strategy }));
    expect(failure).toMatchObject({ index: 4, sqlstate: '23505', total: 5 });
    never.open();
    await until('the source is closed', () => isClosed);
  });

  it('lets no more records fail than it may, however they are spread over the workers', async () => {
    const records = someTowns(40).map((town, i) => (i % batchSize === 0 ? { ...town, name: 'same' } : town));
    const failure = await batchErrorOf(
      database
        .holding(async () => {
          const call = four
            .operations({ batchSize })
            .batchInsert(records, { strategy, onRecordError: 'skip', maxFailures: 1 });
          await until('all workers wait', async () => (await database.waiting()) === 3);
          return { call };
        })
        .then(({ call }) => call),
    );
    expect(failure).toMatchObject({ sqlstate: '23505' });
    expect(await database.towns()).toBe(failure.written.size);
    const failures = failure.failures.map(({ index }) => index);
    expect(failures.length).toBeGreaterThan(1);
    expect(new Set(failures).size).toBe(failures.length);
    expect(failures.some((index) => failure.written.has(index))).toBe(false);
  });

  it('leaves out what fails, in all chunks', async () => {
    const records = someTowns(40).map((town, i) => (i % 10 === 3 ? { ...town, name: 'same' } : town));
    const result = await four.operations({ batchSize }).batchInsert(records, { strategy, onRecordError: 'skip' });
    expect(result).toMatchObject({ total: 40, inserted: 37, failed: 3 });
    expect(await database.towns()).toBe(37);
  });
});

describe('parallel in a transaction of the caller', () => {
  it('works on that one connection', async () => {
    const one = database.connect(1);
    const rolledBack = new Error('on purpose');
    const run = one.db.transaction().execute(async (transaction) => {
      const operations = new BatchOperations({ table: towns, db: transaction, config: { batchSize } });
      const { models } = await operations.batchInsert(someTowns(30), { strategy, returnModels: true });
      expect(models.map(({ name }) => name)).toEqual(someTowns(30).map(({ name }) => name));
      expect(
        (
          await operations.batchGet(
            models.map(({ id }) => id),
            { strategy },
          )
        ).filter(Boolean),
      ).toHaveLength(30);
      throw rolledBack;
    });
    await expect(run).rejects.toBe(rolledBack);
    expect(one.pool.totalCount).toBe(1);
    expect(await database.towns()).toBe(0);
  });

  it('is all or nothing, and can go on afterwards', async () => {
    await four.db.transaction().execute(async (transaction) => {
      const operations = new BatchOperations({ table: towns, db: transaction, config: { batchSize } });
      const records = someTowns(30).map((town, i) => (i === 22 ? { ...town, name: 'town 1' } : town));
      const failure = await batchErrorOf(operations.batchInsert(records, { strategy }));
      expect(failure).toMatchObject({ index: 22 });
      expect(failure.written.size).toBe(0);
      await operations.batchInsert(someTowns(3), { strategy });
    });
    expect(await database.towns()).toBe(3);
  });
});
