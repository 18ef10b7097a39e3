import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { BatchMetrics } from '../../src/metrics/batch-metrics.js';
import { beginCall, type CallRecorder } from '../../src/metrics/call-recorder.js';
import { deadlockNote, duplicate, insertCities, lostNote, ManualClock, tooLong } from './support/calls.js';

const nothing = {
  calls: 0,
  callsFailed: 0,
  recordsTotal: 0,
  recordsProcessed: 0,
  recordsSuccessful: 0,
  recordsFailed: 0,
  recordsSkipped: 0,
  elapsedMs: 0,
  recordsPerSecond: 0,
  bytesSent: 0,
  statements: 0,
  chunks: 0,
  chunkSize: { min: 0, mean: 0, max: 0, p50: 0, p95: 0, p99: 0 },
  chunkSizeChosen: null,
  resizesByReason: {},
  chunkDurationMs: { min: 0, mean: 0, max: 0, p50: 0, p95: 0, p99: 0 },
  retries: 0,
  retriesBySqlstate: {},
  fallbacks: 0,
  recordsIndividually: 0,
  errors: [],
  errorsTotal: 0,
  successRate: 1,
};
const noRecords = { total: 0, successful: 0, failed: 0, skipped: 0 };

describe('batch metrics', () => {
  let metrics: BatchMetrics;
  let clock: ManualClock;
  const begin = (operation = 'batchInsert'): CallRecorder =>
    beginCall({ ...insertCities, operation }, [metrics], clock);
  beforeEach(() => {
    metrics = new BatchMetrics();
    clock = new ManualClock();
    jest.useFakeTimers({ now: Date.UTC(2026, 0, 2, 3, 4, 5, 6) });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('are all 0 before anything has happened', () => {
    expect(metrics.snapshot()).toEqual({ total: nothing, operations: {} });
  });

  it('tell exactly what a call did', () => {
    const call = begin();
    call.statement(1200);
    call.statement(800);
    clock.advance(2.5);
    call.chunk(500, 2.5);
    call.resized(1000, 'larger pays');
    call.resized(2000, 'larger pays');
    call.resized(300, 'took too long');
    call.retried(deadlockNote);
    call.retried(deadlockNote);
    call.retried(lostNote);
    call.fellBack(300, duplicate);
    call.recordFailed({ index: 3, key: '30', error: duplicate });
    call.recordFailed({ index: 4, key: undefined, error: new RangeError('secret') });
    clock.advance(247.5);
    call.chunk(300, 7.5);
    call.end({ total: 1000, successful: 750, failed: 2, skipped: 48 });
    const inserts = {
      calls: 1,
      callsFailed: 0,
      recordsTotal: 1000,
      recordsProcessed: 800,
      recordsSuccessful: 750,
      recordsFailed: 2,
      recordsSkipped: 48,
      elapsedMs: 250,
      recordsPerSecond: 3200,
      bytesSent: 2000,
      statements: 2,
      chunks: 2,
      chunkSize: { min: 300, mean: 400, max: 500, p50: 300, p95: 500, p99: 500 },
      chunkSizeChosen: 300,
      resizesByReason: { 'larger pays': 2, 'took too long': 1 },
      chunkDurationMs: { min: 2.5, mean: 5, max: 7.5, p50: 2.5, p95: 7.5, p99: 7.5 },
      retries: 3,
      retriesBySqlstate: { '40P01': 2, UNO_CONNECTION: 1 },
      fallbacks: 1,
      recordsIndividually: 300,
      errors: [
        {
          at: '2026-01-02T03:04:05.006Z',
          operation: 'batchInsert',
          index: 3,
          key: '30',
          code: 'UNO_CONSTRAINT',
          sqlstate: '23505',
          message: 'city violates city_pkey.',
        },
        { at: '2026-01-02T03:04:05.006Z', operation: 'batchInsert', index: 4, code: 'RangeError' },
      ],
      errorsTotal: 2,
      successRate: 0.9375,
    };
    expect(metrics.snapshot()).toEqual({ total: inserts, operations: { batchInsert: inserts } });
  });

  it('count a call that failed, with the record that it names', () => {
    begin().end({ total: 10, successful: 0, failed: 1, skipped: 0, error: tooLong });
    expect(metrics.snapshot().total).toEqual({
      ...nothing,
      calls: 1,
      callsFailed: 1,
      recordsTotal: 10,
      recordsProcessed: 1,
      recordsFailed: 1,
      errors: [
        {
          at: '2026-01-02T03:04:05.006Z',
          operation: 'batchInsert',
          index: 7,
          key: '70',
          code: 'UNO_VALIDATION',
          sqlstate: '22001',
          message: 'City record 7: "name" is too long.',
        },
      ],
      errorsTotal: 1,
      successRate: 0,
    });
  });

  it('add the operations up', () => {
    const insert = begin('batchInsert');
    const remove = begin('batchDelete');
    insert.chunk(100, 1);
    remove.chunk(300, 3);
    insert.retried(deadlockNote);
    remove.retried(deadlockNote);
    clock.advance(50);
    insert.end({ total: 100, successful: 100, failed: 0, skipped: 0 });
    clock.advance(50);
    remove.end({ total: 300, successful: 200, failed: 0, skipped: 100 });
    const { total, operations } = metrics.snapshot();
    expect(Object.keys(operations)).toEqual(['batchInsert', 'batchDelete']);
    expect(operations['batchInsert']).toMatchObject({ recordsProcessed: 100, elapsedMs: 50, recordsPerSecond: 2000 });
    expect(operations['batchDelete']).toMatchObject({ recordsProcessed: 300, elapsedMs: 100, recordsPerSecond: 3000 });
    expect(total).toMatchObject({
      calls: 2,
      recordsProcessed: 400,
      elapsedMs: 150,
      chunks: 2,
      chunkSize: { min: 100, mean: 200, max: 300, p50: 100, p95: 300, p99: 300 },
      retries: 2,
      retriesBySqlstate: { '40P01': 2 },
      successRate: 0.75,
    });
    expect(total.recordsPerSecond).toBeCloseTo(2666.667, 3);
  });

  it('keep the last 20 errors of an operation and of all, and count the others', () => {
    const insert = begin('batchInsert');
    const update = begin('batchUpdate');
    for (let index = 0; index < 30; index++) {
      (index % 3 === 0 ? update : insert).recordFailed({ index, key: undefined, error: duplicate });
    }
    const { total, operations } = metrics.snapshot();
    const indices = (name: string) => operations[name]?.errors.map(({ index }) => index);
    expect(total.errors.map(({ index }) => index)).toEqual(Array.from({ length: 20 }, (_, i) => i + 10));
    expect(indices('batchInsert')).toEqual(Array.from({ length: 30 }, (_, i) => i).filter((i) => i % 3 !== 0));
    expect(indices('batchUpdate')).toEqual([0, 3, 6, 9, 12, 15, 18, 21, 24, 27]);
    expect([total.errorsTotal, operations['batchInsert']?.errorsTotal]).toEqual([30, 20]);
    insert.recordFailed({ index: 30, key: undefined, error: duplicate });
    expect(
      metrics
        .snapshot()
        .operations['batchInsert']?.errors.map(({ index }) => index)
        .at(0),
    ).toBe(2);
    expect(metrics.snapshot().operations['batchInsert']?.errorsTotal).toBe(21);
  });

  it('have no rate where no time has passed', () => {
    begin().end({ total: 5, successful: 5, failed: 0, skipped: 0 });
    expect(metrics.snapshot().total).toMatchObject({ recordsProcessed: 5, elapsedMs: 0, recordsPerSecond: 0 });
  });

  it('begin at 0 again, with what running calls do from then on', () => {
    const call = begin();
    call.statement(100);
    clock.advance(10);
    metrics.reset();
    expect(metrics.snapshot()).toEqual({ total: nothing, operations: {} });
    call.statement(50);
    call.end({ total: 20, successful: 20, failed: 0, skipped: 0 });
    expect(metrics.snapshot().total).toMatchObject({ calls: 1, statements: 1, bytesSent: 50, recordsTotal: 20 });
  });

  it('are a frozen snapshot that later calls do not change, and that survives JSON', () => {
    const call = begin('__proto__');
    call.recordFailed({ index: 0, key: undefined, error: 'secret' });
    call.retried(deadlockNote);
    call.end(noRecords);
    const snapshot = metrics.snapshot();
    const text = JSON.stringify(snapshot);
    expect(JSON.parse(text)).toEqual(snapshot);
    expect(text).not.toContain('secret');
    expect(isDeeplyFrozen(snapshot)).toBe(true);
    begin('__proto__').end(noRecords);
    expect(JSON.stringify(snapshot)).toBe(text);
    expect(metrics.snapshot().total.calls).toBe(2);
  });
});

function isDeeplyFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen);
}
