import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { CommitUnknownError } from '@uno/postgres';
import { FaultBed } from '../faults/support/fault-bed.js';
import { codeOf, idOf, type Parcel, parcels } from '../faults/support/parcels.js';
import { batchErrorOf, failureOf } from '../support/failure-of.js';

/** A role that may not ask what became of a transaction. */
const role = `uno_compute_${randomBytes(4).toString('hex')}`;
let bed: FaultBed;
let operations: BatchOperations<typeof parcels>;

beforeAll(async () => {
  bed = await FaultBed.open({ role });
  await bed.run(`create role ${role} login password '${role}'`);
  await bed.run(`grant all on all tables in schema public to ${role}`);
  await bed.run('revoke execute on function pg_xact_status(xid8) from public');
  operations = new BatchOperations({ table: parcels, db: bed.db, config: { retryDelayMs: 1, batchSize: 2 } });
});

afterAll(async () => {
  await bed.run(`drop owned by ${role}`);
  await bed.run(`drop role ${role}`);
  await bed.close();
});

const four = [0, 1, 2, 3];
const keys = four.map(idOf);
const writeBack = true;
let calls = 0;

beforeEach(async () => {
  await bed.run('truncate parcel_hold, parcel, parcel_log');
  await bed.run(`insert into parcel values ${four.map((i) => `(${idOf(i)}, '${codeOf(i)}', 10)`).join()}`);
  calls = 0;
});

function heavier({ weight }: Parcel): { weight: number } {
  calls++;
  return { weight: (weight ?? 0) + 1 };
}

async function weights(): Promise<unknown[]> {
  return (await bed.run('select weight from parcel order by id')).map(({ weight }) => weight);
}

describe('a COMMIT of which nobody knows', () => {
  it('is repeated with the values that were computed already', async () => {
    bed.proxy.inject({ when: { from: 'client', text: 'commit' }, action: 'answer-lost' });
    const { updated, unchanged } = await operations.batchCompute({ keys }, heavier, { writeBack });
    // By then its rows are as asked.
    expect([updated, unchanged]).toEqual([0, 4]);
    expect(operations.getMetrics().total.retriesBySqlstate).toMatchObject({ UNO_COMMIT_UNKNOWN: 1 });
    expect(await weights()).toEqual([11, 11, 11, 11]);
    expect(calls).toBe(4);
  });

  it('is repeated also where a statement commits by itself', async () => {
    await operations.batchCompute({ keys }, () => undefined, { writeBack });
    bed.proxy.inject({ when: { from: 'client', name: 'Sync', nth: 2 }, action: 'answer-lost' });
    const { updated, unchanged } = await operations.batchCompute({ filters: {} }, heavier, { writeBack });
    expect([updated, unchanged]).toEqual([2, 2]);
    expect(await weights()).toEqual([11, 11, 11, 11]);
    expect(calls).toBe(4);
  });

  it('is not repeated with a lock, as it would compute from what it has written', async () => {
    const options = { writeBack, lock: true } as const;
    bed.proxy.inject({ when: { from: 'client', text: 'commit' }, action: 'answer-lost' });
    expect(await failureOf(operations.batchCompute({ keys }, heavier, options))).toBeInstanceOf(CommitUnknownError);
    expect(await weights()).toEqual([11, 11, 11, 11]);
    bed.proxy.inject({ when: { from: 'client', text: 'commit', nth: 2 }, action: 'answer-lost' });
    const failure = await batchErrorOf(operations.batchCompute({ filters: {} }, heavier, options));
    expect(`${failure.written}; ${failure.unknown}`).toBe('0-1; 2-3');
    expect(await weights()).toEqual([12, 12, 12, 12]);
    expect(calls).toBe(8);
  });
});
