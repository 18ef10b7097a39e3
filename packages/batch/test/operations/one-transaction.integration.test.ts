import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { BatchError, UnitOfWork, type UnoContext, UnoDBRepository } from '@uno/domain';
import { openTestContext, type TestContext } from '../support/test-context.js';
import { someTowns, towns } from '../support/town.js';

let test: TestContext;
let context: UnoContext;
let repository: UnoDBRepository<typeof towns>;
let unitOfWork: UnitOfWork;

beforeAll(async () => {
  test = await openTestContext([towns]);
  context = test.context();
  repository = new UnoDBRepository(context, towns);
  unitOfWork = new UnitOfWork(context);
});

afterAll(() => test.close());

beforeEach(() => test.run('truncate town restart identity'));

async function names(): Promise<string[]> {
  return (await repository.list({ orderBy: ['name'] })).map(({ name }) => name);
}

const collision = [...someTowns(40), { name: 'taken', country: 'CH' }];

describe('calls that run side by side in one transaction', () => {
  it.each([true, false])('do not undo each other (batching %s)', async (useBatchOperations) => {
    const outcomes = await unitOfWork.run(async () => {
      await repository.add({ name: 'taken', country: 'CH' });
      return Promise.allSettled([
        repository.batchAdd(collision, { useBatchOperations, batchSize: 10 }),
        repository.batchAdd([{ name: 'a' }, { name: 'b' }], { useBatchOperations, batchSize: 1 }),
        repository.add({ name: 'c' }),
        unitOfWork.run(() => repository.add({ name: 'd' })),
      ]);
    });
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
    expect(outcomes[0]).toMatchObject({ reason: expect.any(BatchError) });
    expect(await names()).toEqual(['a', 'b', 'c', 'd', 'taken']);
  });

  it('do not undo each other in a transaction of plain Kysely', async () => {
    await test.db.transaction().execute(async (transaction) => {
      const operations = new BatchOperations({ table: towns, db: transaction, config: { batchSize: 7 } });
      await operations.batchInsert([{ name: 'taken', country: 'CH' }]);
      const [failed, stored] = await Promise.allSettled([
        operations.batchInsert(collision),
        operations.batchInsert([{ name: 'a' }, { name: 'b' }]),
      ]);
      expect([failed.status, stored.status]).toEqual(['rejected', 'fulfilled']);
    });
    expect(await names()).toEqual(['a', 'b', 'taken']);
  });

  it('may use two databases in turn without waiting for each other', async () => {
    const other = new UnoDBRepository(test.context(), towns);
    await unitOfWork.run(() =>
      unitOfWork.run(async () => {
        await repository.add({ name: 'inner' });
        await test.db.transaction().execute(async (transaction) => {
          await new BatchOperations({ table: towns, db: transaction }).batchInsert([{ name: 'own transaction' }]);
          await repository.batchAdd([{ name: 'unit' }, { name: 'of work', population: 1 }]);
        });
        expect(await other.count()).toBe(1);
      }),
    );
    expect(await names()).toEqual(['inner', 'of work', 'own transaction', 'unit']);
  });
});

/** Waits until a batch has sent its first record. */
async function underWay(): Promise<void> {
  while (!test.statements.some((text) => /^(with|insert)/.test(text))) await new Promise(setImmediate);
}

describe('a batch that nobody awaits', () => {
  it.each([true, false])('is in the unit of work wholly (batching %s)', async (useBatchOperations) => {
    let floating: Promise<unknown> = Promise.resolve();
    await unitOfWork.run(async () => {
      test.statements.length = 0;
      floating = repository.batchAdd(someTowns(30), { useBatchOperations, batchSize: 3 });
      await underWay();
    });
    await floating;
    expect(await repository.count()).toBe(30);
  });

  it('is in it wholly, or refused because it came too late', async () => {
    let floating: Promise<unknown> = Promise.resolve();
    await unitOfWork.run(async () => {
      floating = repository.batchAdd(someTowns(30), { batchSize: 3 });
    });
    const [outcome] = await Promise.allSettled([floating]);
    const refused = outcome?.status === 'rejected';
    expect(await repository.count()).toBe(refused ? 0 : 30);
    const reason = { code: 'UNO_CONFIG', message: expect.stringContaining('has ended') };
    expect(outcome).toMatchObject(refused ? { reason } : { status: 'fulfilled' });
  });

  it('is rolled back wholly with the unit of work', async () => {
    let floating: Promise<unknown> = Promise.resolve();
    const stop = new Error('stop');
    const unit = unitOfWork.run(async () => {
      test.statements.length = 0;
      floating = repository.batchAdd(someTowns(30), { batchSize: 3 });
      await underWay();
      throw stop;
    });
    await expect(unit).rejects.toBe(stop);
    await floating;
    expect(await repository.count()).toBe(0);
  });
});
