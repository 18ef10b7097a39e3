import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperationsPort } from '@uno/batch';
import { BatchError, UnitOfWork, UnoContext, UnoDBRepository } from '@uno/domain';
import { failureOf } from '../support/failure-of.js';
import { load } from './support/load.js';
import { untilWaiting } from './support/sessions.js';
import { countOf, crates, openYard, type Yard } from './support/yard.js';

let yard: Yard;
let context: UnoContext;
let port: BatchOperationsPort;

beforeAll(async () => {
  yard = await openYard();
});

afterAll(() => yard.close());

beforeEach(async () => {
  await yard.reset();
  port = new BatchOperationsPort({ batchSize: 2 });
  context = new UnoContext({ db: yard.db, batch: port });
});

describe.each([true, false])('a transaction of the caller that is lost amid a call (with batching: %s)', (isOn) => {
  it('leaves nothing that is said to be written, although chunks were', async () => {
    const repository = new UnoDBRepository(context, crates, { useBatchOperations: isOn });
    const holder = await yard.session();
    await holder.query('begin');
    await holder.query('insert into crate (id, weight) values (5, 1)');
    const failing = failureOf(new UnitOfWork(context).run(() => repository.batchAdd(load(8), { atomicity: 'chunk' })));
    await untilWaiting(yard);
    await yard.run(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    );
    const failure = await failing;
    await holder.query('rollback');
    expect(failure).not.toBeInstanceOf(BatchError);
    expect(failure).toMatchObject({ code: 'UNO_CONNECTION', retry: 'whole-transaction' });
    expect(await countOf(yard)).toBe(0);
    expect(port.getMetrics().total.recordsSuccessful).toBe(0);
  });
});
