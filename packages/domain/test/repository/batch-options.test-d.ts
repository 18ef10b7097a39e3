import type { BatchOptions, BatchOutcomeOptions, RecordOutcome, UnoDBRepository, WriteResult } from '@uno/domain';
import { expectTypeOf } from 'expect-type';
import type { City, cities } from '../support/world.js';

type Stored = Omit<City, 'country' | 'sister'>;

export async function results(repository: UnoDBRepository<typeof cities>): Promise<void> {
  const records = [{ name: 'Bern', countryId: 1 }];
  const added = await repository.batchAdd(records, { outcomes: true, onRecordError: 'skip', maxFailures: 5 });
  expectTypeOf(added).toExtend<WriteResult>();
  expectTypeOf(added.models).toEqualTypeOf<Stored[]>();
  expectTypeOf(added.outcomes).toEqualTypeOf<readonly RecordOutcome[]>();
  const updated = await repository.batchUpdate([{ id: 1 }], { outcomes: true, fields: ['name'] });
  expectTypeOf(updated.outcomes).toEqualTypeOf<readonly RecordOutcome[]>();
  expectTypeOf(updated).not.toHaveProperty('models');
  const removed = await repository.batchRemove([1], { outcomes: true });
  expectTypeOf(removed.outcomes).toEqualTypeOf<readonly RecordOutcome[]>();
  expectTypeOf(removed).not.toHaveProperty('models');

  expectTypeOf(await repository.batchAdd(records, { outcomes: false })).toEqualTypeOf<Stored[]>();
  expectTypeOf(await repository.batchAdd(records, { parallel: true, timeoutMs: 5 })).toEqualTypeOf<Stored[]>();
  expectTypeOf(await repository.batchUpdate([{ id: 1 }], { atomicity: 'chunk' })).toEqualTypeOf<number>();
  expectTypeOf(
    await repository.batchRemove([1], { signal: AbortSignal.timeout(5), onRecordError: 'abort' }),
  ).toEqualTypeOf<number>();
  expectTypeOf(await repository.batchGet([1], { onProgress: ({ processed }) => processed })).toEqualTypeOf<Stored[]>();
}

export async function mistakes(repository: UnoDBRepository<typeof cities>): Promise<void> {
  const records = [{ name: 'Bern', countryId: 1 }];
  // @ts-expect-error skip without outcomes would lose records
  await repository.batchAdd(records, { onRecordError: 'skip' });
  // @ts-expect-error skip without outcomes would lose records
  await repository.batchAdd(records, { onRecordError: 'skip', outcomes: false });
  // @ts-expect-error skip without outcomes would lose records
  await repository.batchUpdate([{ id: 1 }], { onRecordError: 'skip' });
  // @ts-expect-error skip without outcomes would lose records
  await repository.batchRemove([1], { onRecordError: 'skip' });
  // @ts-expect-error nothing is left out that could be counted
  await repository.batchAdd(records, { maxFailures: 3 });
  // @ts-expect-error a misspelt option
  await repository.batchAdd(records, { batchsize: 3 });
  // @ts-expect-error a misspelt option, with outcomes
  await repository.batchAdd(records, { outcomes: true, onRecordErrors: 'skip' });
  // @ts-expect-error entities are always given
  await repository.batchAdd(records, { returnModels: true });
  // @ts-expect-error fields are for updates
  await repository.batchAdd(records, { fields: ['name'] });
  // @ts-expect-error a misspelt field
  await repository.batchUpdate([{ id: 1 }], { outcomes: true, fields: ['nmae'] });
  // @ts-expect-error a read has no atomicity
  await repository.batchGet([1], { atomicity: 'chunk' });
  // @ts-expect-error a read leaves nothing out
  await repository.batchGet([1], { onRecordError: 'skip' });
}

expectTypeOf<BatchOptions>().not.toExtend<BatchOutcomeOptions>();
expectTypeOf<BatchOutcomeOptions>().not.toExtend<BatchOptions>();
