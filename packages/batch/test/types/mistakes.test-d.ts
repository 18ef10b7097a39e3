import { type BatchConfig, BatchOperations } from '@uno/batch';
import type { Queryable } from '@uno/postgres';
import { towns } from '../support/town.js';

/** What does not compile. */
export async function mistakes(operations: BatchOperations<typeof towns>, db: Queryable): Promise<void> {
  const records = [{ name: 'Bern' }];
  // @ts-expect-error a misspelt option
  await operations.batchInsert(records, { batchsize: 5 });
  // @ts-expect-error a misspelt option together with others
  await operations.batchInsert(records, { returnModels: true, outcome: true });
  // @ts-expect-error an option of the configuration
  await operations.batchInsert(records, { executionStrategy: 'chunked' });
  // @ts-expect-error a strategy that there is not
  await operations.batchInsert(records, { strategy: 'fast' });
  // @ts-expect-error an atomicity that there is not
  await operations.batchInsert(records, { atomicity: 'none' });
  // @ts-expect-error something else to do about records that fail
  await operations.batchInsert(records, { onRecordError: 'ignore' });
  // @ts-expect-error a text for a number
  await operations.batchInsert(records, { batchSize: '5' });
  // @ts-expect-error fields are for updates
  await operations.batchInsert(records, { fields: ['name'] });
  // @ts-expect-error updateColumns are for upserts
  await operations.batchUpdate([{ id: 1 }], { updateColumns: ['name'] });
  // @ts-expect-error entities are for inserts, upserts and deletes
  await operations.batchUpdate([{ id: 1 }], { returnModels: true });
  // @ts-expect-error a text for a flag
  await operations.batchDelete([1], { returnModels: 'yes' });
  // @ts-expect-error a read leaves no record out
  await operations.batchGet([1], { onRecordError: 'skip' });
  // @ts-expect-error a read has no outcomes
  await operations.batchGet([1], { outcomes: true });

  // @ts-expect-error a misspelt field of a record
  await operations.batchInsert([{ nmae: 'Bern' }]);
  // @ts-expect-error a misspelt field besides
  await operations.batchInsert([{ name: 'Bern', contry: 'CH' }]);
  // @ts-expect-error a record that lacks a field without a default
  await operations.batchInsert([{ country: 'CH' }]);
  // @ts-expect-error null for a field that is not nullable
  await operations.batchInsert([{ name: null }]);
  // @ts-expect-error a value of another type
  await operations.batchUpsert([{ name: 5 }]);
  // @ts-expect-error a change without its key
  await operations.batchUpdate([{ name: 'Bern' }]);
  // @ts-expect-error a record where keys are asked for
  await operations.batchDelete([{ id: 1 }]);
  // @ts-expect-error a key of another type
  await operations.batchGet(['1']);

  // @ts-expect-error a misspelt field to update
  await operations.batchUpdate([{ id: 1 }], { fields: ['nmae'] });
  // @ts-expect-error the key is not updated
  await operations.batchUpdate([{ id: 1 }], { fields: ['id'] });
  // @ts-expect-error a misspelt constraint column
  await operations.batchUpsert(records, { constraintColumns: ['nmae'] });
  // @ts-expect-error the key is not updated
  await operations.batchUpsert(records, { updateColumns: ['id'] });

  // @ts-expect-error a misspelt option of the configuration
  new BatchOperations({ table: towns, db, config: { batchsize: 5 } });
  // @ts-expect-error an option of a call
  new BatchOperations({ table: towns, db, config: { strategy: 'chunked' } });
  // @ts-expect-error no table
  new BatchOperations({ db });
  const config: BatchConfig = { batchSize: 5 };
  // @ts-expect-error a configuration is not to be changed
  config.batchSize = 6;
}
