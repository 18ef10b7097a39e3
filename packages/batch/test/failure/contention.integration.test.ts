import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { UnoContext, UnoDBRepository } from '@uno/domain';
import { LockTimeoutError } from '@uno/postgres';
import type pg from 'pg';
import { failureOf } from '../support/failure-of.js';
import { until } from '../support/until.js';
import { untilWaiting } from './support/sessions.js';
import { crates, openYard, type Yard } from './support/yard.js';

let yard: Yard;
let other: pg.Client;

async function open(settings: string): Promise<void> {
  yard = await openYard({ settings });
  other = await yard.session();
  await yard.reset([1, 2].map((id) => ({ id, label: null, weight: 1, note: 'before', dockId: 1 })));
}

afterEach(() => yard.close());

const changes = [
  { id: 1, weight: 5 },
  { id: 2, weight: 6 },
];

/** Chunks of one record, so that the second row is locked when the first one is. */
function update(retryCount = 3, useBatchOperations = true): Promise<unknown> {
  if (!useBatchOperations) {
    return new UnoDBRepository(new UnoContext({ db: yard.db }), crates).batchUpdate(changes);
  }
  const config = { batchSize: 1, retryCount, retryDelayMs: 5 };
  return new BatchOperations({ table: crates, db: yard.db, config }).batchUpdate(changes);
}

function attempts(): number {
  return yard.statements.filter((text) => text.startsWith('start transaction')).length;
}

async function weights(): Promise<number[]> {
  return (await yard.rows()).map(({ weight }) => weight);
}

describe.each([true, false])('two sessions in each other’s way (batching %s)', (batching) => {
  describe('in a deadlock', () => {
    beforeEach(() => open('-c deadlock_timeout=20ms'));

    it('do both what they were asked to: the batch is done again', async () => {
      await other.query("set deadlock_timeout = '1min'; begin; update crate set weight = weight + 10 where id = 2");
      const updated = update(3, batching);
      await untilWaiting(yard);
      // Waits for the batch's first row until the server has ended the batch's transaction.
      await other.query('update crate set weight = weight + 10 where id = 1; commit');
      await updated;
      expect(await weights()).toEqual([5, 6]);
      expect(attempts()).toBe(2);
    });
  });

  describe('that cannot be ordered', () => {
    beforeEach(() => open('-c default_transaction_isolation=repeatable\\ read'));

    it('do both what they were asked to: the batch is done again', async () => {
      await other.query('begin; update crate set weight = weight + 10 where id = 2');
      const updated = update(3, batching);
      await untilWaiting(yard);
      await other.query('commit');
      await updated;
      expect(await weights()).toEqual([5, 6]);
      expect(attempts()).toBe(2);
    });
  });

  describe('for longer than a lock is waited for', () => {
    beforeEach(() => open('-c lock_timeout=10ms'));

    it('do both what they were asked to as soon as the lock is free', async () => {
      await other.query('begin; update crate set weight = weight + 10 where id = 2');
      const updated = update(50, batching);
      await until('it was tried twice', () => attempts() >= 2);
      await other.query('commit');
      await updated;
      expect(await weights()).toEqual([5, 6]);
    });

    it('do not wait for ever', async () => {
      await other.query('begin; update crate set weight = weight + 10 where id = 2');
      const error = await failureOf(update(3, batching));
      expect(error).toBeInstanceOf(LockTimeoutError);
      expect(error).toMatchObject({
        retries: Array(3).fill({ sqlstate: '55P03', code: 'UNO_LOCK_TIMEOUT', delayMs: expect.any(Number) }),
      });
      await other.query('rollback');
      expect(await weights()).toEqual([1, 1]);
    });
  });
});
