import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations, BatchOperationsPort } from '@uno/batch';
import { BatchError, column, mapEntity, type IncrementPatch, UnoContext, UnoDBRepository } from '@uno/domain';
import { ConfigError, ValidationError } from '@uno/postgres';
import fc from 'fast-check';
import { batchErrorOf, failureOf } from '../support/failure-of.js';
import { type OpenTable, openTable } from '../tables/support/open-table.js';

class Counter {
  id!: number;
  small!: number;
  whole!: number;
  big!: bigint;
  ratio!: number;
  single!: number;
  price!: string;
  loose!: string;
  label!: string | null;
  rest!: number | null;
}
const counters = mapEntity(Counter, {
  table: 'counter',
  columns: {
    id: column.integer(),
    small: column.smallint(),
    whole: column.integer(),
    big: column.bigint(),
    ratio: column.double(),
    single: column.real(),
    price: column.numeric(12, 2),
    loose: column.numeric(),
    label: column.text().nullable(),
    rest: column.integer().nullable(),
  },
});
const increment = ['small', 'whole', 'big', 'ratio', 'single', 'price', 'loose', 'rest'] as const;
type Patch = IncrementPatch<typeof counters, (typeof increment)[number]>;

let table: OpenTable;
let operations: BatchOperations<typeof counters>;
let repository: UnoDBRepository<typeof counters>;

beforeAll(async () => {
  table = await openTable([
    `create table counter (id integer primary key, small smallint not null default 0, whole integer not null default 0,
      big bigint not null default 0, ratio double precision not null default 0, single real not null default 0,
      price numeric(12,2) not null default 0, loose numeric not null default 0, label text, rest integer)`,
  ]);
  operations = new BatchOperations({ table: counters, db: table.db, config: { batchSize: 4 } });
  repository = new UnoDBRepository(new UnoContext({ db: table.db, batch: new BatchOperationsPort() }), counters);
});
afterAll(() => table.close());
beforeEach(async () => {
  await table.run('truncate counter');
  await table.run('insert into counter (id) select generate_series(1, 5)');
  table.sent.length = 0;
});

const shown = () => table.run('select * from counter order by id');
const one = async (columns: string) => (await table.run(`select ${columns} from counter where id = 1`))[0];

describe.each(['single_query', 'chunked', 'parallel', 'pipelined', 'optimistic'] as const)(
  'an increment under %s',
  (strategy) => {
    it('is added to what is in the row, whatever else is written', async () => {
      await table.run(`update counter set whole = id * 10, price = 1.25`);
      const patches: Patch[] = [1, 2, 3, 4, 5, 9].map((id) => ({ id, whole: id, price: '-0.50', label: `no ${id}` }));
      const result = await operations.batchUpdate(patches, { strategy, increment: ['whole', 'price'] });
      expect(result).toMatchObject({ total: 6, updated: 5, skipped: 1, individually: 0 });
      expect(await table.run('select id, whole, price, label from counter order by id')).toEqual(
        [1, 2, 3, 4, 5].map((id) => [`${id}`, `${id * 11}`, '0.75', `no ${id}`]),
      );
    });

    it('adds up where several records are of one row', async () => {
      const patches = Array.from({ length: 21 }, (_, i) => ({ id: 1 + (i % 2), whole: 1, ratio: 0.1, loose: '0.10' }));
      expect(await operations.batchUpdate(patches, { strategy, increment })).toMatchObject({ updated: 21 });
      const ratio = patches.filter(({ id }) => id === 1).reduce((sum) => sum + 0.1, 0);
      expect(await one('whole, ratio, loose')).toEqual(['11', `${ratio}`, '1.10']);
    });
  },
);

describe('an increment', () => {
  it('of many records of one row is one statement, where it is exact', async () => {
    await operations.batchUpdate(
      Array.from({ length: 1000 }, () => ({ id: 1, big: 9_007_199_254_740_993n, price: '0.01' })),
      { increment: ['big', 'price'] },
    );
    expect(await one('big, price')).toEqual(['9007199254740993000', '10.00']);
    expect(table.sent.filter((text) => text.startsWith('with'))).toHaveLength(1);
  });

  it('by nothing leaves the row alone, and one that is NULL stays so', async () => {
    const { outcomes } = await operations.batchUpdate(
      [
        { id: 1, whole: 0 },
        { id: 2, rest: 5 },
        { id: 3, whole: undefined },
      ],
      { increment, outcomes: true },
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['unchanged', 'unchanged', 'unchanged']);
  });

  it('counts together with the fields that are named', async () => {
    const patch = { id: 1, whole: 2, label: 'new', small: 9 };
    await operations.batchUpdate([patch], { fields: ['label'], increment: ['whole'] });
    await repository.batchUpdate([patch], { fields: ['whole'], increment: ['whole'], useBatchOperations: false });
    expect(await one('whole, label, small')).toEqual(['4', 'new', '0']);
  });

  it('that leads out of range is the fault of its record', async () => {
    await table.run('update counter set small = 32766');
    const patches = [1, 2, 3, 4, 5].map((id) => ({ id, small: id === 4 ? 2 : 1 }));
    const error = await batchErrorOf(operations.batchUpdate(patches, { increment: ['small'] }));
    expect(error).toMatchObject({ index: 3, key: '4', sqlstate: '22003' });
    expect(await one('small')).toEqual(['32766']);
  });

  it.each([true, false])('takes no null (with batching: %s)', async (useBatchOperations) => {
    const patches = [
      { id: 1, rest: 1 },
      { id: 2, rest: null as never },
    ];
    const error = await batchErrorOf(repository.batchUpdate(patches, { increment: ['rest'], useBatchOperations }));
    expect(error).toMatchObject({ index: 1, key: '2', field: 'rest', cause: expect.any(ValidationError) });
    expect(await one('rest')).toEqual([null]);
  });

  it('is for numbers only', async () => {
    for (const wrong of ['label', 'id', 'nothing'] as never[]) {
      await failureOf(operations.batchUpdate([], { increment: [wrong] }), ConfigError);
      await failureOf(repository.batchUpdate([], { increment: [wrong], useBatchOperations: false }), ConfigError);
    }
    await failureOf(operations.batchUpdate([], { increment: 'whole' as never }), ConfigError);
  });

  it('is added by a single update, too', async () => {
    await repository.update({ id: 1, whole: 5 }, { increment: ['whole'] });
    expect(await repository.update({ id: 1, whole: 5, label: 'x' }, { increment: ['whole'] })).toMatchObject({
      whole: 10,
      label: 'x',
    });
  });

  it('of several sessions loses none', async () => {
    const patches = Array.from({ length: 20 }, (_, i) => ({ id: 1 + (i % 5), whole: 1, ratio: 1 }));
    const calls = Array.from({ length: 4 }, () => operations.batchUpdate(patches, { increment: ['whole', 'ratio'] }));
    await Promise.all(calls);
    expect(await table.run('select distinct whole, ratio from counter')).toEqual([['16', '16']]);
  });
});

const cents = fc.integer({ min: -999, max: 999 }).map((n) => (n / 100).toFixed(2));
const patches: fc.Arbitrary<Patch[]> = fc.array(
  fc
    .record(
      {
        id: fc.integer({ min: 1, max: 6 }),
        small: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: -9, max: 9 }) }, fc.constantFrom(32767, -32768)),
        whole: fc.integer({ min: -(2 ** 30), max: 2 ** 30 }),
        big: fc.bigInt({ min: -(2n ** 61n), max: 2n ** 61n }),
        ratio: fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
        price: fc.oneof(cents, fc.constantFrom('0.004', '.5', '1e1', '+2.')),
        loose: fc.oneof(cents, fc.constantFrom('0.0001', '1e-3', '-7')),
        label: fc.constantFrom('a', 'b', null),
      },
      { requiredKeys: ['id'] },
    )
    .map((patch) => patch as Patch),
  { maxLength: 10 },
);

describe('many increments', () => {
  it('come to what adding them one by one comes to', async () => {
    await fc.assert(
      fc.asyncProperty(patches, fc.integer({ min: 1, max: 10 }), async (records, batchSize) => {
        const seen: unknown[] = [];
        for (const useBatchOperations of [true, false]) {
          await table.run('truncate counter');
          await table.run('insert into counter (id) select generate_series(1, 5)');
          const end = await repository
            .batchUpdate(records, { increment, batchSize, useBatchOperations })
            .catch((error: unknown) => {
              if (!(error instanceof BatchError)) throw error;
              return { index: error.index, sqlstate: error.sqlstate };
            });
          seen.push({ end, rows: await shown() });
        }
        // Of several records of one row, a sum that only passes through what is out of range is in range.
        const isPassing = typeof (seen[0] as { end: unknown }).end === 'number';
        if (isPassing && typeof (seen[1] as { end: unknown }).end !== 'number') return;
        expect(seen[0]).toEqual(seen[1]);
      }),
      { numRuns: 120 },
    );
  });
});
