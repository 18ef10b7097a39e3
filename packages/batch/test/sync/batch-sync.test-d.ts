import type { BatchOperations, SyncResult } from '@uno/batch';
import type { WithOutcomes } from '@uno/domain';
import { expectTypeOf } from 'expect-type';
import type { towns } from '../support/town.js';

/** What a sync takes, and what it gives. */
export async function syncs(operations: BatchOperations<typeof towns>): Promise<void> {
  const records = [{ id: 1, name: 'Bern' }];

  expectTypeOf(await operations.batchSync(records)).toEqualTypeOf<SyncResult>();
  const told = await operations.batchSync(records, { outcomes: true, filters: { country: 'CH' } });
  expectTypeOf(told).toEqualTypeOf<SyncResult & WithOutcomes>();
  expectTypeOf(told.deleted).toEqualTypeOf<number>();
  const limited = await operations.batchSync(records, { maxDeletions: { fraction: 0.5 }, updateColumns: ['name'] });
  expectTypeOf(limited).not.toHaveProperty('outcomes');

  // @ts-expect-error several transactions
  await operations.batchSync(records, { strategy: 'parallel' });
  // @ts-expect-error several transactions
  await operations.batchSync(records, { atomicity: 'chunk' });
  // @ts-expect-error the entities are those of the source
  await operations.batchSync(records, { returnModels: true });
  // @ts-expect-error a misspelt field of a filter
  await operations.batchSync(records, { filters: { contry: 'CH' } });
  // @ts-expect-error a value of another type
  await operations.batchSync(records, { filters: { population: 'many' } });
  // @ts-expect-error a misspelt field to update
  await operations.batchSync(records, { updateColumns: ['nmae'] });
  // @ts-expect-error a text for a number
  await operations.batchSync(records, { maxDeletions: '10%' });
  // @ts-expect-error a misspelt field of a record
  await operations.batchSync([{ id: 1, nmae: 'Bern' }]);
}
