import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BatchMetrics } from '../../src/metrics/batch-metrics.js';
import type { OperationMetrics } from '../../src/metrics/batch-metrics-snapshot.js';
import { beginCall, type CallRecorder } from '../../src/metrics/call-recorder.js';
import { deadlock, deadlockNote, insertCities, lostNote, ManualClock, tooLong } from './support/calls.js';

type Event = (recorder: CallRecorder, clock: ManualClock) => void;

const count = fc.nat(10_000);
const event: fc.Arbitrary<Event> = fc.oneof(
  count.map(
    (bytes): Event =>
      (recorder) =>
        recorder.statement(bytes),
  ),
  fc.tuple(count, count).map(
    ([records, ms]): Event =>
      (recorder) =>
        recorder.chunk(records, ms),
  ),
  fc.constantFrom(deadlockNote, lostNote).map(
    (note): Event =>
      (recorder) =>
        recorder.retried(note),
  ),
  count.map(
    (records): Event =>
      (recorder) =>
        recorder.fellBack(records, deadlock),
  ),
  count.map(
    (index): Event =>
      (recorder) =>
        recorder.recordFailed({ index, key: undefined, error: tooLong }),
  ),
  count.map(
    (ms): Event =>
      (_, clock) =>
        clock.advance(ms),
  ),
);
const end = fc.record({
  counts: fc.tuple(count, count, count, count),
  error: fc.constantFrom(undefined, tooLong, 'thrown text'),
});
const call = fc.record({
  operation: fc.constantFrom('batchInsert', 'batchUpdate', 'batchDelete'),
  events: fc.array(event, { maxLength: 40 }),
  end,
});
type Call = typeof call extends fc.Arbitrary<infer C> ? C : never;

/** Runs the events of all calls in turns, as calls that run side by side do. */
function run(metrics: BatchMetrics, calls: readonly Call[], between: () => void = () => undefined): void {
  const clock = new ManualClock();
  const recorders = calls.map(({ operation }) => beginCall({ ...insertCities, operation }, [metrics], clock));
  const longest = Math.max(0, ...calls.map(({ events }) => events.length));
  for (let turn = 0; turn <= longest; turn++) {
    between();
    calls.forEach(({ events, end: last }, i) => {
      const recorder = recorders[i];
      if (recorder === undefined) return;
      events[turn]?.(recorder, clock);
      const [successful, failed, skipped, rest] = last.counts;
      if (turn === events.length) {
        recorder.end({ total: successful + failed + skipped + rest, successful, failed, skipped, error: last.error });
      }
    });
  }
}

const addends = [
  'calls',
  'callsFailed',
  'recordsTotal',
  'recordsProcessed',
  'recordsSuccessful',
  'recordsFailed',
  'recordsSkipped',
  'elapsedMs',
  'bytesSent',
  'statements',
  'chunks',
  'retries',
  'fallbacks',
  'recordsIndividually',
  'errorsTotal',
] as const;

function sums(all: readonly OperationMetrics[]): Record<string, number> {
  return Object.fromEntries(addends.map((name) => [name, all.reduce((sum, metrics) => sum + metrics[name], 0)]));
}

describe('batch metrics, whatever the calls do', () => {
  it('agree with themselves', () => {
    fc.assert(
      fc.property(fc.array(call, { maxLength: 8 }), (calls) => {
        const metrics = new BatchMetrics();
        run(metrics, calls);
        const { total, operations } = metrics.snapshot();
        const each = Object.values(operations);
        expect(sums([total])).toEqual(sums(each));
        for (const one of [total, ...each]) {
          expect(one.recordsProcessed).toBe(one.recordsSuccessful + one.recordsFailed + one.recordsSkipped);
          expect(one.recordsProcessed).toBeLessThanOrEqual(one.recordsTotal);
          expect(one.errors.length).toBe(Math.min(20, one.errorsTotal));
          expect(one.retries).toBe(Object.values(one.retriesBySqlstate).reduce((sum, times) => sum + times, 0));
          expect(one.successRate).toBeGreaterThanOrEqual(0);
          expect(one.successRate).toBeLessThanOrEqual(1);
          expect(Number.isFinite(one.recordsPerSecond)).toBe(true);
          for (const { min, mean, max, p50, p95, p99 } of [one.chunkSize, one.chunkDurationMs]) {
            expect([min, p50, p95, p99, max]).toEqual([min, p50, p95, p99, max].toSorted((a, b) => a - b));
            expect(mean).toBeGreaterThanOrEqual(min);
            expect(mean).toBeLessThanOrEqual(max);
          }
        }
      }),
    );
  });

  it('count everything once, however often they are reset', () => {
    fc.assert(
      fc.property(fc.array(call, { maxLength: 8 }), (calls) => {
        const whole = new BatchMetrics();
        run(whole, calls);
        const reset = new BatchMetrics();
        const parts: OperationMetrics[] = [];
        run(reset, calls, () => {
          parts.push(reset.snapshot().total);
          reset.reset();
        });
        parts.push(reset.snapshot().total);
        expect(sums(parts)).toEqual(sums([whole.snapshot().total]));
      }),
      { numRuns: 30 },
    );
  });
});
