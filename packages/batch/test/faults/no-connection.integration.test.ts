import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { FaultBed } from './support/fault-bed.js';
import { operations } from './support/operations.js';
import { combinations } from './support/ways.js';

let bed: FaultBed;

/** The pool says it in one way when it has given up waiting, and in another when it has just been connected. */
function isSlow(error: unknown): void {
  if (!(error instanceof Error) || !/timeout exceeded|connection timeout/.test(error.message)) throw error;
}

describe('a pool whose connections are all in use', () => {
  const taken: pg.PoolClient[] = [];

  beforeAll(async () => {
    bed = await FaultBed.open({ pool: { max: 2, connectionTimeoutMillis: 50 } });
  });

  afterAll(() => bed.close());

  const before = async () => {
    // On a busy machine a new connection takes longer than the pool waits here.
    while (taken.length < 2) await bed.pool.connect().then((client) => taken.push(client), isSlow);
  };
  const giveBack = () => {
    for (const client of taken.splice(0)) client.release();
  };

  afterEach(giveBack);

  it.each(combinations(operations))('is waited for by repeating: $label', async ({ operation, way }) => {
    const trial = { operation, way, before, onRetry: giveBack, config: { retryCount: 3 } };
    const { error, retries, complaints } = await bed.try(trial);
    expect(complaints).toEqual([]);
    expect(error).toBeUndefined();
    expect(retries[0]).toMatchObject({ code: 'UNO_CONNECTION' });
  });

  it.each(combinations(operations))(
    'fails the call in the end, with nothing sent: $label',
    async ({ operation, way }) => {
      const trial = { operation, way, before, afterwards: giveBack, config: { retryCount: 1 } };
      const { error, retries, complaints } = await bed.try(trial);
      expect(complaints).toEqual([]);
      expect(error).toMatchObject({ code: 'UNO_CONNECTION', retry: 'safe' });
      expect(retries).toHaveLength(1);
    },
  );
});

describe('a server that takes no more connections', () => {
  const role = `uno_faults_${randomBytes(4).toString('hex')}`;
  let others: pg.Client[] = [];

  beforeAll(async () => {
    bed = await FaultBed.open({ role });
    await bed.run(`create role ${role} login password '${role}' connection limit 2`);
    await bed.run(`grant all on all tables in schema public to ${role}`);
    await bed.run(`grant all on all sequences in schema public to ${role}`);
  });

  afterAll(async () => {
    await bed.run(`drop owned by ${role}`);
    await bed.run(`drop role ${role}`);
    await bed.close();
  });

  const before = async () => {
    await bed.coolDown();
    others = [await bed.session({ user: role, password: role }), await bed.session({ user: role, password: role })];
  };
  const goAway = () => Promise.all(others.splice(0).map((client) => client.end()));

  afterEach(() => goAway().then(() => undefined));

  it.each(combinations(operations))('is asked again: $label', async ({ operation, way }) => {
    const trial = { operation, way, before, onRetry: goAway, config: { retryCount: 10 } };
    const { error, retries, complaints } = await bed.try(trial);
    expect(complaints).toEqual([]);
    expect(error).toBeUndefined();
    expect(retries[0]).toMatchObject({ sqlstate: '53300' });
  });

  it.each(combinations(operations))(
    'fails the call in the end, with nothing sent: $label',
    async ({ operation, way }) => {
      const trial = { operation, way, before, afterwards: goAway, config: { retryCount: 1 } };
      const { error, retries, complaints } = await bed.try(trial);
      expect(complaints).toEqual([]);
      expect(error).toMatchObject({ sqlstate: '53300', retry: 'safe' });
      // Side by side, every chunk has its own.
      expect(retries.length).toBeGreaterThan(0);
      expect(retries.length).toBeLessThanOrEqual(way.options.strategy === 'parallel' ? 3 : 1);
    },
  );
});
