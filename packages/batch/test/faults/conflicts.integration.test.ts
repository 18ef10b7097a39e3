import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { FaultBed, type Trial } from './support/fault-bed.js';
import { operations } from './support/operations.js';
import { codeOf } from './support/parcels.js';
import { combinations } from './support/ways.js';

let bed: FaultBed;
let other: pg.Client;

afterEach(() => other.query('rollback').then(() => undefined));

/** Makes the other session have the row of a record to itself, whether it was there before or not. */
async function take(index: number): Promise<void> {
  await other.query(
    `insert into parcel (id, code, weight) values ($1, $2, 7) on conflict (code) do update set weight = 7`,
    [5000 + index, codeOf(index)],
  );
}

/** Records of the last chunk: the call takes the first of them, and then waits for the second. */
const [first, second] = [4, 5];

/** A session whose changes fire no trigger. */
async function openOther(): Promise<void> {
  other = await bed.session();
  await other.query('set session_replication_role = replica');
}

describe('a deadlock with another session', () => {
  beforeAll(async () => {
    // The call comes last, notices it, and so is the victim.
    bed = await FaultBed.open({ settings: { deadlock_timeout: '10ms' } });
    await openOther();
    // When the call is back before the other one has gone on, they meet again, and either may notice it.
    await other.query("set deadlock_timeout = '300ms'");
  });

  afterEach(() => bed.untouched());

  afterAll(() => bed.close());

  const meeting = (trial: Trial): Trial => ({
    ...trial,
    before: async () => {
      // A trigger before the change of a row that is there has that row already, one before an insert has nothing.
      await bed.hold(trial.operation.before(first) === undefined ? second : first, 'row');
      await other.query('begin');
      await take(second);
    },
    meanwhile: async () => {
      const { rows } = await other.query<{ pid: number }>('select pg_backend_pid() as pid');
      await bed.untilHeld();
      const taken = take(first).catch(() => undefined);
      await bed.untilBlocked(rows[0]?.pid ?? 0);
      await bed.letGo();
      await taken;
      await other.query('rollback');
    },
  });

  it.each(combinations(operations))('is made good by repeating: $label', async ({ operation, way }) => {
    const { error, retries, complaints } = await bed.try(meeting({ operation, way, config: { retryCount: 10 } }));
    expect(complaints).toEqual([]);
    expect(error).toBeUndefined();
    expect(retries[0]).toMatchObject({ sqlstate: '40P01', code: 'UNO_DEADLOCK' });
  });

  it.each(combinations(operations))('fails a call that is not tried again: $label', async ({ operation, way }) => {
    const { error, complaints } = await bed.try(meeting({ operation, way, config: { retryCount: 0 } }));
    expect(complaints).toEqual([]);
    expect(error).toMatchObject({ sqlstate: '40P01', retry: way.byChunk ? 'if-idempotent' : 'whole-transaction' });
  });
});

describe('a row that another session keeps', () => {
  beforeAll(async () => {
    bed = await FaultBed.open({ settings: { lock_timeout: '20ms' } });
    await openOther();
  });

  afterAll(() => bed.close());

  const before = async () => {
    await other.query('begin');
    await take(second);
  };

  it.each(combinations(operations))('is waited for by repeating: $label', async ({ operation, way }) => {
    let released: Promise<unknown> | undefined;
    const onRetry = () => {
      released ??= other.query('rollback');
    };
    const trial = { operation, way, before, onRetry, config: { retryCount: 20 } };
    const { error, retries, complaints } = await bed.try(trial);
    await released;
    expect(complaints).toEqual([]);
    expect(error).toBeUndefined();
    expect(retries[0]).toMatchObject({ sqlstate: '55P03', code: 'UNO_LOCK_TIMEOUT' });
  });

  it.each(combinations(operations))('fails the call in the end: $label', async ({ operation, way }) => {
    const trial = { operation, way, before, config: { retryCount: 1 }, afterwards: () => other.query('rollback') };
    const { error, retries, complaints } = await bed.try(trial);
    expect(complaints).toEqual([]);
    expect(error).toMatchObject({ sqlstate: '55P03' });
    expect(retries).toHaveLength(1);
  });
});
