import type { BatchMetricsSnapshot, BatchOperations } from '@uno/batch';
import type { RecordOutcome, WithOutcomes, WriteResult } from '@uno/domain';
import { expectTypeOf } from 'expect-type';
import type { Town, towns } from '../support/town.js';

/** What comes back is what was asked for, and nothing else is there. */
export async function results(operations: BatchOperations<typeof towns>): Promise<void> {
  const records = [{ name: 'Bern' }];

  expectTypeOf(await operations.batchGet([1])).toEqualTypeOf<(Town | undefined)[]>();

  const plain = await operations.batchInsert(records);
  expectTypeOf(plain).toEqualTypeOf<WriteResult>();
  expectTypeOf(plain).not.toHaveProperty('models');
  expectTypeOf(plain).not.toHaveProperty('outcomes');
  expectTypeOf(await operations.batchInsert(records, {})).toEqualTypeOf<WriteResult>();
  expectTypeOf(
    await operations.batchInsert(records, { returnModels: false, outcomes: false }),
  ).toEqualTypeOf<WriteResult>();
  expectTypeOf(
    await operations.batchInsert(records, { returnModels: undefined, outcomes: undefined, batchSize: undefined }),
  ).toEqualTypeOf<WriteResult>();

  const withModels = await operations.batchInsert(records, { returnModels: true });
  expectTypeOf(withModels.models).toEqualTypeOf<Town[]>();
  expectTypeOf(withModels).not.toHaveProperty('outcomes');
  const withOutcomes = await operations.batchInsert(records, { outcomes: true, onRecordError: 'skip', maxFailures: 3 });
  expectTypeOf(withOutcomes.outcomes).toEqualTypeOf<readonly RecordOutcome[]>();
  expectTypeOf(withOutcomes).not.toHaveProperty('models');
  const withBoth = await operations.batchInsert(records, { outcomes: true, returnModels: true });
  expectTypeOf(withBoth.models).toEqualTypeOf<Town[]>();
  expectTypeOf(withBoth.outcomes).toEqualTypeOf<readonly RecordOutcome[]>();

  const byName = { constraintColumns: ['country', 'name'], updateColumns: ['population'] } as const;
  expectTypeOf(await operations.batchUpsert(records, byName)).toEqualTypeOf<WriteResult>();
  const upserted = await operations.batchUpsert(records, { ...byName, returnModels: true });
  expectTypeOf(upserted.models).toEqualTypeOf<Town[]>();
  expectTypeOf(upserted).not.toHaveProperty('outcomes');
  const told = await operations.batchUpsert(records, { ...byName, outcomes: true });
  expectTypeOf(told.outcomes).toEqualTypeOf<readonly RecordOutcome[]>();
  expectTypeOf(told).not.toHaveProperty('models');
  expectTypeOf((await operations.batchUpsert(records, { outcomes: true, returnModels: true })).models).toEqualTypeOf<
    Town[]
  >();

  expectTypeOf(await operations.batchUpdate([{ id: 1 }])).toEqualTypeOf<WriteResult>();
  expectTypeOf(await operations.batchUpdate([{ id: 1 }], { fields: ['name'], outcomes: true })).toEqualTypeOf<
    WriteResult & WithOutcomes
  >();
  expectTypeOf(await operations.batchDelete([1])).toEqualTypeOf<WriteResult>();
  expectTypeOf(await operations.batchDelete([1], { outcomes: true })).toEqualTypeOf<WriteResult & WithOutcomes>();
  const deleted = await operations.batchDelete([1], { returnModels: true });
  expectTypeOf(deleted.models).toEqualTypeOf<Town[]>();
  expectTypeOf(deleted).not.toHaveProperty('outcomes');
  expectTypeOf((await operations.batchDelete([1], { outcomes: true, returnModels: true })).models).toEqualTypeOf<
    Town[]
  >();

  expectTypeOf(operations.getMetrics()).toEqualTypeOf<BatchMetricsSnapshot>();
  expectTypeOf(plain.inserted).toEqualTypeOf<number>();
  // @ts-expect-error what came back is not to be changed
  plain.inserted = 5;
  // @ts-expect-error the failures are not to be changed
  plain.failures.push();
}
