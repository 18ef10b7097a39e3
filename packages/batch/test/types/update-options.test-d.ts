import type { BatchOperations } from '@uno/batch';
import { column, mapEntity, type UnoDBRepository } from '@uno/domain';

class Stock {
  id!: number;
  name!: string;
  left!: number | null;
  price!: string;
  big!: bigint;
}
const stocks = mapEntity(Stock, {
  table: 'stock',
  columns: {
    id: column.integer().generated(),
    name: column.text(),
    left: column.integer().named('units left').nullable(),
    price: column.numeric(10, 2).default('0'),
    big: column.bigint(),
  },
});

/** What compiles, and what does not. */
export async function updates(
  operations: BatchOperations<typeof stocks>,
  repository: UnoDBRepository<typeof stocks>,
): Promise<void> {
  await operations.batchUpdate([{ id: 1, left: 5, price: '1' }], { increment: ['left', 'price', 'big'] });
  await repository.batchUpdate([{ id: 1, left: 5, name: 'x' }], { increment: ['left'] });
  await operations.batchUpdate([{ id: 1, left: null, price: '1' }], { increment: ['price'] });
  await repository.update({ id: 1, left: 5 }, { increment: ['left'] });
  // @ts-expect-error nothing can be added to a text
  await operations.batchUpdate([{ id: 1 }], { increment: ['name'] });
  // @ts-expect-error a row keeps its key
  await operations.batchUpdate([{ id: 1 }], { increment: ['id'] });
  // @ts-expect-error a null cannot be added
  await operations.batchUpdate([{ id: 1, left: null }], { increment: ['left'] });
  // @ts-expect-error nor by a repository
  await repository.batchUpdate([{ id: 1, left: null }], { increment: ['left'] });
  await operations.batchUpdate([{ id: 1, left: 5 }], { version: 'left' });
  await repository.update({ id: 1, big: 5n }, { version: 'big' });
  // @ts-expect-error a decimal number counts nothing
  await operations.batchUpdate([{ id: 1 }], { version: 'price' });
  // @ts-expect-error nor does a text
  await repository.batchUpdate([{ id: 1 }], { version: 'name' });
}
