import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations, type BatchWriteCall } from '@uno/batch';
import { BatchError, type WithOutcomes, type WriteResult } from '@uno/domain';
import { StatementError } from '@uno/postgres';
import { sql } from 'kysely';
import { openTestContext, type TestContext } from '../support/test-context.js';
import { towns } from '../support/town.js';
import { acceptMany, refuseAll, refuseMany, refuseSets } from './support/only-one.js';
import { thirty } from './support/writes.js';

let test: TestContext;
let operations: BatchOperations<typeof towns>;
const logger = { info: () => undefined, warn: () => undefined };

beforeAll(async () => {
  test = await openTestContext([towns]);
  await test.run('alter table town add constraint populated check (population >= 0)');
  operations = new BatchOperations({ table: towns, db: test.db, config: { batchSize: 10, retryDelayMs: 0, logger } });
});

afterAll(() => test.close());

beforeEach(async () => {
  await acceptMany(test);
  await test.run('truncate town restart identity');
  test.statements.length = 0;
});

async function ids(): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`select id from town order by id`.execute(test.db);
  return rows.map(({ id }) => id);
}

/** Thirty towns, of which some have a name that is taken, and others one that cannot be stored. */
function withFaults(taken: readonly number[], unspeakable: readonly number[] = []): typeof thirty {
  return thirty.map((town, i) => {
    if (taken.includes(i)) return { ...town, name: 'taken' };
    return unspeakable.includes(i) ? { ...town, name: 'a\0b' } : town;
  });
}

/** What a call gives or throws, as far as it does not depend on how the records were sent. */
async function outcomeOf(call: () => Promise<WriteResult & WithOutcomes>): Promise<object> {
  try {
    const { individually, ...rest } = await call();
    return { ...rest, outcomes: rest.outcomes.map(plain), failures: rest.failures.map(plain), ids: await ids() };
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    const { index, key, total, sqlstate, constraint, column, field, retry, message, written, failures } = error;
    return {
      ...{ index, key, total, sqlstate, constraint, column, field, retry, message, written: `${written}` },
      failures: failures.map(plain),
      ids: await ids(),
    };
  }
}

function plain({ error, ...rest }: { readonly error?: Error | undefined }): object {
  return { ...rest, error: error?.message };
}

describe('a chunk that falls back and has records at fault', () => {
  it.each<[string, number[], number[], BatchWriteCall]>([
    ['abort', [17, 19], [], {}],
    ['abort, on a value that cannot be stored', [19], [14], {}],
    ['abort, chunk by chunk', [17], [], { atomicity: 'chunk' }],
    ['abort, everything at once', [17], [], { strategy: 'single_query' }],
    ['skip', [12, 17, 25], [19, 3], { onRecordError: 'skip' }],
    ['skip, chunk by chunk', [12, 17, 25], [19, 3], { onRecordError: 'skip', atomicity: 'chunk' }],
    ['skip, side by side', [12, 17, 25], [19, 3], { onRecordError: 'skip', parallel: true }],
    ['skip, as many as may fail', [12, 17], [], { onRecordError: 'skip', maxFailures: 2 }],
    ['skip, one more than may fail', [12, 17, 18, 25], [], { onRecordError: 'skip', maxFailures: 2 }],
    [
      'skip, one more than may fail, chunk by chunk',
      [4, 17, 18],
      [],
      { onRecordError: 'skip', maxFailures: 2, atomicity: 'chunk' },
    ],
    ['skip, when all of a chunk fail', [10, 11, 12, 13, 14, 15, 16, 17, 18, 19], [], { onRecordError: 'skip' }],
  ])('does as a chunk that does not: %s', async (_, taken, unspeakable, options) => {
    const records = withFaults(taken, unspeakable);
    const call = () => operations.batchInsert(records, { ...options, outcomes: true });
    const take = () => operations.batchInsert([{ id: 1, name: 'taken', country: 'FR' }]);
    await take();
    const expected = await outcomeOf(call);
    for (const refuse of [() => refuseMany(test, 'population between 10 and 19'), () => refuseSets(test)]) {
      await acceptMany(test);
      await test.run('truncate town restart identity');
      await take();
      await refuse();
      expect(await outcomeOf(call)).toEqual(expected);
    }
  });

  it.each<[string, BatchWriteCall]>([
    ['abort', {}],
    ['abort, chunk by chunk', { atomicity: 'chunk' }],
    ['skip', { onRecordError: 'skip' }],
    ['skip, chunk by chunk', { onRecordError: 'skip', atomicity: 'chunk' }],
    ['skip, with a limit', { onRecordError: 'skip', maxFailures: 1 }],
  ])('finds those among several of one row: %s', async (_, options) => {
    const changes = thirty.flatMap(({ id }, i) => [
      { id, name: `first ${i}` },
      { id, population: i % 7 === 3 ? -1 : i },
    ]);
    const call = () => operations.batchUpdate(changes, { ...options, outcomes: true });
    const rows = async () => (await sql`select * from town order by id`.execute(test.db)).rows;
    await operations.batchInsert(thirty);
    const expected = { outcome: await outcomeOf(call), rows: await rows() };
    await test.run('truncate town restart identity');
    await operations.batchInsert(thirty);
    await refuseSets(test);
    expect({ outcome: await outcomeOf(call), rows: await rows() }).toEqual(expected);
  });
});

describe('when not even single records are taken', () => {
  it('throws what was first said of the chunk, and writes nothing', async () => {
    await refuseAll(test);
    const failure = await operations.batchInsert(thirty).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StatementError);
    expect(failure).toMatchObject({ message: 'refused 10 rows at a time (SQLSTATE 0A000)', sqlstate: '0A000' });
    expect(await ids()).toEqual([]);
  });

  it('says what is written when chunks commit by themselves', async () => {
    await refuseAll(test, 'population = 25');
    const failure = await operations.batchInsert(thirty, { atomicity: 'chunk' }).catch((error: unknown) => error);
    if (!(failure instanceof BatchError)) throw failure;
    expect(`${failure.written}`).toBe('0-19');
    expect(failure.index).toBeUndefined();
    expect(failure.cause.message).toContain('refused 10 rows at a time');
    expect(await ids()).toEqual(thirty.slice(0, 20).map(({ id }) => id));
  });

  it('does not leave records out on account of that, even under skip', async () => {
    await refuseAll(test, 'population = 25');
    await expect(operations.batchInsert(thirty, { onRecordError: 'skip' })).rejects.toBeInstanceOf(StatementError);
    expect(await ids()).toEqual([]);
  });

  it('leaves the transaction of the caller usable', async () => {
    await refuseAll(test, 'population = 25');
    await test.db.transaction().execute(async (transaction) => {
      const inside = new BatchOperations({ table: towns, db: transaction, config: { batchSize: 10, logger } });
      await inside.batchInsert([{ id: 1, name: 'before' }]);
      await expect(inside.batchInsert(thirty)).rejects.toThrow('refused 10 rows at a time');
      await inside.batchInsert([{ id: 2, name: 'after' }]);
    });
    expect(await ids()).toEqual([1, 2]);
  });
});

describe('what is no fault of the set-based way', () => {
  /** A trigger that fails a few times, and counts in a sequence, which no rollback takes back. */
  async function failTimes(times: number, sqlstate: string): Promise<void> {
    await test.run('drop sequence if exists attempts cascade');
    await test.run('create sequence attempts');
    await test.run(`create or replace function only_one() returns trigger language plpgsql as $$
      begin
        if nextval('attempts') <= ${times} then raise exception 'not now' using errcode = '${sqlstate}'; end if;
        return null;
      end $$`);
    await test.run('create trigger fails after insert on town for each statement execute function only_one()');
  }

  /** How many statements the server has done or failed in; what was sent behind one that failed it has passed over. */
  async function attempts(): Promise<number> {
    const { rows } = await sql<{ n: string }>`select last_value as n from attempts`.execute(test.db);
    return Number(rows[0]?.n);
  }

  it.each(['40001', '40P01', '55P03', '53200'])('is done again as a set instead: SQLSTATE %s', async (sqlstate) => {
    await failTimes(2, sqlstate);
    expect(await operations.batchInsert(thirty)).toMatchObject({ inserted: 30, individually: 0 });
    expect(await attempts()).toBe(2 + 3);
  });

  it('ends the call when it is cancelled, without doing anything one by one', async () => {
    await failTimes(1, '57014');
    await expect(operations.batchInsert(thirty)).rejects.toMatchObject({ code: 'UNO_CANCELED' });
    expect(await attempts()).toBe(1);
  });
});
