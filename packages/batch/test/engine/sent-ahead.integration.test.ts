import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { someTowns } from '../support/town.js';
import { until } from '../support/until.js';
import { EngineDatabase, type TownPool } from './support/engine-database.js';
import { settle } from './support/settle.js';

let database: EngineDatabase;
let towns: TownPool;

beforeAll(async () => {
  database = await EngineDatabase.open();
  towns = database.connect(2);
});

afterAll(() => database.close());

beforeEach(async () => {
  await database.reset();
  towns.statements.length = 0;
});

const batchSize = 10;

/** Towns of which one waits at its gate. */
function townsHeldAt(chunk: number): ReturnType<typeof someTowns> {
  return someTowns(60).map((town, i) =>
    i === chunk * batchSize ? { ...town, population: EngineDatabase.gate + chunk } : town,
  );
}

const inserts = () => towns.statements.filter((text) => text.startsWith('insert into'));

describe('while the server is at a chunk', () => {
  it.each(['chunked', 'pipelined'] as const)('has the next one, under %s', async (strategy) => {
    await database.closeGate(2);
    const call = towns.operations({ batchSize }).batchInsert(townsHeldAt(2), { strategy });
    await until('the chunk waits', () => database.isAwaited(2));
    await until('the next one is sent', () => inserts().length === 4);
    await settle();
    expect(inserts()).toHaveLength(4);
    await database.openGate(2);
    expect(await call).toMatchObject({ inserted: 60 });
    expect(await database.towns()).toBe(60);
  });

  it.each([
    [
      'onProgress',
      (operations: ReturnType<TownPool['operations']>) =>
        operations.batchInsert(townsHeldAt(2), { onProgress: () => undefined }),
    ],
    [
      'atomicity by chunk',
      (operations: ReturnType<TownPool['operations']>) =>
        operations.batchInsert(townsHeldAt(2), { atomicity: 'chunk' as const }),
    ],
  ])('has no other one, with %s', async (_, insert) => {
    await database.closeGate(2);
    const call = insert(towns.operations({ batchSize }));
    await until('the chunk waits', () => database.isAwaited(2));
    await settle();
    expect(inserts()).toHaveLength(3);
    await database.openGate(2);
    expect(await call).toMatchObject({ inserted: 60 });
  });
});

describe('a chunk that was sent ahead', () => {
  it('is done once, when a record of the one before is left out', async () => {
    const records = someTowns(60).map((town, i) => (i % 10 === 3 ? { ...town, population: -1 } : town));
    await database.run('alter table town add constraint populated check (population >= 0)');
    try {
      const result = await towns
        .operations({ batchSize })
        .batchInsert(records, { onRecordError: 'skip', outcomes: true });
      expect(result).toMatchObject({ inserted: 54, failed: 6 });
      expect(result.failures.map(({ index }) => index)).toEqual([3, 13, 23, 33, 43, 53]);
      expect(await database.towns()).toBe(54);
    } finally {
      await database.run('alter table town drop constraint populated');
    }
  });

  it('goes with a chunk before it that ends the call', async () => {
    const records = someTowns(60).map((town, i) => (i === 27 ? { ...town, population: -1 } : town));
    await database.run('alter table town add constraint populated check (population >= 0)');
    try {
      const call = towns.operations({ batchSize }).batchInsert(records);
      await expect(call).rejects.toMatchObject({ index: 27, constraint: 'populated' });
      expect(await database.towns()).toBe(0);
    } finally {
      await database.run('alter table town drop constraint populated');
    }
  });

  it('takes its connection with it when the driver gives up those that it has', async () => {
    const hasty = database.connect(2, { query_timeout: 200 });
    await database.closeGate(2);
    const failure = await hasty
      .operations({ batchSize, retryCount: 0 })
      .batchInsert(townsHeldAt(2))
      .catch((error: unknown) => error);
    await database.openGate(2);
    expect(failure).toMatchObject({ code: 'UNO_CONNECTION', retry: 'whole-transaction' });
    await until('the server has noticed', async () => (await database.waiting()) === 0);
    expect(await hasty.operations().batchInsert(someTowns(5))).toMatchObject({ inserted: 5 });
    expect(await database.towns()).toBe(5);
  });

  it('is sent again with all others when the transaction is repeated', async () => {
    await database.run(`
      create sequence tries;
      create function fail_once() returns trigger language plpgsql as $$
        begin
          if nextval('tries') = 3 then raise exception using errcode = '40001'; end if;
          return null;
        end
      $$;
      create trigger fail_once after insert on town execute function fail_once()`);
    try {
      const result = await towns.operations({ batchSize, retryDelayMs: 0 }).batchInsert(someTowns(60));
      expect(result).toMatchObject({ inserted: 60 });
      expect(await database.towns()).toBe(60);
      expect(await database.number('select last_value::int as n from tries')).toBe(9);
    } finally {
      await database.run('drop trigger fail_once on town; drop function fail_once; drop sequence tries');
    }
  });
});
