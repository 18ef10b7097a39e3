import { beforeEach, describe, expect, it } from '@jest/globals';
import { ProgressMeter } from '@uno/domain';
import { beginCall, type CallRecorder } from '../../src/metrics/call-recorder.js';
import { ProgressLog } from '../../src/metrics/log-progress.js';

import { deadlockNote, duplicate, insertCities, ManualClock } from './support/calls.js';
import { KeepingLogger } from './support/keeping-logger.js';

describe('the progress log', () => {
  let clock: ManualClock;
  let logger: KeepingLogger;
  let meter: ProgressMeter;
  let call: CallRecorder;
  beforeEach(() => {
    clock = new ManualClock();
    logger = new KeepingLogger();
    meter = new ProgressMeter(insertCities, () => clock.now());
    call = beginCall(insertCities, [new ProgressLog(logger)], clock);
  });
  const advance = (ms: number, processed: number, total: number | undefined = 1000) => {
    clock.advance(ms);
    call.progress(meter.progress({ processed, failed: 0, skipped: 0, individually: 0 }, total));
  };

  it('has a line a second at most', () => {
    for (let step = 1; step <= 25; step++) advance(100, step * 10);
    expect(logger.lines.map(({ message }) => message)).toEqual([
      'batchInsert City: 100 of 1000 records, 100 a second.',
      'batchInsert City: 200 of 1000 records, 100 a second.',
    ]);
    expect(logger.lines[0]).toEqual({
      level: 'info',
      message: 'batchInsert City: 100 of 1000 records, 100 a second.',
      context: {
        operation: 'batchInsert',
        name: 'City',
        processed: 100,
        total: 1000,
        failed: 0,
        skipped: 0,
        individually: 0,
        elapsedMs: 1000,
        recordsPerSecond: 100,
        remainingMs: 9000,
      },
    });
  });

  it('does not tell a total that is not known', () => {
    clock.advance(1500);
    call.progress(meter.progress({ processed: 300, failed: 0, skipped: 0, individually: 0 }, undefined));
    expect(logger.lines[0]?.message).toBe('batchInsert City: 300 records, 200 a second.');
  });

  it('ends with totals and rate', () => {
    advance(999, 900);
    clock.advance(1);
    call.retried(deadlockNote);
    call.end({ total: 1000, successful: 990, failed: 4, skipped: 6 });
    expect(logger.lines).toEqual([
      {
        level: 'info',
        message: 'batchInsert City ended: 990 records successful, 4 failed, 6 skipped, 1000 a second.',
        context: {
          operation: 'batchInsert',
          name: 'City',
          total: 1000,
          processed: 1000,
          successful: 990,
          failed: 4,
          skipped: 6,
          retries: 1,
          elapsedMs: 1000,
          recordsPerSecond: 1000,
        },
      },
    ]);
  });

  it('warns of a call that failed', () => {
    call.retried(deadlockNote);
    call.retried(deadlockNote);
    clock.advance(500);
    call.end({ total: 1000, successful: 0, failed: 1, skipped: 0, error: duplicate });
    expect(logger.lines).toEqual([
      {
        level: 'warn',
        message: 'batchInsert City failed after 2 retries: UNO_CONSTRAINT.',
        context: {
          operation: 'batchInsert',
          name: 'City',
          total: 1000,
          processed: 1,
          successful: 0,
          failed: 1,
          skipped: 0,
          retries: 2,
          elapsedMs: 500,
          recordsPerSecond: 2,
          code: 'UNO_CONSTRAINT',
          sqlstate: '23505',
          reason: 'city violates city_pkey.',
        },
      },
    ]);
  });

  it('does not tell the message of an error that is not of uno', () => {
    call.end({ total: 1000, successful: 0, failed: 0, skipped: 0, error: new RangeError('secret') });
    expect(logger.lines[0]?.message).toBe('batchInsert City failed: RangeError.');
    expect(JSON.stringify(logger.lines)).not.toContain('secret');
  });
});
