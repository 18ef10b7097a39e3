import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BatchConfig, BatchOperationsPort } from '@uno/batch';
import { BatchError, type BatchProgress, UnoContext, UnoDBRepository } from '@uno/domain';
import { OperationTimeoutError, SerializationError } from '@uno/postgres';
import { batchErrorOf, failureOf } from '../support/failure-of.js';
import { load } from './support/load.js';
import { installTrips, TRIPPING, tripTimes } from './support/trips.js';
import { countOf, crates, openYard, type Yard } from './support/yard.js';

let yard: Yard;

beforeAll(async () => {
  yard = await openYard();
  await installTrips(yard);
});

afterAll(() => yard.close());

beforeEach(() => yard.reset());

/** A repository whose batch operations are configured, and switched off. */
function repositoryWith(config: BatchConfig): UnoDBRepository<typeof crates> {
  const batch = new BatchOperationsPort({ retryDelayMs: 1, ...config });
  return new UnoDBRepository(new UnoContext({ db: yard.db, batch }), crates, { useBatchOperations: false });
}

const tripping = { weight: TRIPPING, note: '40001' };

describe('without batching, what is configured for batches', () => {
  it.each([
    [0, 0],
    [1, 1],
    [4, 4],
  ])('still is how often something is repeated: %i times', async (retryCount, retries) => {
    await tripTimes(yard, 1_000_000);
    const failure = await failureOf(repositoryWith({ retryCount }).batchAdd([tripping]));
    expect(failure).toBeInstanceOf(SerializationError);
    expect(failure).toMatchObject({ retries: { length: retries } });
    await tripTimes(yard, retryCount);
    await repositoryWith({ retryCount }).batchAdd([tripping]);
    expect(await countOf(yard)).toBe(1);
  });

  it('still is how long a call may take', async () => {
    const holder = await yard.session();
    await holder.query('begin');
    await holder.query('lock table crate');
    const failure = await failureOf(repositoryWith({ timeoutMs: 30 }).batchAdd(load(2)));
    await holder.query('rollback');
    expect(failure).toBeInstanceOf(OperationTimeoutError);
    expect(failure).toMatchObject({ timeoutMs: 30 });
  });

  it('still is how many records are committed together, and whether they are', async () => {
    const progress: BatchProgress[] = [];
    const error = await batchErrorOf(
      repositoryWith({ batchSize: 4, executionStrategy: 'parallel' }).batchAdd(load(11, [9]), {
        onProgress: (one) => progress.push(one),
      }),
    );
    expect([`${error.written}`, error.index, await countOf(yard)]).toEqual(['0-7', 9, 8]);
    expect(progress.map(({ processed }) => processed)).toEqual([4, 8]);
  });

  it('gives way to what the call says', async () => {
    const repository = repositoryWith({ batchSize: 4, executionStrategy: 'parallel' });
    const error = await batchErrorOf(repository.batchAdd(load(11, [9]), { parallel: false }));
    expect([error.written.size, await countOf(yard)]).toEqual([0, 0]);
    const other = await batchErrorOf(repository.batchAdd(load(11, [9]), { batchSize: 3 }));
    expect(`${other.written}`).toBe('0-8');
  });

  it('is not called for records that are done one at a time', async () => {
    const repository = repositoryWith({
      preProcess: () => {
        throw new Error('not for single records');
      },
    });
    const [record] = load(1);
    if (record === undefined) throw new Error('there is one');
    await repository.add(record);
    expect(await failureOf(repository.batchAdd(load(1)))).toBeInstanceOf(BatchError);
  });

  it('repeats a read whose connection was lost', async () => {
    const repository = repositoryWith({});
    const [one] = await repository.batchAdd(load(1));
    if (one === undefined) throw new Error('there is one');
    // The next statement learns of it.
    const killed = yard.pool.totalCount;
    await yard.run(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    expect(killed).toBeGreaterThan(0);
    expect(await repository.batchGet([one.id])).toEqual([one]);
  });
});
