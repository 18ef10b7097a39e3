import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { UnoContainer } from '@uno/container';
import { BatchError, type BatchProgress, UnitOfWork } from '@uno/domain';
import { CanceledError, ConfigError, OperationTimeoutError } from '@uno/postgres';
import { sql } from 'kysely';
import { failureOf } from './support/failure-of.js';
import { openPlants, Plant, type PlantDatabase, PlantRepository, plants, somePlants } from './support/plants.js';

let database: PlantDatabase;
beforeAll(async () => {
  database = await openPlants();
});
afterAll(() => database.close());

const twenty = somePlants(20);
const ids = twenty.map(({ id }) => id);
/** The twelfth one has a height that is refused. */
const oneBad = twenty.map((plant, i) => (i === 11 ? { ...plant, height: 13 } : plant));

describe.each([
  ['on', true],
  ['off', false],
])('batch methods of a repository, batching %s', (_, useBatchOperations) => {
  let container: UnoContainer;
  let repository: PlantRepository;

  function open(timeoutMs?: number): void {
    container = database.open(useBatchOperations, timeoutMs);
    repository = container.get(PlantRepository);
  }

  beforeEach(async () => {
    await sql`truncate plant`.execute(database.db);
    open();
  });
  afterEach(() => container.dispose());

  describe('outcomes', () => {
    it('true makes totals of the entities of batchAdd, and tells what became of every record', async () => {
      const result = await repository.batchAdd(oneBad, { outcomes: true, onRecordError: 'skip' });
      expect(result).toMatchObject({ total: 20, inserted: 19, failed: 1, skipped: 0, individually: 0 });
      expect(result.models).toHaveLength(19);
      expect(result.models[0]).toBeInstanceOf(Plant);
      expect(result.outcomes.map(({ index, key, status }) => [index, key, status])).toEqual(
        oneBad.map(({ id }, i) => [i, `${id}`, i === 11 ? 'failed' : 'inserted']),
      );
      expect(result.failures).toMatchObject([{ index: 11, key: '12', error: { constraint: 'lucky' } }]);
    });

    it('true tells of updates and removals which had no row', async () => {
      await repository.batchAdd(twenty.slice(0, 3));
      const updated = await repository.batchUpdate([{ id: 1, height: 5 }, { id: 99 }], { outcomes: true });
      expect(updated).toMatchObject({ total: 2, updated: 1, skipped: 1 });
      expect(updated.outcomes).toEqual([
        { index: 0, key: '1', status: 'updated' },
        { index: 1, key: '99', status: 'skipped' },
      ]);
      const removed = await repository.batchRemove([99, 1, 1], { outcomes: true });
      expect(removed).toMatchObject({ total: 3, deleted: 1, skipped: 2 });
      expect(removed.outcomes.map(({ status }) => status)).toEqual(['skipped', 'deleted', 'skipped']);
    });

    it('false gives what is given without', async () => {
      expect(await repository.batchAdd(twenty, { outcomes: false })).toHaveLength(20);
      expect(await repository.batchUpdate([{ id: 1, height: 5 }], { outcomes: false })).toBe(1);
      expect(await repository.batchRemove([1, 99], { outcomes: false })).toBe(1);
    });

    it('have to be asked for together with skip, or records would be lost', async () => {
      const options: object = { onRecordError: 'skip' };
      for (const [name, call] of Object.entries({
        batchAdd: () => repository.batchAdd(oneBad, options),
        batchUpdate: () => repository.batchUpdate(oneBad, options),
        batchRemove: () => repository.batchRemove(ids, options),
      })) {
        const failure = await failureOf(ConfigError, call);
        expect(failure.message).toBe(
          `${name}: onRecordError: 'skip' leaves records out; ask with outcomes: true which, or they would be lost.`,
        );
      }
      expect(await database.rows()).toEqual([]);
    });

    it('are given for nothing as well', async () => {
      expect(await repository.batchAdd([], { outcomes: true })).toMatchObject({ total: 0, outcomes: [], models: [] });
    });
  });

  describe('a record that can be told to be wrong without asking the database', () => {
    const wrong = unchecked(
      twenty.map((plant, i) => {
        if (i === 1) return { ...plant, height: 13 };
        return i === 12 ? { ...plant, heigth: 5 } : plant;
      }),
    );

    it('is named before one that the database refuses, with nothing sent, also chunk by chunk', async () => {
      for (const atomicity of ['all', 'chunk'] as const) {
        for (const call of [
          () => repository.batchAdd(wrong, { atomicity }),
          () => repository.batchUpdate(wrong, { atomicity }),
          () => repository.batchAdd(wrong, { atomicity, outcomes: true }),
        ]) {
          const failure = await failureOf(BatchError, call);
          expect([failure.index, failure.key, failure.written.size]).toEqual([12, '13', 0]);
        }
      }
      expect(await database.rows()).toEqual([]);
    });
  });

  describe('maxFailures', () => {
    it.each([
      [0, 3],
      [1, 7],
      [2, 16],
    ])('of %d names the first record beyond, whoever finds it', async (maxFailures, index) => {
      const faults = [3, 7, 16];
      const refused = twenty.map((plant, i) => (faults.includes(i) ? { ...plant, height: 13 } : plant));
      const unspeakable = unchecked(twenty.map((plant, i) => (faults.includes(i) ? { ...plant, heigth: 5 } : plant)));
      for (const records of [refused, unspeakable]) {
        const failure = await failureOf(BatchError, () =>
          repository.batchAdd(records, { outcomes: true, onRecordError: 'skip', maxFailures }),
        );
        expect([failure.index, failure.failures.map((one) => one.index)]).toEqual([
          index,
          faults.slice(0, maxFailures + 1),
        ]);
        expect(await database.rows()).toEqual([]);
      }
    });
  });

  describe('atomicity', () => {
    it('chunk says what is written, and the rest can be done by it', async () => {
      const failure = await failureOf(BatchError, () => repository.batchAdd(oneBad, { atomicity: 'chunk' }));
      expect([failure.index, `${failure.written}`, failure.total]).toEqual([11, '0-9', 20]);
      expect(await database.rows()).toEqual(twenty.slice(0, 10));
      const rest = twenty.filter((_plant, i) => !failure.written.has(i));
      expect(await repository.batchAdd(rest)).toHaveLength(10);
      expect(await database.rows()).toEqual(twenty);
    });

    it('chunk works for updates and removals', async () => {
      await repository.batchAdd(twenty);
      const changes = oneBad.map(({ id, height }) => ({ id, height: height === 13 ? 13 : -id }));
      const failure = await failureOf(BatchError, () => repository.batchUpdate(changes, { atomicity: 'chunk' }));
      expect([failure.index, `${failure.written}`]).toEqual([11, '0-9']);
      expect(await repository.count({ filters: { height: { lt: 0 } } })).toBe(10);
      expect(await repository.batchRemove(ids, { atomicity: 'chunk', batchSize: 3 })).toBe(20);
    });

    it('all is what holds where nothing is said', async () => {
      const failure = await failureOf(BatchError, () => repository.batchAdd(oneBad));
      expect([failure.index, failure.written.size]).toEqual([11, 0]);
      expect(await database.rows()).toEqual([]);
    });

    it('chunk is a savepoint in a unit of work, where an error undoes its own chunk only', async () => {
      await container.get(UnitOfWork).run(async () => {
        const failure = await failureOf(BatchError, () => repository.batchAdd(oneBad, { atomicity: 'chunk' }));
        expect(`${failure.written}`).toBe('0-9');
        await repository.add({ id: 100, name: 'after' });
      });
      expect(await repository.count()).toBe(11);
    });
  });

  describe('parallel', () => {
    it('writes everything, and gives the entities in the order of the input', async () => {
      const added = await repository.batchAdd(twenty, { parallel: true, batchSize: 2 });
      expect(added.map(({ id }) => id)).toEqual(ids);
      expect(await repository.batchGet(ids, { parallel: true, batchSize: 3 })).toEqual(added);
      expect(
        await repository.batchUpdate(
          twenty.map(({ id }) => ({ id, height: 1 })),
          { parallel: true },
        ),
      ).toBe(20);
      expect(await repository.batchRemove(ids, { parallel: true })).toBe(20);
    });

    it('says which records are written all the same', async () => {
      const failure = await failureOf(BatchError, () => repository.batchAdd(oneBad, { parallel: true }));
      expect(failure.index).toBe(11);
      expect((await database.rows()).length).toBe(failure.written.size);
      expect(await database.rows()).toEqual(twenty.filter((_plant, i) => failure.written.has(i)));
      expect(failure.written.has(0)).toBe(true);
    });

    it('cannot be all or nothing', async () => {
      await failureOf(ConfigError, () => repository.batchAdd(twenty, { parallel: true, atomicity: 'all' }));
    });
  });

  describe('onProgress', () => {
    it.each<[string, (onProgress: (progress: BatchProgress) => void) => Promise<unknown>, string]>([
      ['batchAdd', (onProgress) => repository.batchAdd(twenty.slice(0, 12), { onProgress }), 'batchInsert'],
      ['batchUpdate', (onProgress) => repository.batchUpdate(twenty.slice(0, 12), { onProgress }), 'batchUpdate'],
      ['batchRemove', (onProgress) => repository.batchRemove(ids.slice(0, 12), { onProgress }), 'batchDelete'],
      ['batchGet', (onProgress) => repository.batchGet(ids.slice(0, 12), { onProgress }), 'batchGet'],
    ])('is called by %s after every chunk', async (_name, call, operation) => {
      const told: BatchProgress[] = [];
      await call((progress) => told.push(progress));
      expect(told.map((one) => [one.operation, one.name, one.processed, one.total])).toEqual([
        [operation, 'Plant', 5, 12],
        [operation, 'Plant', 10, 12],
        [operation, 'Plant', 12, 12],
      ]);
    });

    it('rolls everything back with what it throws', async () => {
      const stop = new Error('stop');
      const onProgress = () => {
        throw stop;
      };
      await expect(repository.batchAdd(twenty, { onProgress })).rejects.toMatchObject({
        code: 'UNO_CALLBACK',
        callback: 'onProgress',
        cause: stop,
      });
      await expect(repository.batchGet(ids, { onProgress })).rejects.toMatchObject({ callback: 'onProgress' });
      expect(await database.rows()).toEqual([]);
    });
  });

  describe('signal and timeoutMs', () => {
    /** Runs calls while somebody else holds the whole table. */
    const whileLocked = <T>(run: () => Promise<T>): Promise<T> =>
      database.db.transaction().execute(async (transaction) => {
        await sql`lock table plant`.execute(transaction);
        return run();
      });
    const calls = (options: object): (() => Promise<unknown>)[] => [
      () => repository.batchAdd(twenty, options),
      () => repository.batchUpdate(twenty, options),
      () => repository.batchRemove(ids, options),
      () => repository.batchGet(ids, options),
    ];

    it('timeoutMs of a call ends it', async () => {
      await whileLocked(async () => {
        for (const call of calls({ timeoutMs: 25 })) {
          expect((await failureOf(OperationTimeoutError, call)).timeoutMs).toBe(25);
        }
      });
      expect(await database.rows()).toEqual([]);
    });

    it('timeoutMs of the settings ends every call, unless the call says otherwise', async () => {
      await container.dispose();
      open(25);
      await whileLocked(async () => {
        for (const call of calls({})) expect((await failureOf(OperationTimeoutError, call)).timeoutMs).toBe(25);
        const own = await failureOf(OperationTimeoutError, () => repository.batchAdd(twenty, { timeoutMs: 30 }));
        expect(own.timeoutMs).toBe(30);
      });
    });

    it('signal ends a call that waits', async () => {
      const reason = new Error('the user left');
      await whileLocked(async () => {
        for (const call of calls({ signal: AbortSignal.timeout(25) })) await failureOf(CanceledError, call);
        const controller = new AbortController();
        const failing = failureOf(CanceledError, () => repository.batchAdd(twenty, { signal: controller.signal }));
        controller.abort(reason);
        expect((await failing).cause).toBe(reason);
      });
      expect(await database.rows()).toEqual([]);
    });

    it('signal between two chunks keeps what is committed, and says so', async () => {
      const controller = new AbortController();
      const onProgress = ({ processed }: BatchProgress) => {
        if (processed === 10) controller.abort();
      };
      const { signal } = controller;
      const failure = await failureOf(BatchError, () =>
        repository.batchAdd(twenty, { atomicity: 'chunk', signal, onProgress }),
      );
      expect(failure.cause).toBeInstanceOf(CanceledError);
      const written = [...failure.written].map((i) => twenty[i]);
      expect(await database.rows()).toEqual(written);
    });
  });

  describe('the cache', () => {
    const cached = () => database.cacheOf(container).statistics(plants).entries;

    it('forgets what was committed before a later chunk failed, and no more is lost', async () => {
      await repository.batchAdd(twenty);
      await repository.batchGet(ids);
      expect(cached()).toBe(20);
      const changes = oneBad.map(({ id, height }) => ({ id, height: height === 13 ? 13 : -id }));
      await failureOf(BatchError, () => repository.batchUpdate(changes, { atomicity: 'chunk' }));
      const read = await repository.batchGet(ids);
      expect(read.map(({ height }) => height)).toEqual(twenty.map(({ id, height }, i) => (i < 10 ? -id : height)));
      await failureOf(BatchError, () => repository.batchUpdate(changes, { parallel: true }));
      const fresh = await repository.batchGet(ids, { useCache: false });
      expect(await repository.batchGet(ids)).toEqual(fresh);
    });

    it('keeps what was rolled back', async () => {
      await repository.batchAdd(twenty);
      await repository.batchGet(ids);
      const changes = oneBad.map(({ id, height }) => ({ id, height: height === 13 ? 13 : -id }));
      await failureOf(BatchError, () => repository.batchUpdate(changes));
      expect(cached()).toBe(20);
      expect((await repository.batchGet(ids)).map(({ height }) => height)).toEqual(twenty.map(({ height }) => height));
    });

    it('forgets what was written under skip, in one transaction or chunk by chunk', async () => {
      for (const atomicity of ['all', 'chunk'] as const) {
        await sql`truncate plant`.execute(database.db);
        await repository.batchAdd(twenty);
        await repository.batchGet(ids);
        const changes = oneBad.map(({ id, height }) => ({ id, height: height === 13 ? 13 : -id }));
        await repository.batchUpdate(changes, { outcomes: true, onRecordError: 'skip', atomicity });
        expect(await repository.batchGet(ids)).toEqual(await repository.batchGet(ids, { useCache: false }));
        await repository.batchRemove(ids, { outcomes: true, onRecordError: 'skip', atomicity });
        expect(await repository.batchGet(ids)).toEqual([]);
      }
    });
  });
});

/** Records as they come from code that TypeScript has not checked. */
function unchecked<T>(records: readonly T[]): readonly T[] {
  return records;
}
