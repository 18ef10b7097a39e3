import { describe, expect, it } from '@jest/globals';
import type { CallStatistics } from '../../../src/advice/call-statistics.js';
import { recommendationsFor } from '../../../src/advice/recommendation.js';
import { evidenceOf } from '../support/evidence.js';

/** What is said of calls of one kind. */
const said = (calls: Partial<CallStatistics>, more: { roundTripMs?: number; maxWorkers?: number } = {}) =>
  recommendationsFor(evidenceOf({ calls: [calls], ...more }));

it('says nothing of calls in which nothing is wrong', () => {
  expect(said({})).toEqual([]);
});

describe('chunks_too_small', () => {
  /** 10 calls of 10 chunks of 10 records, of 4 ms each. */
  const small = {
    ...{ batchSize: 10, records: 1000, successful: 1000, bytesSent: 100_000, largestChunk: 10 },
    ...{ fullChunksMs: 400, elapsedMs: 500, waitedMs: 400 },
  };

  it('says how much of a chunk is the way to the server, and at which size it hardly counts', () => {
    const [one, ...more] = said(small, { roundTripMs: 1.25 });
    expect(more).toEqual([]);
    expect(one).toMatchObject({
      code: 'chunks_too_small',
      table: 'crate',
      operation: 'batchInsert',
      evidence: { chunks: 100, chunkMs: 4, roundTripMs: 1.25, roundTrips: 1, share: 0.3125 },
      change: { option: 'batchSize', from: 10, to: 100 },
      // Of a hundred round trips, ten are left: one a call.
      savesMs: 112.5,
    });
    expect(one?.message).toContain('31 % of the time of chunks of 10');
  });

  it('goes by how many round trips a chunk takes', () => {
    const [one] = said({ ...small, answers: 300 }, { roundTripMs: 1 });
    expect(one).toMatchObject({ evidence: { roundTrips: 3, share: 0.75 }, change: { to: 1000 } });
  });

  it('does not take more for the way than there was', () => {
    const [one] = said(small, { roundTripMs: 7 });
    expect(one).toMatchObject({ evidence: { share: 1 }, change: { to: 5000 } });
  });

  it.each<[string, Partial<CallStatistics>, number]>([
    ['the way is short', {}, 0.9],
    ['there are too few chunks to say', { fullChunks: 29, chunks: 29, fullChunksMs: 116 }, 1],
    ['no call has more than a chunk', { calls: 100 }, 1],
    ['chunks are as large as the source', { strategy: 'optimistic' }, 1],
    ['a chunk is a function of the caller', { operation: 'batchCompute' }, 1],
    ['larger chunks would be too large', { bytesSent: 1000 * 200_000 }, 1],
    ['chunks are as large as any', { batchSize: 5000 }, 1],
  ])('is silent where %s', (_, calls, roundTripMs) => {
    expect(said({ ...small, ...calls }, { roundTripMs })).toEqual([]);
  });
});

describe('chunks_too_large', () => {
  const outOfMemory = { tooMuch: { count: 2, lostMs: 700, byCode: { '53200': 2 } } };

  it('takes attempts that failed for want of memory for proof', () => {
    expect(said(outOfMemory)).toMatchObject([
      {
        code: 'chunks_too_large',
        evidence: { failures: 2, failuresByCode: { '53200': 2 }, lostMs: 700, largestChunk: 1000 },
        change: { option: 'batchSize', from: 1000, to: 300 },
        savesMs: 700,
      },
    ]);
  });

  it('advises chunks where everything was sent at once', () => {
    expect(said({ ...outOfMemory, strategy: 'single_query' })).toMatchObject([
      { change: { option: 'strategy', from: 'single_query', to: 'chunked' } },
    ]);
  });

  it('takes chunks of many seconds for too large, and advises such of one', () => {
    expect(said({ fullChunks: 3, fullChunksMs: 15_000 })).toMatchObject([
      { code: 'chunks_too_large', evidence: { chunks: 3, chunkMs: 5000 }, change: { from: 1000, to: 200 } },
    ]);
  });

  it.each<[string, Partial<CallStatistics>]>([
    ['one attempt has failed', { tooMuch: { count: 1, lostMs: 700, byCode: { '53200': 1 } } }],
    ['two chunks were long', { fullChunks: 2, fullChunksMs: 60_000 }],
    ['chunks were not quite so long', { fullChunks: 100, fullChunksMs: 499_000 }],
    ['a function of the caller may have been long', { operation: 'batchCompute', fullChunksMs: 9_000_000 }],
    ['a chunk is one record already', { ...outOfMemory, batchSize: 1 }],
  ])('is silent where %s', (_, calls) => {
    expect(said(calls)).toEqual([]);
  });
});

describe('sequential_with_idle_pool', () => {
  const alone = { calls: 2, records: 100_000, elapsedMs: 2000, waitedMs: 1600, activeMs: 300, spareConnections: 2 };

  it('says how long one connection was waited for while others were free', () => {
    const [one, ...more] = said({ alone });
    expect(more).toEqual([]);
    expect(one).toMatchObject({
      code: 'sequential_with_idle_pool',
      evidence: { ...alone, atomicity: 'all' },
      change: { option: 'strategy', from: 'chunked', to: 'parallel' },
    });
    // On three connections, two thirds.
    expect(one?.savesMs).toBeCloseTo((1600 * 2) / 3, 6);
    expect(one?.message).toContain('commits by itself');
  });

  it('says nothing of commits where chunks commit by themselves anyway', () => {
    const [one] = said({ alone, atomicity: 'chunk' });
    expect(one?.message).not.toContain('commit');
  });

  it.each<[string, Partial<CallStatistics>]>([
    ['it was not long', { alone: { ...alone, elapsedMs: 900, waitedMs: 800 } }],
    ['the source was waited for', { alone: { ...alone, waitedMs: 1100 } }],
    ['this process was busy', { alone: { ...alone, activeMs: 1100 } }],
    ['it is parallel', { alone, strategy: 'parallel' }],
    ['it cannot be parallel', { alone, operation: 'batchSync' }],
  ])('is silent where %s', (_, calls) => {
    expect(said(calls)).toEqual([]);
  });

  it('is silent where there is to be one worker', () => {
    expect(said({ alone }, { maxWorkers: 1 })).toEqual([]);
  });
});

describe('the size of chunks', () => {
  it.each<[string, Partial<CallStatistics>]>([
    ['too small', { fullChunksMs: 100, answers: 100 }],
    ['too large', { fullChunksMs: 1_000_000 }],
    ['refused', { tooMuch: { count: 5, lostMs: 500, byCode: { '53200': 5 } } }],
  ])('is nothing to advise about where it is found out anyway: %s', (_, calls) => {
    expect(said(calls, { roundTripMs: 0.5 })).toHaveLength(1);
    expect(said({ ...calls, isTuned: true }, { roundTripMs: 0.5 })).toEqual([]);
  });
});

describe('conflicting_transactions', () => {
  const deadlocks = { conflicts: { count: 3, lostMs: 100, byCode: { '40P01': 3 } } };

  it('advises an order where the chunks of one transaction meet others in deadlocks', () => {
    expect(said(deadlocks)).toMatchObject([
      {
        code: 'conflicting_transactions',
        evidence: {
          attempts: 3,
          attemptsBySqlstate: { '40P01': 3 },
          lostMs: 100,
          calls: 10,
          elapsedMs: 1000,
          share: 0.1,
        },
        change: { sortBy: ['id'] },
        savesMs: 100,
      },
    ]);
  });

  it.each<[string, Partial<CallStatistics>, unknown]>([
    ['fewer workers', { strategy: 'parallel', atomicity: 'chunk' }, { option: 'maxWorkers', from: 4, to: 2 }],
    ['smaller chunks', { atomicity: 'chunk' }, { option: 'batchSize', from: 1000, to: 250 }],
    [
      'commits by chunk',
      { conflicts: { ...deadlocks.conflicts, byCode: { '40001': 3 } } },
      { option: 'atomicity', from: 'all', to: 'chunk' },
    ],
    ['commits by chunk', { chunks: 10 }, { option: 'atomicity', from: 'all', to: 'chunk' }],
  ])('advises %s: %j', (_, calls, change) => {
    expect(said({ ...deadlocks, ...calls })).toMatchObject([{ change }]);
  });

  it.each<[string, Partial<CallStatistics>]>([
    ['it happened twice', { conflicts: { count: 2, lostMs: 100, byCode: { '40P01': 2 } } }],
    ['it cost little', { conflicts: { count: 9, lostMs: 49, byCode: { '40P01': 9 } } }],
  ])('is silent where %s', (_, calls) => {
    expect(said(calls)).toEqual([]);
  });
});
