import type { BatchConfig, BatchOperations, BatchProcessor } from '@uno/batch';
import { column, mapEntity, type SizeTuning, type UnoDBRepository } from '@uno/domain';
import { expectTypeOf } from 'expect-type';

class Ware {
  id!: number;
  sku!: string;
}
const wares = mapEntity(Ware, { table: 'ware', columns: { id: column.integer().generated(), sku: column.text() } });

expectTypeOf<BatchConfig['optimizeForSize']>().toEqualTypeOf<boolean | SizeTuning | undefined>();

/** What compiles, and what does not. */
export async function sizes(
  operations: BatchOperations<typeof wares>,
  repository: UnoDBRepository<typeof wares>,
  processor: BatchProcessor,
): Promise<void> {
  const records = [{ sku: 'a' }];
  await operations.batchInsert(records, { optimizeForSize: true });
  await operations.batchUpsert(records, { optimizeForSize: { targetMs: 100, minSize: 1, maxSize: 10, maxBytes: 1 } });
  await operations.batchGet([1], { optimizeForSize: false });
  await operations.plan.batchInsert(records, { optimizeForSize: {} });
  await repository.batchAdd(records, { optimizeForSize: { maxSize: 10 } });
  await processor.process(records, () => undefined, { optimizeForSize: true });
  // @ts-expect-error a misspelt bound
  await operations.batchInsert(records, { optimizeForSize: { maxsize: 10 } });
  // @ts-expect-error not a size
  await operations.batchInsert(records, { optimizeForSize: 10 });
  // @ts-expect-error a chunk is a page of rows there
  await operations.batchCompute({ filters: {} }, () => 1, { optimizeForSize: true });
}
