import type { BatchOperations } from '@uno/batch';
import { column, mapEntity } from '@uno/domain';
import { sql } from 'kysely';

class Ware {
  id!: number;
  sku!: string;
  amount!: number | null;
}
const wares = mapEntity(Ware, {
  table: 'ware',
  columns: { id: column.integer().generated(), sku: column.text(), amount: column.integer().nullable() },
});

/** What compiles, and what does not. */
export async function upserts(operations: BatchOperations<typeof wares>): Promise<void> {
  const records = [{ sku: 'a', amount: 1 }];
  await operations.batchUpsert(records, {
    constraintColumns: ['sku'],
    updateWhere: ({ current, proposed }) => sql`${current.amount} < ${proposed.amount}`,
    duplicates: (earlier, later) => ({ ...later, amount: (earlier.amount ?? 0) + (later.amount ?? 0) }),
  });
  await operations.batchUpsert(records, { constraint: 'ware_sku_key', onConflict: 'nothing', duplicates: 'first' });
  // @ts-expect-error a misspelt field
  await operations.batchUpsert(records, { updateWhere: ({ current }) => sql`${current.amuont} > 0` });
  // @ts-expect-error a misspelt field
  await operations.batchUpsert(records, { duplicates: (earlier, later) => (earlier.skew === '' ? later : earlier) });
  // @ts-expect-error what comes of two is a record
  await operations.batchUpsert(records, { duplicates: () => ({ amount: 1 }) });
  // @ts-expect-error not text
  await operations.batchUpsert(records, { updateWhere: () => 'true' });
  // @ts-expect-error no such word
  await operations.batchUpsert(records, { duplicates: 'newest' });
  // @ts-expect-error no such word
  await operations.batchUpsert(records, { onConflict: 'ignore' });
}
