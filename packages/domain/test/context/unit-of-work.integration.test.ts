import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchError, UnitOfWork, UnoContext, UnoDBRepository } from '@uno/domain';
import { ConfigError, ConstraintError, TransactionAbortedError } from '@uno/postgres';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { countries, world } from '../support/world.js';
import { failureOf } from '../support/wrong.js';

let database: OpenDatabase;
let context: UnoContext;
let unit: UnitOfWork;
let repository: UnoDBRepository<typeof countries>;
/** Not part of any unit of work of the context. */
let outsider: UnoDBRepository<typeof countries>;

beforeAll(async () => {
  database = await openDatabase(world);
  context = new UnoContext({ db: database.db });
  unit = new UnitOfWork(context);
  repository = new UnoDBRepository(context, countries);
  outsider = new UnoDBRepository(new UnoContext({ db: database.db }), countries);
});
afterAll(() => database.close());
beforeEach(() => database.empty());

const names = async () => (await outsider.list({ orderBy: ['name'] })).map(({ name }) => name);

/** A point that one function reaches and another waits for. */
function meeting() {
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  return { arrived, arrive: () => arrive() };
}

describe('a unit of work', () => {
  it('commits what its function wrote, and gives back what it returns', async () => {
    const id = await unit.run(async () => {
      const { id: added } = await repository.add({ name: 'Peru' });
      expect(await names()).toEqual([]);
      return added;
    });
    expect(id).toBe(1);
    expect(await names()).toEqual(['Peru']);
  });

  it('is joined by every repository of the context, across awaits and however deep in the calls', async () => {
    const deep = async (depth: number): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      if (depth > 0) return deep(depth - 1);
      await new UnoDBRepository(context, countries).batchAdd([{ name: 'A' }, { name: 'B' }]);
      expect(await repository.count()).toBe(3);
      expect(await outsider.count()).toBe(0);
    };
    await unit.run(async () => {
      await repository.add({ name: 'C' });
      await Promise.all([deep(3)]);
    });
    expect(await names()).toEqual(['A', 'B', 'C']);
  });

  it('rolls back when its function throws, and throws the same', async () => {
    const reason = new Error('changed my mind');
    const run = unit.run(async () => {
      await repository.add({ name: 'Peru' });
      await repository.batchAdd([{ name: 'Chile' }]);
      throw reason;
    });
    await expect(run).rejects.toBe(reason);
    expect(await names()).toEqual([]);
  });

  it('rolls back when a statement fails', async () => {
    await outsider.add({ name: 'Peru', code: 'PE' });
    const run = unit.run(async () => {
      await repository.add({ name: 'Chile' });
      await repository.add({ name: 'Again', code: 'PE' });
    });
    await failureOf(ConstraintError, () => run);
    expect(await names()).toEqual(['Peru']);
  });

  it('does not pretend to commit when a failure of a single statement was swallowed', async () => {
    await outsider.add({ name: 'Peru', code: 'PE' });
    const run = unit.run(async () => {
      await repository.add({ name: 'Chile' });
      await repository.add({ name: 'Again', code: 'PE' }).catch(() => {});
    });
    await failureOf(TransactionAbortedError, () => run);
    expect(await names()).toEqual(['Peru']);
  });

  it('can go on after a batch in it has failed, of which nothing stays', async () => {
    await unit.run(async () => {
      await repository.add({ name: 'Peru', code: 'PE' });
      const batch = [{ name: 'Chile' }, { name: 'Again', code: 'PE' }];
      const error = await failureOf(BatchError, () => repository.batchAdd(batch));
      expect(error.index).toBe(1);
      await repository.add({ name: 'Cuba' });
    });
    expect(await names()).toEqual(['Cuba', 'Peru']);
  });

  it('is left by what runs outside of it at the same time', async () => {
    const inside = meeting();
    const outside = meeting();
    const run = unit.run(async () => {
      await repository.add({ name: 'Peru' });
      inside.arrive();
      await outside.arrived;
      throw new Error('changed my mind');
    });
    const rejected = expect(run).rejects.toThrow('changed my mind');
    await inside.arrived;
    expect(await repository.count()).toBe(0);
    await repository.add({ name: 'Chile' });
    outside.arrive();
    await rejected;
    expect(await names()).toEqual(['Chile']);
  });

  it('does not see another one that runs at the same time', async () => {
    const first = meeting();
    const second = meeting();
    const seen = meeting();
    await Promise.all([
      unit.run(async () => {
        await repository.add({ name: 'Peru' });
        first.arrive();
        await second.arrived;
        expect(await names()).toEqual([]);
        expect((await repository.list()).map(({ name }) => name)).toEqual(['Peru']);
        seen.arrive();
      }),
      unit.run(async () => {
        await first.arrived;
        expect(await repository.count()).toBe(0);
        await repository.add({ name: 'Chile' });
        second.arrive();
        await seen.arrived;
      }),
    ]);
    expect(await names()).toEqual(['Chile', 'Peru']);
  });

  it('belongs to its context: repositories of another database stay out of it', async () => {
    await expect(
      unit.run(async () => {
        await outsider.add({ name: 'Chile' });
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect(await names()).toEqual(['Chile']);
  });

  it('works in a transaction of the caller’s, as a savepoint of it', async () => {
    await database.db.transaction().execute(async (db) => {
      const inner = new UnoContext({ db });
      const inTransaction = new UnoDBRepository(inner, countries);
      await inTransaction.add({ name: 'Peru' });
      const run = new UnitOfWork(inner).run(async () => {
        await inTransaction.add({ name: 'Chile' });
        throw new Error('changed my mind');
      });
      await expect(run).rejects.toThrow('changed my mind');
    });
    expect(await names()).toEqual(['Peru']);
  });
});

describe('a unit of work inside of another', () => {
  it('undoes only itself when it fails and the outer one goes on', async () => {
    await unit.run(async () => {
      await repository.add({ name: 'Peru' });
      const inner = unit.run(async () => {
        await repository.add({ name: 'Chile' });
        throw new Error('changed my mind');
      });
      await expect(inner).rejects.toThrow('changed my mind');
      await unit.run(() => repository.add({ name: 'Cuba' }));
    });
    expect(await names()).toEqual(['Cuba', 'Peru']);
  });

  it('goes with the outer one when that fails later', async () => {
    const run = unit.run(async () => {
      await unit.run(() => repository.add({ name: 'Peru' }));
      throw new Error('changed my mind');
    });
    await expect(run).rejects.toThrow('changed my mind');
    expect(await names()).toEqual([]);
  });

  it('recovers the outer one from a statement that failed', async () => {
    await unit.run(async () => {
      await repository.add({ name: 'Peru', code: 'PE' });
      await failureOf(ConstraintError, () => unit.run(() => repository.add({ name: 'Again', code: 'PE' })));
      await repository.add({ name: 'Cuba' });
    });
    expect(await names()).toEqual(['Cuba', 'Peru']);
  });
});

describe('code that runs on after its unit of work has ended', () => {
  it('gets an error that says so, whatever it calls, and writes nothing', async () => {
    const over = meeting();
    let late: Promise<void> | undefined;
    await unit.run(async () => {
      late = over.arrived.then(async () => {
        for (const call of [
          () => repository.get(1),
          () => repository.exists(1),
          () => repository.list(),
          () => repository.count(),
          () => repository.add({ name: 'Late' }),
          () => repository.update({ id: 1, name: 'Late' }),
          () => repository.removeById(1),
          () => repository.batchGet([1]),
          () => repository.batchAdd([{ name: 'Late' }]),
          () => repository.batchUpdate([{ id: 1, name: 'Late' }]),
          () => repository.batchRemove([1]),
          () => unit.run(() => repository.add({ name: 'Late' })),
        ]) {
          // A promise that rejects, never a throw that `.catch` would miss.
          const error = await call().then(
            () => undefined,
            (reason: unknown) => reason,
          );
          expect(error).toBeInstanceOf(ConfigError);
          expect(error).toMatchObject({ message: expect.stringContaining('runs on after its unit of work has ended') });
        }
      });
      await repository.add({ name: 'Peru' });
    });
    over.arrive();
    expect(late).toBeDefined();
    await late;
    expect(await names()).toEqual(['Peru']);
  });

  it('leaves the next unit of work alone', async () => {
    await unit.run(() => repository.add({ name: 'Peru' }));
    await unit.run(() => repository.add({ name: 'Chile' }));
    expect(await names()).toEqual(['Chile', 'Peru']);
  });
});
