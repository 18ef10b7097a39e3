import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BatchConfig, BatchMetrics, BatchOperations, BatchOperationsPort } from '@uno/batch';
import { UnitOfWork, UnoContext, UnoDBRepository } from '@uno/domain';
import { bottles, type Cellar, heaps, idsOf, openCellar, someBottles } from './support/cellar.js';

let cellar: Cellar;

beforeAll(async () => {
  cellar = await openCellar();
});
afterAll(() => cellar.close());
beforeEach(() => cellar.run('truncate bottle, "Heap"'));

const onBottles = (config?: BatchConfig, metrics?: BatchMetrics) =>
  new BatchOperations({ table: bottles, db: cellar.db, config, metrics });

const onHeaps = (metrics?: BatchMetrics) => new BatchOperations({ table: heaps, db: cellar.db, metrics });

describe('getRecommendations', () => {
  it.each(['chunked', 'parallel', 'pipelined', 'single_query', 'optimistic'] as const)(
    'is empty when everything was done and all is well, under %s',
    async (executionStrategy) => {
      const operations = onBottles({ executionStrategy });
      const records = someBottles(2500);
      await operations.batchInsert(records);
      await operations.batchGet(idsOf(records));
      await operations.batchUpdate(records.map(({ id, year }) => ({ id, year: year + 1 })));
      await operations.batchUpsert(someBottles(3000));
      await operations.batchExecuteSql('update bottle set year = $1 where id = $2', [[1, 1]]);
      await operations.batchCompute({ keys: [1, 2, 3] }, ({ year }) => year);
      await operations.batchDelete(idsOf(someBottles(2000)));
      await operations.batchSync(records, executionStrategy === 'parallel' ? { strategy: 'chunked' } : {});
      await operations.batchImport(someBottles(1000, 10_000));
      await operations.batchImport(someBottles(1000, 10_000), { uniqueFields: ['id'], updateOnConflict: true });
      expect(await operations.getRecommendations()).toEqual([]);
    },
  );

  it('is empty, and asks nothing, before anything was done and where metrics are not collected', async () => {
    const off = onBottles({ collectMetrics: false });
    await off.batchInsert(someBottles(500));
    for (let i = 0; i < 20; i++) await off.batchGet(idsOf(someBottles(100)));
    cellar.statements.length = 0;
    for (const operations of [off, onBottles()]) expect(await operations.getRecommendations()).toEqual([]);
    expect(cellar.statements).toEqual([]);
  });

  it('refuses options that it does not know, and can be cancelled', async () => {
    const operations = onBottles();
    await operations.batchInsert(someBottles(1));
    await expect(operations.getRecommendations({ timeoutMs: -1 })).rejects.toMatchObject({ code: 'UNO_CONFIG' });
    const signal = AbortSignal.abort();
    await expect(operations.getRecommendations({ signal })).rejects.toMatchObject({ code: 'UNO_CANCELED' });
  });

  it('changes nothing, and asks a few questions for a table', async () => {
    const operations = onBottles();
    await operations.batchInsert(someBottles(1));
    cellar.statements.length = 0;
    await operations.getRecommendations();
    expect(cellar.statements).toHaveLength(6);
    for (const statement of cellar.statements) expect(statement).toMatch(/^select /);
  });

  it('has nothing to say of a table that is gone', async () => {
    const operations = onHeaps();
    await operations.batchInsert(someBottles(1));
    await cellar.run('alter table "Heap" rename to moved');
    expect(await operations.getRecommendations()).toEqual([]);
    await cellar.run('alter table moved rename to "Heap"');
  });
});

describe('getRecommendations of metrics that are shared', () => {
  /** Two upserts that PostgreSQL refuses on one table, and many reads of the same rows on the other. */
  const dubious = async (metrics: BatchMetrics) => {
    const heap = onHeaps(metrics);
    await heap.batchUpsert(someBottles(1), { constraintColumns: ['year'] }).catch(() => undefined);
    const operations = onBottles({}, metrics);
    await operations.batchInsert(someBottles(100));
    for (let i = 0; i < 12; i++) await operations.batchGet(idsOf(someBottles(100)));
    return { heap, operations };
  };

  it('is about the table of the operations that are asked', async () => {
    const { heap, operations } = await dubious(new BatchMetrics());
    expect(await heap.getRecommendations()).toMatchObject([{ code: 'missing_index', table: 'Heap' }]);
    expect(await operations.getRecommendations()).toMatchObject([{ code: 'repeated_reads', table: 'bottle' }]);
  });

  it('forgets with the metrics', async () => {
    const metrics = new BatchMetrics();
    const { heap, operations } = await dubious(metrics);
    metrics.reset();
    expect(await heap.getRecommendations()).toEqual([]);
    expect(await operations.getRecommendations()).toEqual([]);
  });
});

describe('getRecommendations of the port', () => {
  it('is about all repositories, the most worthwhile first', async () => {
    const port = new BatchOperationsPort();
    const context = new UnoContext({ db: cellar.db, batch: port });
    const some = new UnoDBRepository(context, bottles);
    const others = new UnoDBRepository(context, heaps);
    await some.batchAdd(someBottles(100));
    await others.batchAdd(someBottles(100));
    for (let i = 0; i < 12; i++) await some.batchGet(idsOf(someBottles(100)));
    for (let i = 0; i < 24; i++) await others.batchGet(idsOf(someBottles(100)));
    const said = await port.getRecommendations();
    expect(said.map(({ table, code }) => `${code} ${table}`).sort()).toEqual([
      'repeated_reads Heap',
      'repeated_reads bottle',
    ]);
    const saves = said.map(({ savesMs }) => savesMs);
    expect(saves).toEqual(saves.toSorted((a, b) => b - a));
    expect(Object.isFrozen(said)).toBe(true);
  });

  it('needs to be told what to ask, where all calls were in units of work', async () => {
    const port = new BatchOperationsPort();
    const context = new UnoContext({ db: cellar.db, batch: port });
    const repository = new UnoDBRepository(context, bottles);
    await new UnitOfWork(context).run(() => repository.batchAdd(someBottles(100)));
    await cellar.run('create table shelf (bottle integer references bottle)');
    await cellar.run('insert into shelf select 1 from generate_series(1, 11000)');
    await cellar.run('analyze shelf');
    await new UnitOfWork(context).run(() => repository.batchRemove(idsOf(someBottles(99, 2))));
    expect(await port.getRecommendations()).toEqual([]);
    expect(await port.getRecommendations({ db: cellar.db })).toMatchObject([{ code: 'missing_foreign_key_index' }]);
    await cellar.run('drop table shelf');
  });

  it('is empty where metrics are not collected', async () => {
    const port = new BatchOperationsPort({ collectMetrics: false });
    const repository = new UnoDBRepository(new UnoContext({ db: cellar.db, batch: port }), bottles);
    await repository.batchAdd(someBottles(100));
    for (let i = 0; i < 12; i++) await repository.batchGet(idsOf(someBottles(100)));
    expect(await port.getRecommendations()).toEqual([]);
  });
});
