import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { BatchOperations, BatchOperationsPort } from '@uno/batch';
import { column, insertOne, mapEntity, UnoContext, UnoDBRepository, type WriteEvent } from '@uno/domain';
import { CommitUnknownError } from '@uno/postgres';
import { sql } from 'kysely';
import { idleRecorder } from '../../src/metrics/call-recorder.js';
import { TransactionWorkspace } from '../../src/workspace/transaction-workspace.js';
import { batchErrorOf, failureOf } from '../support/failure-of.js';
import { openTestContext, type TestContext } from '../support/test-context.js';

/** A level that cannot be read back when it is above 100, and a moment that JavaScript may not have. */
class Gauge {
  id!: number;
  at!: Date | null;
  #level = 0;

  get level(): number {
    return this.#level;
  }

  set level(level: number) {
    if (level > 100) throw new RangeError('too high');
    this.#level = level;
  }
}

const gauges = mapEntity(Gauge, {
  table: 'gauge',
  columns: { id: column.integer().generated(), level: column.integer(), at: column.timestamptz().nullable() },
});

let test: TestContext;
const emitWarning = jest.spyOn(process, 'emitWarning').mockReturnValue();

beforeAll(async () => {
  test = await openTestContext([gauges]);
});

afterAll(async () => {
  emitWarning.mockRestore();
  await test.close();
});

beforeEach(async () => {
  await test.run('truncate gauge restart identity');
  emitWarning.mockClear();
});

async function levels(): Promise<unknown[]> {
  const { rows } = await sql<{ level: number }>`select level from gauge order by id`.execute(test.db);
  return rows.map(({ level }) => level);
}

describe('more records in one statement than a function takes arguments', () => {
  it('are written once', async () => {
    const operations = new BatchOperations({ table: gauges, db: test.db });
    const records = Array.from({ length: 130_000 }, (_, i) => ({ level: i % 100 }));
    const result = await operations.batchInsert(records, { strategy: 'single_query', outcomes: true });
    expect(result).toMatchObject({ inserted: 130_000, individually: 0, outcomes: { length: 130_000 } });
    const { rows } = await sql`select count(*)::int as n, count(distinct id)::int as ids from gauge`.execute(test.db);
    expect(rows).toEqual([{ n: 130_000, ids: 130_000 }]);
  });
});

describe.each([true, false])('an entity that cannot be made of its row (with batching: %s)', (useBatchOperations) => {
  const repository = () => {
    const batch = new BatchOperationsPort({ batchSize: 2 });
    return new UnoDBRepository(new UnoContext({ db: test.db, batch }), gauges, { useBatchOperations });
  };

  it.each([
    ['with keys of the database’s', [{ level: 1 }, { level: 500 }, { level: 3 }], '2'],
    ['with keys of their own', [1, 500, 3].map((level, i) => ({ id: 10 + i, level })), '11'],
  ])('is told as written, and its record is named: %s', async (_, records, key) => {
    const error = await batchErrorOf(repository().batchAdd(records));
    expect(error).toMatchObject({ index: 1, key, cause: { callback: 'entity' }, retry: 'never' });
    expect(`${error.written}`).toBe('0-2');
    expect(await levels()).toEqual([1, 500, 3]);
    expect(emitWarning).not.toHaveBeenCalled();
  });

  it('is told as written where a value has no counterpart', async () => {
    await test.run("alter table gauge alter column at set default 'infinity'");
    const error = await batchErrorOf(repository().batchAdd([{ level: 1 }]));
    await test.run('alter table gauge alter column at drop default');
    expect(error).toMatchObject({ index: 0, key: '1', cause: { code: 'UNO_VALIDATION', field: 'at' } });
    expect([`${error.written}`, await levels()]).toEqual(['0', [1]]);
  });

  it('fails a read with the reason', async () => {
    await test.run('insert into gauge (level) values (500)');
    const failure = await failureOf(repository().batchGet([1]));
    expect(failure).toMatchObject({ code: 'UNO_CALLBACK', callback: 'entity', cause: new RangeError('too high') });
  });

  it('is no matter of an observer that throws', async () => {
    const events: WriteEvent[] = [];
    const observer = {
      written: (event: WriteEvent) => {
        events.push(event);
        throw new TypeError('an observer with a defect');
      },
    };
    const batch = new BatchOperationsPort();
    const context = new UnoContext({ db: test.db, batch, observers: [observer] });
    const observed = new UnoDBRepository(context, gauges, { useBatchOperations });
    expect(await observed.batchAdd([{ level: 1 }, { level: 2 }])).toHaveLength(2);
    expect([await levels(), events.length]).toEqual([[1, 2], 1]);
    expect(emitWarning.mock.calls).toEqual([
      ['An observer of writes threw, when it was told of gauge.', expect.objectContaining({ code: 'UNO_OBSERVER' })],
    ]);
  });
});

describe('a statement that has committed by itself', () => {
  it('is in doubt, and not refused, when something breaks on its answer', async () => {
    const events: WriteEvent[] = [];
    const observers = [{ written: (event: WriteEvent) => void events.push(event) }];
    const target = { mapping: gauges, db: test.db, observers };
    const workspace = new TransactionWorkspace({ target, kind: 'insert', signal: undefined, recorder: idleRecorder });
    const defect = new TypeError('a defect');
    const failure = await failureOf(
      workspace.once(async (session) => {
        await session.execute(insertOne(gauges, [gauges.field('level')]), ['7']);
        throw defect;
      }),
    );
    expect(failure).toBeInstanceOf(CommitUnknownError);
    expect(failure).toMatchObject({ cause: defect, retry: 'if-idempotent' });
    expect(events).toMatchObject([{ keys: 'all', outcome: 'unknown' }]);
    expect(await levels()).toEqual([7]);
  });

  it('has failed with what broke before it', async () => {
    const target = { mapping: gauges, db: test.db, observers: [] };
    const workspace = new TransactionWorkspace({ target, kind: 'insert', signal: undefined, recorder: idleRecorder });
    const defect = new TypeError('a defect');
    expect(await failureOf(workspace.once(() => Promise.reject(defect)))).toBe(defect);
  });
});

describe('an insert that went record by record because the set-based way was refused', () => {
  it('is told to the observers', async () => {
    await test.run(`
      create function refuse_many() returns trigger language plpgsql as $$ begin
        if (select count(*) from added) > 1 then
          raise exception 'one at a time' using errcode = '0A000';
        end if;
        return null;
      end $$;
      create trigger refuse_many after insert on gauge referencing new table as added
        for each statement execute function refuse_many()`);
    const events: WriteEvent[] = [];
    const operations = new BatchOperations({
      table: gauges,
      db: test.db,
      observers: [{ written: (event) => void events.push(event) }],
    });
    const { individually } = await operations.batchInsert([
      { id: 5, level: 1 },
      { id: 6, level: 2 },
    ]);
    await test.run('drop trigger refuse_many on gauge');
    expect(individually).toBe(2);
    expect(events).toMatchObject([{ keys: ['5', '6'], kind: 'insert', outcome: 'committed' }]);
  });
});
