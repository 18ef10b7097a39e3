import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { column, type KeyOf, mapEntity, type WriteEvent } from '@uno/domain';
import { ConstraintError } from '@uno/postgres';
import { strategies } from '../engine/support/strategies.js';
import { batchErrorOf } from '../support/failure-of.js';
import { openTestContext, type TestContext } from '../support/test-context.js';
import { type Town, towns } from '../support/town.js';

class Visit {
  town!: number;
  day!: string;
  note!: string | null;
}
const visits = mapEntity(Visit, {
  table: 'visit',
  key: ['town', 'day'],
  columns: { town: column.integer(), day: column.date(), note: column.text().nullable() },
});

class Price {
  amount!: string;
  label!: string;
}
/** Keys that have several spellings. */
const prices = mapEntity(Price, {
  table: 'price',
  key: ['amount'],
  columns: { amount: column.numeric(), label: column.text() },
});

let test: TestContext;
let told: WriteEvent[];

beforeAll(async () => {
  test = await openTestContext([towns, visits, prices]);
  // A town that is visited stays.
  await test.run('alter table visit add foreign key (town) references town (id)');
});
afterAll(() => test.close());
beforeEach(async () => {
  told = [];
  await test.run('truncate town, visit, price restart identity');
  await test.run(
    `insert into town (name, population, notes) select 'town ' || n, n, '{"b": 1, "a": null}' from generate_series(1, 9) n`,
  );
  await test.run(`insert into visit values (5, '2026-01-02', 'v'), (5, '2026-01-01', null), (7, '2026-01-01', '')`);
  await test.run(`insert into price values (1, 'one'), (2.50, 'two and a half')`);
  test.statements.length = 0;
});

function operationsOf(batchSize = 2): BatchOperations<typeof towns> {
  const observers = [{ written: (event: WriteEvent) => void told.push(event) }];
  return new BatchOperations({ table: towns, db: test.db, config: { batchSize }, observers });
}

function stored(id: number): Town {
  return Object.assign(new (towns.entity as new () => Town)(), {
    id,
    name: `town ${id}`,
    country: 'CH',
    population: id,
    notes: { b: 1, a: null },
  });
}

async function left(): Promise<(number | undefined)[]> {
  const found = await operationsOf().batchGet([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  return found.flatMap((town) => (town === undefined ? [] : [town.id]));
}

describe.each(strategies)('batchDelete with returnModels under %s', (strategy) => {
  it('gives the entities as they were, in the order of the keys', async () => {
    const result = await operationsOf().batchDelete([9, 77, 1, 8, 3], { strategy, returnModels: true });
    expect(result.models).toEqual([9, 1, 8, 3].map(stored));
    expect(result).toMatchObject({ total: 5, deleted: 4, skipped: 1, failed: 0, individually: 0 });
    expect(await left()).toEqual([2, 4, 5, 6, 7]);
  });

  it('gives one entity for a key that comes twice, and says which of them it was', async () => {
    const result = await operationsOf().batchDelete([3, 1, 3, 3], { strategy, returnModels: true, outcomes: true });
    expect(result.models).toEqual([3, 1].map(stored));
    expect(result.outcomes.map(({ status }) => status)).toEqual(['deleted', 'deleted', 'skipped', 'skipped']);
  });

  it('leaves out a row that a foreign key needs, and gives all others', async () => {
    const result = await operationsOf(4).batchDelete([4, 5, 6, 7, 8, 88], {
      strategy,
      returnModels: true,
      onRecordError: 'skip',
    });
    expect(result.models).toEqual([4, 6, 8].map(stored));
    expect(result).toMatchObject({ total: 6, deleted: 3, skipped: 1, failed: 2 });
    expect(result.failures).toMatchObject([
      { index: 1, key: '5', error: { sqlstate: '23503' } },
      { index: 3, key: '7', error: { sqlstate: '23503' } },
    ]);
    expect(await left()).toEqual([1, 2, 3, 5, 7, 9]);
  });

  it('names a row that a foreign key needs, and deletes nothing of what is one transaction', async () => {
    const error = await batchErrorOf(operationsOf().batchDelete([4, 6, 5], { strategy, returnModels: true }));
    expect(error).toMatchObject({ index: 2, key: '5', sqlstate: '23503' });
    expect(error.cause).toBeInstanceOf(ConstraintError);
    expect(await left()).toEqual(strategy === 'parallel' ? [1, 2, 3, 5, 7, 8, 9] : [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('works on composite keys', async () => {
    const operations = new BatchOperations({ table: visits, db: test.db, config: { batchSize: 2 } });
    const keys: KeyOf<typeof visits>[] = [
      { town: 7, day: '2026-01-01' },
      { town: 7, day: '2026-01-02' },
      { town: 5, day: '2026-01-01' },
    ];
    const { models } = await operations.batchDelete(keys, { strategy, returnModels: true });
    expect(models).toEqual([
      { town: 7, day: '2026-01-01', note: '' },
      { town: 5, day: '2026-01-01', note: null },
    ]);
    expect(await operations.batchGet([{ town: 5, day: '2026-01-02' }])).toMatchObject([{ note: 'v' }]);
  });

  it('works on keys with several spellings', async () => {
    const operations = new BatchOperations({ table: prices, db: test.db, config: { batchSize: 3 } });
    const { models } = await operations.batchDelete(['2.5', '1.0', '2.500'], { strategy, returnModels: true });
    expect(models.map(({ label }) => label)).toEqual(['two and a half', 'one']);
  });

  it('reads keys from a stream', async () => {
    async function* keys() {
      for (const id of [2, 1, 2, 4]) yield id;
    }
    const { models } = await operationsOf(3).batchDelete(keys(), { strategy, returnModels: true });
    expect(models).toEqual([2, 1, 4].map(stored));
  });
});

describe('batchDelete', () => {
  it('needs one statement a chunk, with outcomes and entities, too', async () => {
    await operationsOf().batchDelete([1, 2, 3, 4], { returnModels: true, outcomes: true });
    const sent = test.statements.filter((text) => text.startsWith('delete'));
    expect(sent).toHaveLength(2);
    expect(new Set(sent).size).toBe(1);
  });

  it('tells the observers of the keys', async () => {
    await operationsOf(9).batchDelete([1, 2, 77], { returnModels: true });
    expect(told).toMatchObject([{ kind: 'delete', keys: ['1', '2', '77'], outcome: 'committed' }]);
  });

  it('gives entities inside a transaction of the caller, whose rollback brings them back', async () => {
    const models: Town[] = [];
    const undone = test.db.transaction().execute(async (transaction) => {
      const operations = new BatchOperations({ table: towns, db: transaction });
      models.push(...(await operations.batchDelete([3], { returnModels: true })).models);
      throw new Error('undo');
    });
    await expect(undone).rejects.toThrow('undo');
    expect(models).toEqual([stored(3)]);
    expect(await left()).toContain(3);
  });

  it('hands each deleted entity to postProcess, and none for a key that deleted nothing', async () => {
    const seen: unknown[] = [];
    const operations = new BatchOperations({
      table: towns,
      db: test.db,
      config: { postProcess: ({ index, status }, model) => void seen.push([index, status, model]) },
    });
    await operations.batchDelete([1, 1, 77], { returnModels: true });
    expect(seen).toEqual([
      [0, 'deleted', stored(1)],
      [1, 'skipped', undefined],
      [2, 'skipped', undefined],
    ]);
  });

  it('refuses a returnModels that is neither true nor false', async () => {
    const options = { returnModels: 'yes' } as unknown as { returnModels: true };
    await expect(operationsOf().batchDelete([1], options)).rejects.toThrow(
      'batchDelete: returnModels takes true or false, not yes.',
    );
  });
});
