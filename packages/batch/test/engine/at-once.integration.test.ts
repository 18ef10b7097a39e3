import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { BatchError } from '@uno/domain';
import { StatementError, StatementTimeoutError } from '@uno/postgres';
import { sql } from 'kysely';
import { someTowns, towns } from '../support/town.js';
import { EngineDatabase, type TownPool } from './support/engine-database.js';

let database: EngineDatabase;
let pool: TownPool;

beforeAll(async () => {
  database = await EngineDatabase.open();
  pool = database.connect(1);
  // A statement takes as long as it has records, and so fails by its size.
  await database.run(`
    create function take_time() returns trigger language plpgsql as $$
      begin
        if (select count(*) from added) > 20 then perform pg_sleep(30); end if;
        return null;
      end
    $$;
    create trigger take_time after insert on town referencing new table as added for each statement
      execute function take_time()`);
  await database.run('alter table town disable trigger take_time');
});

afterAll(() => database.close());

beforeEach(async () => {
  await database.run('alter table town disable trigger take_time');
  await database.reset();
  await pool.operations().batchGet([1]);
  pool.statements.length = 0;
});

/** Makes statements of more than 20 records fail, and those only. */
async function slowBySize(): Promise<void> {
  await database.run('alter table town enable trigger take_time');
  await sql`set statement_timeout = 300`.execute(pool.db);
  pool.statements.length = 0;
}

function sent(kind: RegExp): string[] {
  return pool.statements.filter((text) => kind.test(text));
}

async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe.each(['single_query', 'optimistic'] as const)('%s', (strategy) => {
  it('sends one statement, and nothing else, when all is well', async () => {
    const operations = pool.operations({ batchSize: 10 });
    await operations.batchInsert(someTowns(100), { strategy });
    await operations.batchUpdate(
      someTowns(100).map(({ population }, i) => ({ id: i + 1, population })),
      { strategy },
    );
    await operations.batchUpsert(someTowns(100), { strategy, constraintColumns: ['country', 'name'] });
    const ids = Array.from({ length: 100 }, (_, i) => i + 1);
    await operations.batchGet(ids, { strategy });
    await operations.batchDelete(ids, { strategy });
    expect(pool.statements).toHaveLength(5);
  });

  it('sends one statement for a source that is no array, too', async () => {
    await pool.operations({ batchSize: 10 }).batchInsert(someTowns(100).values(), { strategy });
    // The catalogue is read once.
    pool.statements.length = 0;
    await pool.operations({ batchSize: 10 }).batchInsert(someTowns(100, 100).values(), { strategy });
    expect(pool.statements).toHaveLength(1);
  });

  it('throws what smaller pieces cannot cure at once', async () => {
    await database.run('alter table town rename to elsewhere');
    try {
      const operations = pool.operations({ batchSize: 10, retryDelayMs: 0 });
      expect(await errorOf(operations.batchGet([1], { strategy }))).toMatchObject({ sqlstate: '42P01' });
      pool.statements.length = 0;
      const failure = await errorOf(
        operations.batchUpdate(
          [
            { id: 1, population: 1 },
            { id: 2, population: 1 },
          ],
          { strategy },
        ),
      );
      expect(failure).toBeInstanceOf(StatementError);
      expect(failure).toMatchObject({ sqlstate: '42P01' });
    } finally {
      await database.run('alter table elsewhere rename to town');
    }
  });

  it('names the record at fault', async () => {
    const records = someTowns(100).map((town, i) => (i === 61 ? { ...town, name: 'town 60' } : town));
    const failure = await errorOf(pool.operations({ batchSize: 10 }).batchInsert(records, { strategy }));
    expect(failure).toBeInstanceOf(BatchError);
    expect(failure).toMatchObject({ index: 61, sqlstate: '23505' });
    // The whole, and about 2 · log2(100) to find the record: no second try in chunks.
    expect(sent(/^insert/).length).toBeLessThanOrEqual(1 + 2 * Math.ceil(Math.log2(100)));
    expect(await database.towns()).toBe(0);
  });

  it('gives entities in the order of the input', async () => {
    const { models } = await pool
      .operations({ batchSize: 10 })
      .batchInsert(someTowns(50), { strategy, returnModels: true });
    expect(models.map(({ name }) => name)).toEqual(someTowns(50).map(({ name }) => name));
  });
});

describe('single_query', () => {
  it('does not fall back', async () => {
    await slowBySize();
    const failure = await errorOf(
      pool.operations({ batchSize: 10 }).batchInsert(someTowns(40), { strategy: 'single_query' }),
    );
    expect(failure).toBeInstanceOf(StatementTimeoutError);
    expect(sent(/^insert/)).toHaveLength(1);
  });

  it('sends one statement for each set of columns, in one transaction', async () => {
    const mixed = someTowns(40).map(({ name, population }, i) => (i % 2 === 0 ? { name } : { name, population }));
    await pool.operations({ batchSize: 10 }).batchInsert(mixed, { strategy: 'single_query' });
    expect(sent(/^insert/)).toHaveLength(2);
    expect(sent(/^start transaction/)).toHaveLength(1);
  });
});

describe('optimistic', () => {
  const strategy = 'optimistic';

  it('goes on in chunks when everything at once took too long', async () => {
    await slowBySize();
    const { total, inserted } = await pool.operations({ batchSize: 20 }).batchInsert(someTowns(70), { strategy });
    expect({ total, inserted }).toEqual({ total: 70, inserted: 70 });
    expect(sent(/^insert/)).toHaveLength(1 + 4);
    expect(sent(/^commit/)).toHaveLength(1);
    expect(await database.towns()).toBe(70);
  });

  it('makes the pieces smaller even where all records are fewer than a chunk', async () => {
    await slowBySize();
    await pool.operations({ batchSize: 1000 }).batchInsert(someTowns(40), { strategy });
    expect(sent(/^insert/)).toHaveLength(1 + 2);
    expect(await database.towns()).toBe(40);
  });

  it('rolls back first', async () => {
    await slowBySize();
    const postProcess = () => undefined;
    const { inserted } = await pool.operations({ batchSize: 20, postProcess }).batchInsert(someTowns(40), { strategy });
    expect(inserted).toBe(40);
    const ends = pool.statements.filter((text) => /^(start transaction|rollback$|commit)/.test(text));
    expect(ends.map((text) => text.split(' ')[0])).toEqual(['start', 'rollback', 'start', 'commit']);
  });

  it('leaves a transaction of the caller as it was, and goes on in it', async () => {
    await slowBySize();
    await pool.db.transaction().execute(async (transaction) => {
      const operations = new BatchOperations({ table: towns, db: transaction, config: { batchSize: 20 } });
      await operations.batchInsert(someTowns(5, 1000));
      expect(await operations.batchInsert(someTowns(40), { strategy })).toMatchObject({ inserted: 40 });
    });
    expect(await database.towns()).toBe(45);
  });

  it('counts the second try, and every record once', async () => {
    await slowBySize();
    const operations = pool.operations({ batchSize: 20 });
    const told: number[] = [];
    await operations.batchInsert(someTowns(40), { strategy, onProgress: ({ processed }) => told.push(processed) });
    expect(operations.getMetrics().total).toMatchObject({ retries: 1, recordsTotal: 40, recordsSuccessful: 40 });
    expect(told).toEqual([20, 40]);
  });

  it('calls preProcess once for each record, however often they are sent', async () => {
    await slowBySize();
    const seen: number[] = [];
    const preProcess = (record: object, index: number) => {
      seen.push(index);
      return record;
    };
    await pool.operations({ batchSize: 20, preProcess }).batchInsert(someTowns(40).values(), { strategy });
    expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  it('goes on in chunks to leave out a record', async () => {
    const records = someTowns(100).map((town, i) => (i === 61 ? { ...town, name: 'town 60' } : town));
    const result = await pool.operations({ batchSize: 20 }).batchInsert(records, { strategy, onRecordError: 'skip' });
    expect(result).toMatchObject({ total: 100, inserted: 99, failed: 1, failures: [{ index: 61 }] });
    expect(await database.towns()).toBe(99);
    // One at once, five chunks, one that was sent ahead in vain, and about 2 · log2(20) to find the record.
    expect(sent(/^insert/).length).toBeLessThanOrEqual(1 + 5 + 1 + 2 * Math.ceil(Math.log2(20)));
  });

  it('commits chunk by chunk in the second try, if asked to', async () => {
    await slowBySize();
    const records = someTowns(60).map((town, i) => (i === 45 ? { ...town, name: 'town 1' } : town));
    const failure = await errorOf(
      pool.operations({ batchSize: 20 }).batchInsert(records, { strategy, atomicity: 'chunk' }),
    );
    expect(failure).toMatchObject({ index: 45, sqlstate: '23505' });
    expect(failure instanceof BatchError && failure.written.ranges).toEqual([{ first: 0, last: 39 }]);
    expect(await database.towns()).toBe(40);
  });

  it('gives up when the pieces are too much as well', async () => {
    await slowBySize();
    const failure = await errorOf(pool.operations({ batchSize: 30 }).batchInsert(someTowns(90), { strategy }));
    expect(failure).toBeInstanceOf(StatementTimeoutError);
    // All at once, a chunk, and the one behind it, which was sent ahead.
    expect(sent(/^insert/).length).toBeLessThanOrEqual(3);
    expect(await database.towns()).toBe(0);
  });

  it('makes no second try without the privilege', async () => {
    await database.run(
      'drop role if exists nobody_in_town; create role nobody_in_town; grant usage on schema public to nobody_in_town',
    );
    await sql`set role nobody_in_town`.execute(pool.db);
    try {
      pool.statements.length = 0;
      const failure = await errorOf(
        pool.operations({ batchSize: 20 }).batchUpdate(
          Array.from({ length: 40 }, (_, i) => ({ id: i, population: 1 })),
          { strategy },
        ),
      );
      expect(failure).toMatchObject({ code: 'UNO_STATEMENT', sqlstate: '42501' });
      expect(sent(/^update/).length).toBeLessThanOrEqual(2);
    } finally {
      await sql`reset role`.execute(pool.db);
      await database.run('drop owned by nobody_in_town; drop role nobody_in_town');
    }
  });
});
