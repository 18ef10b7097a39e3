import { describe, expect, it } from '@jest/globals';
import { ResourceError } from '@uno/postgres';
import { KeySketch } from '../../src/advice/key-sketch.js';
import { Observations } from '../../src/advice/observations.js';
import { BatchMetrics } from '../../src/metrics/batch-metrics.js';
import { beginCall, type CallDescription, type CallRecorder } from '../../src/metrics/call-recorder.js';
import { openCall } from '../../src/metrics/open-call.js';
import { deadlock, deadlockNote, insertCities, ManualClock } from '../metrics/support/calls.js';

const outOfMemory = new ResourceError('Out of memory.', 'whole-transaction', { sqlstate: '53200' });
const all = { total: 1000, successful: 1000, failed: 0, skipped: 0 };

function observed(run: (call: CallRecorder, clock: ManualClock) => void, description: Partial<CallDescription> = {}) {
  const observations = new Observations();
  const clock = new ManualClock();
  run(beginCall({ ...insertCities, ...description }, [observations], clock), clock);
  const statistics = observations.table('city');
  return { statistics, calls: statistics?.calls[0] };
}

describe('of calls', () => {
  it('counts full chunks apart from the others', () => {
    const { calls } = observed((call) => {
      call.chunk(500, 10);
      call.chunk(450, 8);
      call.chunk(449, 5);
      call.statement(100);
      call.answered(7);
      call.answered(3);
      call.end(all);
    });
    expect(calls).toMatchObject({
      ...{ operation: 'batchInsert', strategy: 'chunked', batchSize: 500, atomicity: 'all', calls: 1, records: 1000 },
      ...{ chunks: 3, fullChunks: 2, fullChunksMs: 18, largestChunk: 500, bytesSent: 100, answers: 2, waitedMs: 10 },
    });
  });

  it('keeps kinds of calls apart', () => {
    const observations = new Observations();
    for (const batchSize of [500, 1000, 500]) beginCall({ ...insertCities, batchSize }, [observations]).end(all);
    expect(observations.table('city')?.calls).toMatchObject([
      { batchSize: 500, calls: 2 },
      { batchSize: 1000, calls: 1 },
    ]);
  });

  it('tells attempts that wanted too much, and those that met others, from the rest', () => {
    const { calls } = observed((call, clock) => {
      call.retried(deadlockNote, 30);
      call.retried({ sqlstate: '40001', code: 'UNO_SERIALIZATION', delayMs: 0 }, 5);
      call.retried({ sqlstate: '57014', code: 'UNO_STATEMENT_TIMEOUT', delayMs: 1 }, 100);
      call.retried({ sqlstate: undefined, code: 'UNO_CONNECTION', delayMs: 1 }, 9);
      call.retried({ sqlstate: '53300', code: 'UNO_RESOURCE', delayMs: 1 }, 9);
      clock.advance(200);
      call.end({ ...all, successful: 0, error: outOfMemory });
    });
    expect(calls).toMatchObject({
      conflicts: { count: 2, lostMs: 30 + deadlockNote.delayMs + 5, byCode: { '40P01': 1, '40001': 1 } },
      tooMuch: { count: 2, lostMs: 101 + 200, byCode: { '57014': 1, '53200': 1 } },
    });
  });

  it('counts the attempt that a call ends with', () => {
    const { calls } = observed((call, clock) => {
      clock.advance(70);
      call.end({ ...all, successful: 0, error: deadlock });
    });
    expect(calls?.conflicts).toEqual({ count: 1, lostMs: 70, byCode: { '40P01': 1 } });
  });
});

describe('of calls that were alone in a pool', () => {
  const long = (spare: readonly number[], elapsedMs = 600, total = 2000) =>
    observed((call, clock) => {
      for (const connections of spare) call.poolSpare(connections);
      call.answered(400);
      clock.advance(elapsedMs);
      call.end({ ...all, total });
    }).calls?.alone;

  it('keeps how long they took, and the least number of connections that were free', () => {
    expect(long([3, 2, 5])).toMatchObject({
      calls: 1,
      records: 2000,
      elapsedMs: 600,
      waitedMs: 400,
      spareConnections: 2,
    });
  });

  it.each<[string, ReturnType<typeof long>]>([
    ['with a moment in which none was free', long([3, 0, 3])],
    ['of whose pool nothing is known', long([])],
    ['that are short', long([3], 499)],
    ['of few chunks', long([3], 600, 1999)],
  ])('leaves out those %s', (_, alone) => {
    expect(alone?.calls).toBe(0);
  });
});

describe('of a table', () => {
  const read = (ids: readonly string[]) => ids.map((id) => ({ keyNumber: undefined, key: [id] }));
  const get = { ...insertCities, operation: 'batchGet' };

  it('counts reads that an earlier call had done, and what was written since the first', () => {
    const observations = new Observations();
    const begin = (operation: string) => beginCall({ ...insertCities, operation }, [observations]);
    begin('batchUpdate').end(all);
    for (let i = 0; i < 3; i++) {
      const call = begin('batchGet');
      call.keysRead(read(['1', '2']));
      call.end(all);
    }
    for (const operation of ['batchInsert', 'batchUpdate', 'batchDelete'])
      begin(operation).end({ ...all, successful: 10 });
    expect(observations.table('city')?.reads).toEqual({ keys: 6, repeated: 4, written: 20 });
    begin('batchExecuteSql').end(all);
    expect(observations.table('city')?.reads.written).toBe(20 + KeySketch.mostKeys);
  });

  it('keeps the columns by which records were told apart, and whether that was refused', () => {
    const refused = new ResourceError('No unique index.', 'never', { sqlstate: '42P10' });
    const observations = new Observations();
    for (const error of [undefined, refused]) {
      const call = beginCall({ ...insertCities, operation: 'batchUpsert' }, [observations]);
      call.conflictsOn(['name', 'country']);
      call.end({ ...all, error });
    }
    expect(observations.table('city')?.conflictColumns).toEqual([
      { operation: 'batchUpsert', columns: ['name', 'country'], calls: 2, refused: 1 },
    ]);
  });

  it('tells imports that only insert from those that may find rows', () => {
    const observations = new Observations();
    const begin = (operation: string) => beginCall({ ...insertCities, operation }, [observations]);
    begin('batchGet').keysRead(read(['1']));
    begin('batchImport').end(all);
    const upserting = begin('batchImport');
    upserting.conflictsOn(['name']);
    upserting.end(all);
    const { reads, calls, conflictColumns } = observations.table('city') ?? {};
    expect(calls).toMatchObject([{ inserted: 0 }, { operation: 'batchImport', successful: 2000, inserted: 1000 }]);
    expect(reads?.written).toBe(1000);
    expect(conflictColumns).toMatchObject([{ operation: 'batchImport', columns: ['name'] }]);
  });

  it('adds up the samples of an operation', () => {
    const { statistics } = observed((call) => {
      call.rewritten(100, 10);
      call.rewritten(50, 50);
      call.end(all);
    });
    expect(statistics?.rewritten).toEqual([{ operation: 'batchInsert', sampled: 150, unchanged: 60 }]);
  });

  it('observes nothing that has no table, or went record by record', () => {
    expect(observed((call) => call.end(all), { table: undefined }).statistics).toBeUndefined();
    expect(observed((call) => call.end(all), { strategy: 'individual' }).statistics).toBeUndefined();
  });

  it('keeps a bounded number of tables, and of kinds of calls', () => {
    const observations = new Observations();
    for (let i = 0; i < 100; i++) {
      beginCall({ ...get, table: `t${i}` }, [observations]).end(all);
      beginCall({ ...get, batchSize: i + 1 }, [observations]).end(all);
    }
    expect(observations.table('t0')).toBeDefined();
    expect(observations.table('t99')).toBeUndefined();
    expect(observations.table('city')?.calls).toHaveLength(64);
  });

  it('is told of the calls that metrics are told of, and forgets with them', () => {
    const metrics = new BatchMetrics();
    openCall(get, { metrics }).end(all);
    expect(metrics.observations.table('city')?.calls).toHaveLength(1);
    metrics.reset();
    expect(metrics.observations.table('city')).toBeUndefined();
  });
});
