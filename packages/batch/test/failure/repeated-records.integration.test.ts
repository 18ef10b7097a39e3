import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations, BatchOperationsPort } from '@uno/batch';
import { column, createTables, mapEntity, UnoContext, UnoDBRepository } from '@uno/domain';
import fc from 'fast-check';
import { batchErrorOf } from '../support/failure-of.js';
import { range } from './support/load.js';
import { Crate, crates, openYard, type Yard } from './support/yard.js';

let yard: Yard;
let operations: BatchOperations<typeof crates>;
let repository: UnoDBRepository<typeof crates>;

beforeAll(async () => {
  yard = await openYard();
  operations = new BatchOperations({ table: crates, db: yard.db });
  repository = new UnoDBRepository(new UnoContext({ db: yard.db, batch: new BatchOperationsPort() }), crates);
});

afterAll(() => yard.close());

const rows = range(1, 5).map((id) => ({ id, label: `crate ${id}`, weight: 1, note: 'none', dockId: 1 }));

beforeEach(() => yard.reset(rows));

const strategies = ['single_query', 'chunked', 'parallel', 'pipelined', 'optimistic'] as const;

/** What the first record at fault is, and what is in the table then. */
async function endOf(call: Promise<unknown>): Promise<unknown> {
  const said = await call.then(
    (result) => ({ result }),
    (error: unknown) => {
      if (!(error instanceof Error) || !('index' in error) || !('key' in error)) throw error;
      const { index, key } = error;
      return { index, key };
    },
  );
  return { said, rows: await yard.rows() };
}

describe('records of one row, of which one is at fault', () => {
  it.each(strategies)('are named as one by one: a record between them comes first (%s)', async (strategy) => {
    const records = [
      { id: 1, weight: 2 },
      { id: 2, weight: 13 },
      { id: 1, weight: 13 },
    ];
    const error = await batchErrorOf(operations.batchUpdate(records, { strategy }));
    expect([error.index, error.key]).toEqual([1, '2']);
  });

  it('are named as one by one, wherever they are', async () => {
    // 13 is refused. That of a record which a later one overwrites is not seen in a set, so the last of each row counts.
    const change = fc.record({ id: fc.integer({ min: 1, max: 5 }), weight: fc.constantFrom(1, 2, 3, 13) });
    const changes = fc
      .array(change, { maxLength: 12 })
      .filter((all) =>
        all.every(({ id, weight }, i) => weight !== 13 || all.slice(i + 1).every((one) => one.id !== id)),
      );
    await fc.assert(
      fc.asyncProperty(changes, fc.constantFrom(...strategies), async (records, strategy) => {
        await yard.reset(rows);
        const set = await endOf(repository.batchUpdate(records, { strategy }));
        await yard.reset(rows);
        expect(set).toEqual(await endOf(repository.batchUpdate(records, { useBatchOperations: false })));
      }),
      { numRuns: 60 },
    );
  });

  it('are left out one by one, and the others of the row stay', async () => {
    const records = [
      { id: 1, weight: 2 },
      { id: 2, weight: 13 },
      { id: 1, weight: 13 },
      { id: 1, note: 'late' },
    ];
    const { failures, updated } = await operations.batchUpdate(records, { onRecordError: 'skip' });
    expect([failures.map(({ index }) => index), updated]).toEqual([[1, 2], 2]);
    expect((await yard.rows())[0]).toMatchObject({ weight: 2, note: 'late' });
  });
});

describe('records of one row that are upserted by another constraint', () => {
  it('leave the row the key that the first one gave it', async () => {
    const records = [
      { id: 21, label: 'x', weight: 1 },
      { id: 22, label: 'x', weight: 2 },
    ];
    const result = await operations.batchUpsert(records, { constraintColumns: ['label'], outcomes: true });
    expect(result).toMatchObject({ total: 2, inserted: 1, skipped: 1 });
    expect((await yard.rows()).filter(({ label }) => label === 'x')).toMatchObject([{ id: 21, weight: 2 }]);
  });
});

describe('records whose fields are accessors', () => {
  /** As decorators and libraries of change tracking make them. */
  class Tracked extends Crate {
    readonly #values = new Map<string, unknown>();

    static of(values: object): Tracked {
      const tracked = new Tracked();
      for (const name of ['id', 'weight', 'label', 'note', 'dockId'] as const) {
        Object.defineProperty(tracked, name, {
          get: () => tracked.#values.get(name),
          set: (value: unknown) => tracked.#values.set(name, value),
          enumerable: false,
        });
      }
      return Object.assign(tracked, values);
    }
  }

  it('are written when several mean one row, as any others', async () => {
    const records = [
      Tracked.of({ id: 1, weight: 5 }),
      Tracked.of({ id: 1, weight: 6 }),
      Tracked.of({ id: 2, weight: 7 }),
    ];
    expect(await operations.batchUpdate(records)).toMatchObject({ updated: 3 });
    expect((await yard.rows()).map(({ weight }) => weight)).toEqual([6, 7, 1, 1, 1]);
  });
});

describe('very many records of one row', () => {
  it('are one statement, as quickly as others', async () => {
    const records = range(1, 40_000).map((weight) => ({ id: 3, weight: weight + 100 }));
    const { updated } = await operations.batchUpdate(records, { strategy: 'single_query', timeoutMs: 20_000 });
    expect([updated, (await yard.rows())[2]?.weight]).toEqual([40_000, 40_100]);
  });
});

describe('keys of one row that are spelt in several ways', () => {
  class Price {
    amount!: string;
    n!: number;
    note!: string | null;
  }
  const prices = mapEntity(Price, {
    table: 'price',
    key: 'amount',
    columns: { amount: column.numeric(), n: column.integer(), note: column.text().nullable() },
  });

  beforeAll(async () => {
    await createTables(yard.db, [prices]);
  });

  const how = fc.constantFrom('abort' as const, 'skip' as const);
  const spellings = fc.constantFrom('1', '1.0', '1.00', '2', '2.0');
  const records = fc.array(fc.record({ amount: spellings, n: fc.nat(9) }), { maxLength: 8 });

  async function stored(): Promise<unknown[]> {
    const { rows: all } = await yard.observer.query('select amount::float8, n from price order by amount');
    return all;
  }

  it('are written in the order of the records', async () => {
    const context = new UnoContext({ db: yard.db, batch: new BatchOperationsPort() });
    const repositoryOfPrices = new UnoDBRepository(context, prices);
    const operationsOnPrices = new BatchOperations({ table: prices, db: yard.db });
    await fc.assert(
      fc.asyncProperty(records, how, fc.integer({ min: 1, max: 9 }), async (all, onRecordError, batchSize) => {
        const seen: unknown[] = [];
        for (const useBatchOperations of [true, false]) {
          await yard.run('truncate price; insert into price values (1, 0), (2, 0)');
          const options = { useBatchOperations, onRecordError, batchSize, outcomes: true } as const;
          const { updated } = await repositoryOfPrices.batchUpdate(all, options);
          seen.push({ updated, rows: await stored() });
        }
        expect(seen[0]).toEqual(seen[1]);
        await yard.run('truncate price');
        await operationsOnPrices.batchUpsert(all, { onRecordError, batchSize });
        const last = new Map(all.map(({ amount, n }) => [Number(amount), n]));
        expect(await stored()).toEqual([...last].sort(([a], [b]) => a - b).map(([amount, n]) => ({ amount, n })));
      }),
      { numRuns: 60 },
    );
  });
});
