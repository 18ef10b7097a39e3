import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { BatchError, type BatchPort, type BatchProgress, UnitOfWork, UnoContext, UnoDBRepository } from '@uno/domain';
import { CanceledError, StatementError, UnoError } from '@uno/postgres';
import { sql } from 'kysely';
import { BrokenPort } from '../support/broken-port.js';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { cities, countries, world } from '../support/world.js';
import { failureOf } from '../support/wrong.js';

let database: OpenDatabase;
const emitWarning = jest.spyOn(process, 'emitWarning').mockReturnValue();

beforeAll(async () => {
  database = await openDatabase(world);
});
afterAll(async () => {
  emitWarning.mockRestore();
  await database.close();
});

beforeEach(async () => {
  await database.empty();
  await new UnoDBRepository(new UnoContext({ db: database.db }), countries).add({ name: 'Switzerland' });
  database.statements.length = 0;
  emitWarning.mockClear();
});

function contextWith(batch: BatchPort): UnoContext {
  return new UnoContext({ db: database.db, batch });
}

function repositoryWith(batch: BatchPort): UnoDBRepository<typeof cities> {
  return new UnoDBRepository(contextWith(batch), cities);
}

const defect = new TypeError('cannot read "secret" of undefined');
const throwsLater = () => new BrokenPort(() => Promise.reject(defect));
const three = ['C', 'A', 'B'].map((name) => ({ name, countryId: 1 }));

const ways: [string, () => BatchPort][] = [
  ['rejects', throwsLater],
  [
    'throws at once',
    () =>
      new BrokenPort(() => {
        throw defect;
      }),
  ],
  [
    'cannot even make its operations',
    () => ({
      operations: () => {
        throw defect;
      },
    }),
  ],
  [
    'has begun a transaction, which is rolled back',
    () =>
      new BrokenPort(() =>
        database.db.transaction().execute(async (transaction) => {
          await sql`insert into city (name, country_id) values ('Z', 1)`.execute(transaction);
          throw defect;
        }),
      ),
  ],
];

describe.each(ways)('a repository whose batch port %s', (_, port) => {
  it('does everything record by record, once, and in order', async () => {
    const repository = repositoryWith(port());
    const added = await repository.batchAdd(three);
    expect(added.map(({ name }) => name)).toEqual(['C', 'A', 'B']);
    const ids = added.map(({ id }) => id);
    expect(await repository.batchGet([...ids, 99])).toEqual(added);
    expect(
      await repository.batchUpdate(
        ids.map((id) => ({ id, population: id, name: 'not this' })),
        { fields: ['population'] },
      ),
    ).toBe(3);
    expect((await repository.batchGet(ids)).map(({ name, population }) => [name, population])).toEqual(
      added.map(({ id, name }) => [name, id]),
    );
    expect(await repository.batchRemove([...ids, 99])).toBe(3);
    expect(await repository.count()).toBe(0);
    expect(emitWarning).toHaveBeenCalledTimes(5);
  });

  it('says so in the outcomes, and in a warning that tells nothing of the records', async () => {
    const result = await repositoryWith(port()).batchAdd(three, { outcomes: true });
    expect(result).toMatchObject({ total: 3, inserted: 3, individually: 3, failed: 0 });
    expect(result.outcomes.map(({ index, status }) => [index, status])).toEqual([
      [0, 'inserted'],
      [1, 'inserted'],
      [2, 'inserted'],
    ]);
    expect(emitWarning.mock.calls).toEqual([
      [
        'batchInsert: the batch operations broke, and the records were done one by one.',
        { type: 'UnoWarning', code: 'UNO_FALLBACK', detail: expect.stringContaining('TypeError') },
      ],
    ]);
    expect(JSON.stringify(emitWarning.mock.calls)).not.toContain('secret');
  });

  it('names the record at fault, and writes nothing', async () => {
    const records = [...three, { name: 'A', countryId: 1 }];
    const failure = await failureOf(BatchError, () => repositoryWith(port()).batchAdd(records));
    expect(failure).toMatchObject({ operation: 'batchInsert', index: 3, total: 4, sqlstate: '23505' });
    expect(await repositoryWith(port()).count()).toBe(0);
  });

  it('leaves records out where that is asked', async () => {
    const records = [...three, { name: 'A', countryId: 1 }, { name: 'D', countryId: 1 }];
    const result = await repositoryWith(port()).batchAdd(records, { outcomes: true, onRecordError: 'skip' });
    expect(result).toMatchObject({ total: 5, inserted: 4, failed: 1, failures: [{ index: 3 }] });
    expect(result.models.map(({ name }) => name)).toEqual(['C', 'A', 'B', 'D']);
  });
});

describe('a repository whose batch port breaks in a unit of work', () => {
  it('goes on in it, and is undone with it', async () => {
    const context = contextWith(throwsLater());
    const repository = new UnoDBRepository(context, cities);
    const unitOfWork = new UnitOfWork(context);
    await unitOfWork.run(async () => {
      await repository.batchAdd(three);
      expect(await repository.count()).toBe(3);
    });
    const stop = new Error('stop');
    await expect(
      unitOfWork.run(async () => {
        await repository.batchAdd([{ name: 'D', countryId: 1 }]);
        throw stop;
      }),
    ).rejects.toBe(stop);
    expect(await repository.count()).toBe(3);
  });
});

describe('what a batch port is asked, and asked again one by one', () => {
  it('are the same records and options', async () => {
    const port = throwsLater();
    const progress: BatchProgress[] = [];
    const failure = await failureOf(BatchError, () =>
      repositoryWith(port).batchAdd([...three, { name: 'A', countryId: 1 }], {
        atomicity: 'chunk',
        batchSize: 2,
        onProgress: (one) => progress.push(one),
      }),
    );
    expect(port.calls).toMatchObject([
      { operation: 'batchInsert', options: { atomicity: 'chunk', batchSize: 2, returnModels: true, outcomes: false } },
    ]);
    expect([failure.index, `${failure.written}`]).toEqual([3, '0-1']);
    expect(progress.map(({ processed }) => processed)).toEqual([2]);
  });

  it('is not done when the call is cancelled meanwhile', async () => {
    const controller = new AbortController();
    const port = new BrokenPort(() => {
      controller.abort();
      return Promise.reject(defect);
    });
    await failureOf(CanceledError, () => repositoryWith(port).batchAdd(three, { signal: controller.signal }));
    expect(database.statements).toEqual([]);
  });
});

describe('an error of uno that a batch port throws', () => {
  it.each<[string, UnoError]>([
    ['of a statement', new StatementError('refused', 'never', { sqlstate: '42883' })],
    ['of cancelling', new CanceledError('cancelled', 'whole-transaction')],
  ])('is the answer, and nothing is done one by one: %s', async (_, error) => {
    const repository = repositoryWith(new BrokenPort(() => Promise.reject(error)));
    for (const call of [
      () => repository.batchAdd(three),
      () => repository.batchGet([1]),
      () => repository.batchUpdate([{ id: 1 }]),
      () => repository.batchRemove([1]),
    ]) {
      expect(await failureOf(UnoError, call)).toBe(error);
    }
    expect(database.statements).toEqual([]);
    expect(emitWarning).not.toHaveBeenCalled();
  });
});

describe('a repository that is not to use its batch port', () => {
  it('does not ask it', async () => {
    const port = throwsLater();
    await repositoryWith(port).batchAdd(three, { useBatchOperations: false });
    expect(port.calls).toEqual([]);
    expect(emitWarning).not.toHaveBeenCalled();
  });
});
