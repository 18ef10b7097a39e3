import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations, type BatchWriteCall } from '@uno/batch';
import { type Kysely, sql } from 'kysely';
import { openTestContext, type TestContext } from '../support/test-context.js';
import { towns } from '../support/town.js';
import { acceptMany, refuseMany } from './support/only-one.js';
import { type Write, writes } from './support/writes.js';

let test: TestContext;

beforeAll(async () => {
  test = await openTestContext([towns]);
  await test.run('create table written (id integer, change text)');
  await test.run(`create function note_row() returns trigger language plpgsql as $$
    begin
      insert into written values (coalesce(new.id, old.id), tg_op);
      return null;
    end $$`);
  await test.run(
    'create trigger note after insert or update or delete on town for each row execute function note_row()',
  );
});

afterAll(() => test.close());

const logger = { info: () => undefined, warn: () => undefined };

function operationsOn(db: Kysely<unknown>): BatchOperations<typeof towns> {
  return new BatchOperations({ table: towns, db, config: { batchSize: 10, logger } });
}

async function prepare({ seed }: Write): Promise<void> {
  await acceptMany(test);
  await test.run('truncate town restart identity');
  await operationsOn(test.db).batchInsert(seed);
  await test.run('truncate written');
}

/** The rows, and how many times each of them was written. */
async function stored(): Promise<object> {
  const { rows } = await sql`select * from town order by id`.execute(test.db);
  const { rows: times } = await sql`select id, change, count(*)::int from written group by 1, 2 order by 1, 2`.execute(
    test.db,
  );
  return { rows, times };
}

/** What a write gives and leaves behind, without what it says of the way it was done. */
async function outcomeOf(write: Write, options: BatchWriteCall, refused?: string) {
  await prepare(write);
  if (refused !== undefined) await refuseMany(test, refused);
  const { individually, ...result } = Object.assign(
    { individually: -1 },
    await write.run(operationsOn(test.db), options),
  );
  return { individually, result, stored: await stored() };
}

const ways: [string, BatchWriteCall][] = [
  ['in one transaction', {}],
  ['chunk by chunk', { atomicity: 'chunk' }],
  ['side by side', { parallel: true }],
  ['in a pipeline', { strategy: 'pipelined' }],
  ['in a pipeline, chunk by chunk', { strategy: 'pipelined', atomicity: 'chunk' }],
  ['under skip', { onRecordError: 'skip' }],
];

describe.each(writes.map((write) => [write.name, write] as const))('%s, when one chunk is refused', (_, write) => {
  it.each(ways)(
    'does that one by one, with the same results, rows and number of writes: %s',
    async (_name, options) => {
      const expected = await outcomeOf(write, options);
      const { individually, ...rest } = await outcomeOf(write, options, 'population = 12 or population = -1');
      expect(rest).toEqual({ result: expected.result, stored: expected.stored });
      expect(expected.individually).toBe(0);
      expect(individually).toBeGreaterThan(0);
    },
  );
});

const atOnce: [string, BatchWriteCall][] = [
  ['single_query', { strategy: 'single_query' }],
  ['optimistic', { strategy: 'optimistic' }],
];

describe.each(writes.map((write) => [write.name, write] as const))(
  '%s, when everything at once is refused',
  (_, write) => {
    it.each(atOnce)(
      'does all one by one, with the same results, rows and number of writes: %s',
      async (_name, options) => {
        const expected = await outcomeOf(write, options);
        const { individually, ...rest } = await outcomeOf(write, options, 'true');
        expect(rest).toEqual({ result: expected.result, stored: expected.stored });
        expect(individually).toBe(Object.assign({ total: -1 }, expected.result).total);
      },
    );
  },
);

describe.each(writes.map((write) => [write.name, write] as const))('%s in a transaction of the caller', (_, write) => {
  beforeEach(() => prepare(write));

  it.each<[string, BatchWriteCall]>([
    ['in one piece', {}],
    ['chunk by chunk', { atomicity: 'chunk' }],
    ['when parallel is asked for', { parallel: true }],
  ])('falls back in it, and leaves it usable: %s', async (_name, options) => {
    const expected = await outcomeOf(write, options);
    await prepare(write);
    await refuseMany(test);
    const { individually, ...result } = await test.db.transaction().execute(async (transaction) => {
      const done = Object.assign({ individually: -1 }, await write.run(operationsOn(transaction), options));
      await sql`insert into written values (1, 'afterwards')`.execute(transaction);
      return done;
    });
    expect(result).toEqual(expected.result);
    expect(individually).toBeGreaterThan(0);
    expect(await sql`select 1 from written where change = 'afterwards'`.execute(test.db)).toMatchObject({
      rows: [{}],
    });
    await sql`delete from written where change = 'afterwards'`.execute(test.db);
    expect(await stored()).toEqual(expected.stored);
  });

  it('is undone with that transaction, and writes nothing on another connection', async () => {
    await refuseMany(test);
    const before = await stored();
    const stop = new Error('stop');
    const run = test.db.transaction().execute(async (transaction) => {
      await write.run(operationsOn(transaction), { parallel: true });
      throw stop;
    });
    await expect(run).rejects.toBe(stop);
    expect(await stored()).toEqual(before);
  });
});
