import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchError, CallbackError } from '@uno/domain';
import { someTowns } from '../support/town.js';
import { until } from '../support/until.js';
import { EngineDatabase, type TownPool } from './support/engine-database.js';
import { Gate } from './support/gate.js';
import { settle } from './support/settle.js';

let database: EngineDatabase;
let towns: TownPool;

beforeAll(async () => {
  database = await EngineDatabase.open();
  towns = database.connect(3);
});

afterAll(() => database.close());

beforeEach(() => database.reset());

const batchSize = 10;
const strategy = 'pipelined';

/** Towns in chunks, of which one has to wait at its gate. */
function townsHeldAt(chunk: number, count = 60): ReturnType<typeof someTowns> {
  return someTowns(count).map((town, i) =>
    i === chunk * batchSize ? { ...town, population: EngineDatabase.gate + chunk } : town,
  );
}

function upTo(count: number, from = 0): number[] {
  return Array.from({ length: count - from }, (_, i) => from + i);
}

describe('while a chunk is being executed, a pipeline', () => {
  it.each(['all', 'chunk'] as const)('pre-processes the next two chunks, with atomicity %s', async (atomicity) => {
    await database.closeGate(2);
    const seen: number[] = [];
    const preProcess = (record: object, index: number) => {
      seen.push(index);
      return record;
    };
    const call = towns.operations({ batchSize, preProcess }).batchInsert(townsHeldAt(2), { strategy, atomicity });
    await until('the chunk waits', () => database.isAwaited(2));
    await until('the next chunks are pre-processed', () => seen.length >= 50);
    await settle();
    expect(seen).toEqual(upTo(50));
    await database.openGate(2);
    expect(await call).toMatchObject({ inserted: 60 });
    expect(seen).toEqual(upTo(60));
  });

  it.each(['all', 'chunk'] as const)('post-processes the one before, with atomicity %s', async (atomicity) => {
    await database.closeGate(2);
    const slow = new Gate();
    const begun: number[] = [];
    const postProcess = async ({ index }: { readonly index: number }) => {
      begun.push(index);
      if (index === 10) await slow.passed;
    };
    const call = towns
      .operations({ batchSize, postProcess, maxWorkers: 1 })
      .batchInsert(townsHeldAt(2), { strategy, atomicity });
    await until('the chunk waits', () => database.isAwaited(2));
    await until('the one before is being post-processed', () => begun.includes(10));
    // The chunk got to its gate while the one before it was not yet through.
    expect(begun).toEqual(upTo(11));
    slow.open();
    await until('the one before is through', () => begun.length === 20);
    await database.openGate(2);
    expect(await call).toMatchObject({ inserted: 60 });
    expect(begun).toEqual(upTo(60));
  });

  it('does neither under chunked, which this test would notice', async () => {
    await database.closeGate(2);
    const seen: number[] = [];
    const source = townsHeldAt(2).values();
    const preProcess = (record: object, index: number) => {
      seen.push(index);
      return record;
    };
    const call = towns.operations({ batchSize, preProcess }).batchInsert(source, { strategy: 'chunked' });
    await until('the chunk waits', () => database.isAwaited(2));
    await settle();
    expect(seen).toEqual(upTo(30));
    await database.openGate(2);
    await call;
  });
});

describe('a pipeline', () => {
  it.each(['an array', 'a generator'])('gives entities and outcomes of %s in the order of the input', async (kind) => {
    const records = someTowns(57);
    const { models, outcomes } = await towns
      .operations({ batchSize })
      .batchInsert(kind === 'an array' ? records : records.values(), { strategy, returnModels: true, outcomes: true });
    expect(models.map(({ name }) => name)).toEqual(records.map(({ name }) => name));
    expect(outcomes.map(({ index }) => index)).toEqual(upTo(57));
    expect(outcomes.map(({ key }) => key)).toEqual(models.map(({ id }) => String(id)));
  });

  it.each([
    ['sync', (record: object, index: number) => (index % 7 === 3 ? null : record)],
    ['async', async (record: object, index: number) => (index % 7 === 3 ? null : record)],
  ])('counts records for which a %s preProcess gives null as skipped', async (_, preProcess) => {
    const dropped = upTo(57).filter((i) => i % 7 === 3);
    const result = await towns
      .operations({ batchSize, preProcess })
      .batchInsert(someTowns(57), { strategy, outcomes: true });
    expect(result).toMatchObject({ total: 57, inserted: 57 - dropped.length, skipped: dropped.length, failed: 0 });
    expect(result.outcomes.filter(({ status }) => status === 'skipped').map(({ index }) => index)).toEqual(dropped);
    expect(await database.number(`select count(*)::int as n from town where population % 7 = 3`)).toBe(0);
  });

  it('writes what preProcess gives, as it was when it was given', async () => {
    const preProcess = async (record: object, index: number) => ({ ...record, population: index * 2 });
    await towns.operations({ batchSize, preProcess }).batchInsert(someTowns(25), { strategy });
    expect(await database.numbers('select population as n from town order by id')).toEqual(upTo(25).map((i) => i * 2));
  });

  it('never calls an async preProcess more often at once than there are workers', async () => {
    let underWay = 0;
    let most = 0;
    const preProcess = async (record: object) => {
      most = Math.max(most, ++underWay);
      await settle();
      underWay--;
      return record;
    };
    await towns.operations({ batchSize, preProcess, maxWorkers: 3 }).batchInsert(someTowns(35), { strategy });
    expect(most).toBe(3);
    expect(underWay).toBe(0);
  });

  it.each(['sync', 'async'] as const)(
    'leaves out a record for which a %s preProcess throws under skip',
    async (kind) => {
      const cause = new TypeError('my own');
      const check = (record: object, index: number) => {
        if (index === 13 || index === 44) throw cause;
        return record;
      };
      const preProcess = kind === 'sync' ? check : async (record: object, index: number) => check(record, index);
      const result = await towns
        .operations({ batchSize, preProcess })
        .batchInsert(someTowns(57), { strategy, onRecordError: 'skip' });
      expect(result).toMatchObject({ total: 57, inserted: 55, failed: 2 });
      expect(result.failures.map(({ index }) => index)).toEqual([13, 44]);
      for (const { error } of result.failures) {
        expect(error).toBeInstanceOf(CallbackError);
        expect(error).toMatchObject({ callback: 'preProcess', cause });
      }
    },
  );

  it.each(['sync', 'async'] as const)('names the record for which a %s preProcess throws', async (kind) => {
    const check = (record: object, index: number) => {
      if (index === 44) throw new TypeError('my own');
      return record;
    };
    const preProcess = kind === 'sync' ? check : async (record: object, index: number) => check(record, index);
    const records = someTowns(57).map((town, i) => ({ ...town, id: 100 + i }));
    const failure = await towns
      .operations({ batchSize, preProcess })
      .batchInsert(records, { strategy })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BatchError);
    expect(failure).toMatchObject({ index: 44, key: '144', cause: { callback: 'preProcess' } });
    expect(await database.towns()).toBe(0);
  });

  it('loses no record of a chunk that could not be pre-processed when the transaction is repeated', async () => {
    await database.run(`
      create sequence tries;
      create function fail_once() returns trigger language plpgsql as $$
        begin
          if nextval('tries') = 1 then
            perform pg_advisory_xact_lock(1);
            raise exception using errcode = '40001';
          end if;
          return null;
        end
      $$;
      create trigger fail_once after insert on town execute function fail_once();
      select pg_advisory_lock(1)`);
    try {
      const preProcess = (record: object, index: number) => {
        if (index === 25) throw new Error('no');
        return record;
      };
      const call = towns
        .operations({ batchSize, preProcess, retryDelayMs: 0 })
        .batchInsert(someTowns(60), { strategy })
        .catch((error: unknown) => error);
      await until('the first chunk waits', async () => (await database.waiting()) === 1);
      await settle();
      await database.run('select pg_advisory_unlock(1)');
      expect(await call).toMatchObject({ index: 25, cause: { callback: 'preProcess' } });
      expect(await database.number('select last_value::int as n from tries')).toBeGreaterThan(1);
      expect(await database.towns()).toBe(0);
    } finally {
      await database.run('drop trigger fail_once on town; drop function fail_once; drop sequence tries');
    }
  });

  it('rolls back when postProcess throws while a later chunk is being executed', async () => {
    await database.closeGate(2);
    const cause = new Error('not good enough');
    let isThrown = false;
    const postProcess = ({ index }: { readonly index: number }) => {
      if (index !== 15) return;
      isThrown = true;
      throw cause;
    };
    const call = towns
      .operations({ batchSize, postProcess })
      .batchInsert(townsHeldAt(2), { strategy })
      .catch((error: unknown) => error);
    await until('the chunk waits', () => database.isAwaited(2));
    await until('postProcess has thrown', () => isThrown);
    await database.openGate(2);
    expect(await call).toMatchObject({ code: 'UNO_CALLBACK', callback: 'postProcess', cause });
    expect(await database.towns()).toBe(0);
  });
});
