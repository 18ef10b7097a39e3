import { Readable } from 'node:stream';
import type { BatchOperations, BatchSource } from '@uno/batch';
import type { NewRecord } from '@uno/domain';
import { expectTypeOf } from 'expect-type';
import type { Town, towns } from '../support/town.js';

type Operations = BatchOperations<typeof towns>;

declare const rows: () => Generator<{ name: string; population?: number }>;
declare const pages: () => AsyncGenerator<{ name: string }>;
declare const wrongRows: () => Generator<{ nmae: string }>;
declare const wrongPages: () => AsyncGenerator<{ name: number }>;

/** Where records come from. */
export async function sources(operations: Operations, stored: readonly Town[]): Promise<void> {
  await operations.batchInsert(rows());
  await operations.batchInsert(pages(), { returnModels: true });
  await operations.batchInsert(new Set([{ name: 'Bern' }]));
  await operations.batchInsert([{ name: 'Bern' }].values());
  await operations.batchInsert(new Map([[1, { name: 'Bern' }]]).values());
  // A stream of Node does not say what it gives, so everything is checked where it is read.
  await operations.batchInsert(Readable.from([{ name: 'Bern' }]));
  await operations.batchGet(new Set([1, 2]));
  await operations.batchDelete(Readable.from([1, 2]));
  await operations.batchUpdate(stored);
  await operations.batchUpsert(stored, { outcomes: true });
  await operations.batchInsert(Object.freeze([Object.freeze({ name: 'Bern' })]));

  // @ts-expect-error an iterable of other records
  await operations.batchInsert(wrongRows());
  // @ts-expect-error an async iterable of other records
  await operations.batchInsert(wrongPages());
  // @ts-expect-error a single record
  await operations.batchInsert({ name: 'Bern' });
  // @ts-expect-error a promise of records
  await operations.batchInsert(Promise.resolve([{ name: 'Bern' }]));
  // @ts-expect-error keys of another type
  await operations.batchGet(new Set(['1']));

  expectTypeOf<Generator<NewRecord<typeof towns>>>().toExtend<BatchSource<NewRecord<typeof towns>>>();
  expectTypeOf<Readable>().toExtend<BatchSource<NewRecord<typeof towns>>>();
  expectTypeOf<Promise<NewRecord<typeof towns>[]>>().not.toExtend<BatchSource<NewRecord<typeof towns>>>();
}
