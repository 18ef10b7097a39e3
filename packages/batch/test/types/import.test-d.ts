import type { BatchOperations, ImportResult } from '@uno/batch';
import { column, mapEntity } from '@uno/domain';
import type { FileReader } from '@uno/formats';

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
export async function imports(operations: BatchOperations<typeof wares>, file: FileReader): Promise<void> {
  const result: ImportResult = await operations.batchImport(file, {
    columns: { 'Stock keeping unit': 'sku', remark: null },
    uniqueFields: ['sku'],
    updateOnConflict: ['amount'],
    preProcess: (record) => ({ ...record, sku: String(record['sku']).trim() }),
    onRecordError: 'skip',
    onReject: ({ line, field, reason }) => console.log(line, field, reason),
  });
  const records = [{ sku: 'a', amount: 1 }];
  const count: number = await operations.batchImport(records, { returnStats: false });
  await operations.batchImport(records, { preProcess: (record) => (record.amount === 0 ? null : record) });
  await operations.batchImport([['a', 1] as const], { preProcess: ([sku, amount]) => ({ sku, amount }) });
  await operations.plan.batchImport(file, { checkpoint: { name: 'wares', schema: 'ops' } });
  console.log(result.inserted, count);
  // @ts-expect-error a misspelt field
  await operations.batchImport(file, { columns: { SKU: 'skew' } });
  // @ts-expect-error a misspelt field
  await operations.batchImport(file, { uniqueFields: ['skew'] });
  // @ts-expect-error a key is not updated
  await operations.batchImport(file, { uniqueFields: ['sku'], updateOnConflict: ['id'] });
  // @ts-expect-error a misspelt field
  await operations.batchImport([{ skew: 'a' }]);
  // @ts-expect-error a field of another type
  await operations.batchImport([{ sku: 1 }]);
  // @ts-expect-error these have to be made records
  await operations.batchImport([['a', 1]], { uniqueFields: ['sku'] });
  // @ts-expect-error no record of the mapping
  await operations.batchImport([['a', 1] as const], { preProcess: ([sku]) => ({ skew: sku }) });
  // @ts-expect-error a number is no record
  await operations.batchImport(file, { preProcess: () => 5 });
  // @ts-expect-error there are no totals then
  (await operations.batchImport(records, { returnStats: false })).inserted;
  // @ts-expect-error columns are those of a file
  await operations.batchImport(records, { columns: { a: 'sku' } });
}
