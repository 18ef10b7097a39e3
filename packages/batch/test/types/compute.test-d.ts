import type { BatchOperations, ComputeContext, ComputeTotals } from '@uno/batch';
import { column, type Loaded, mapEntity, type RecordOutcome, type WithOutcomes, type WriteResult } from '@uno/domain';
import { expectTypeOf } from 'expect-type';
import { sql } from 'kysely';
import type { Town, towns } from '../support/town.js';

class Stock {
  shelf!: number;
  item!: string;
  count!: number;
  note!: string | null;
  isLow!: boolean;
}

const stocks = mapEntity(Stock, {
  table: 'stock',
  key: ['shelf', 'item'],
  columns: {
    shelf: column.integer(),
    item: column.text(),
    count: column.integer(),
    note: column.text().nullable(),
    isLow: column.boolean().computed(sql`count < 5`),
  },
});

const keys = { keys: [1, 2] };
const table = { filters: {} };

/** What comes back is what was asked for, and nothing else is there. */
export async function results(operations: BatchOperations<typeof towns>): Promise<void> {
  const ofKeys = await operations.batchCompute(keys, (town, context) => {
    expectTypeOf(town).toEqualTypeOf<Loaded<typeof towns>>();
    expectTypeOf(context).toEqualTypeOf<ComputeContext>();
    return town.name.length;
  });
  expectTypeOf(ofKeys.results).toEqualTypeOf<(number | undefined)[]>();
  expectTypeOf(ofKeys.computed).toEqualTypeOf<number>();
  const ofRows = await operations.batchCompute({ filters: { name: { like: 'B%' } } }, async ({ name }) => name);
  expectTypeOf(ofRows.results).toEqualTypeOf<string[]>();
  const either = Math.random() < 0.5 ? keys : table;
  expectTypeOf((await operations.batchCompute(either, () => 1)).results).toEqualTypeOf<(number | undefined)[]>();

  const handedOver = await operations.batchCompute(table, async ({ population }) => ({ population }), {
    onResult: (value, town, index) => {
      expectTypeOf(value).toEqualTypeOf<{ population: number | null }>();
      expectTypeOf(town).toEqualTypeOf<Town>();
      expectTypeOf(index).toEqualTypeOf<number>();
    },
  });
  expectTypeOf(handedOver).toEqualTypeOf<ComputeTotals>();

  const compute = ({ population }: Town) => (population === null ? undefined : { population: population + 1 });
  const written = await operations.batchCompute(table, compute, { writeBack: true });
  expectTypeOf(written).toEqualTypeOf<WriteResult>();
  const told = await operations.batchCompute(keys, compute, { writeBack: ['population'], outcomes: true, lock: true });
  expectTypeOf(told).toEqualTypeOf<WriteResult & WithOutcomes>();
  expectTypeOf(told.outcomes).toEqualTypeOf<readonly RecordOutcome[]>();
  const returned = await operations.batchCompute(keys, compute, { writeBack: true, returnResults: true });
  expectTypeOf(returned.results).toEqualTypeOf<({ population: number } | undefined)[]>();
  expectTypeOf(returned).not.toHaveProperty('outcomes');
  const all = await operations.batchCompute(keys, compute, { writeBack: true, returnResults: true, outcomes: true });
  expectTypeOf(all.results).toEqualTypeOf<({ population: number } | undefined)[]>();
  expectTypeOf(all.outcomes).toEqualTypeOf<readonly RecordOutcome[]>();
}

/** An entity may be changed and given back. */
export async function entities(operations: BatchOperations<typeof stocks>): Promise<void> {
  await operations.batchCompute({ keys: [{ shelf: 1, item: 'nut' }] }, (stock) => Object.assign(stock, { count: 1 }), {
    writeBack: true,
  });
  await operations.batchCompute(
    { filters: { isLow: true } },
    async (stock) => {
      stock.count *= 2;
      return stock;
    },
    { writeBack: true },
  );
  await operations.batchCompute(
    { filters: {} },
    ({ count }) => (count > 5 ? { note: 'many' } : count > 0 ? { count: 0, note: null } : null),
    { writeBack: true },
  );
  // @ts-expect-error the database computes it
  await operations.batchCompute({ filters: {} }, () => ({ isLow: true }), { writeBack: true });
  // @ts-expect-error the database computes it
  await operations.batchCompute({ filters: {} }, () => ({ count: 1, isLow: true }), { writeBack: true });
  // @ts-expect-error a row keeps its key
  await operations.batchCompute({ filters: {} }, () => ({ count: 1, shelf: 2 }), { writeBack: true });
  // @ts-expect-error a part of a key
  await operations.batchCompute({ keys: [{ shelf: 1 }] }, () => 1);
}

/** What does not compile. */
export async function mistakes(operations: BatchOperations<typeof towns>): Promise<void> {
  // @ts-expect-error a misspelt field
  await operations.batchCompute(table, () => ({ popluation: 1 }), { writeBack: true });
  // @ts-expect-error a misspelt field besides
  await operations.batchCompute(table, () => ({ name: 'Bern', popluation: 1 }), { writeBack: true });
  // @ts-expect-error a misspelt field besides, of an async function
  await operations.batchCompute(keys, async () => ({ name: 'Bern', popluation: 1 }), { writeBack: true });
  // @ts-expect-error a misspelt field in one of several changes
  await operations.batchCompute(keys, ({ id }) => (id > 1 ? { name: 'x' } : { naem: 'x' }), { writeBack: true });
  // @ts-expect-error a value of another type
  await operations.batchCompute(table, () => ({ population: 'many' }), { writeBack: true });
  // @ts-expect-error null for a field that is not nullable
  await operations.batchCompute(table, () => ({ name: null }), { writeBack: true });
  // @ts-expect-error something that is no change
  await operations.batchCompute(table, ({ name }) => name, { writeBack: true });
  const forgetful = (town: Town): void => {
    town.name = 'x';
  };
  // @ts-expect-error nothing is given back
  await operations.batchCompute(table, forgetful, { writeBack: true });

  // @ts-expect-error a misspelt field to write
  await operations.batchCompute(table, () => ({ name: 'x' }), { writeBack: ['naem'] });
  // @ts-expect-error the key is not written
  await operations.batchCompute(table, () => ({ name: 'x' }), { writeBack: ['id'] });
  // @ts-expect-error a misspelt field to filter by
  await operations.batchCompute({ filters: { naem: 'x' } }, () => 1);
  // @ts-expect-error keys of another type
  await operations.batchCompute({ keys: ['1'] }, () => 1);
  // @ts-expect-error keys and a filter
  await operations.batchCompute({ keys: [1], filters: {} }, () => 1);
  // @ts-expect-error neither of them
  await operations.batchCompute({}, () => 1);
  // @ts-expect-error keys alone
  await operations.batchCompute([1], () => 1);

  // @ts-expect-error a misspelt option
  await operations.batchCompute(keys, () => 1, { concurency: 5 });
  // @ts-expect-error a misspelt option of a write
  await operations.batchCompute(keys, () => ({ name: 'x' }), { writeBack: true, locks: true });
  // @ts-expect-error an option of a write
  await operations.batchCompute(keys, () => 1, { atomicity: 'all' });
  // @ts-expect-error an option of a write
  await operations.batchCompute(keys, () => 1, { lock: true });
  // @ts-expect-error the values go one way
  await operations.batchCompute(keys, () => ({ name: 'x' }), { writeBack: true, onResult: () => undefined });
}
