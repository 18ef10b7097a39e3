import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { metrics as metricsApi, trace } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { BatchMetrics } from '../../src/metrics/batch-metrics.js';
import { openCall } from '../../src/metrics/open-call.js';
import { CollectingReader } from '../telemetry/support/collecting-reader.js';
import { deadlockNote, duplicate, insertCities, lostNote, ManualClock } from './support/calls.js';
import { KeepingLogger } from './support/keeping-logger.js';

const end = { total: 1000, successful: 1000, failed: 0, skipped: 0 };

describe('openCall', () => {
  const emitWarning = jest.spyOn(process, 'emitWarning');
  beforeEach(() => {
    emitWarning.mockReset().mockReturnValue();
  });
  afterEach(() => {
    emitWarning.mockReset();
  });

  it('counts with the clock that it is given', () => {
    const metrics = new BatchMetrics();
    const clock = new ManualClock();
    const call = openCall(insertCities, { metrics, clock });
    clock.advance(40);
    call.end(end);
    expect(metrics.snapshot().total).toMatchObject({ calls: 1, elapsedMs: 40, recordsPerSecond: 25_000 });
  });

  it('always tells OpenTelemetry and the diagnostics channels', async () => {
    const exporter = new InMemorySpanExporter();
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    const reader = new CollectingReader();
    metricsApi.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
    const published: unknown[] = [];
    const keep = (message: unknown) => {
      published.push(message);
    };
    subscribe('uno:batch:start', keep);
    try {
      openCall(insertCities).end(end);
    } finally {
      unsubscribe('uno:batch:start', keep);
      metricsApi.disable();
      trace.disable();
    }
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['batchInsert City']);
    expect(Object.keys(await reader.read())).toEqual(['uno.batch.records', 'uno.batch.call.duration']);
    expect(published).toEqual([{ call: insertCities }]);
  });

  it('logs fallbacks and retries, but neither progress nor ends unless it is to', () => {
    const logger = new KeepingLogger();
    const call = openCall(insertCities, { logger });
    call.fellBack(500, duplicate);
    call.fellBack(250, new RangeError('secret'));
    call.retried(deadlockNote);
    call.retried(lostNote);
    call.end({ ...end, error: duplicate });
    const about = { operation: 'batchInsert', name: 'City' };
    expect(logger.lines).toEqual([
      {
        level: 'warn',
        message: 'batchInsert City: records go one by one, because the set-based way broke: UNO_CONSTRAINT.',
        context: {
          ...about,
          records: 500,
          code: 'UNO_CONSTRAINT',
          sqlstate: '23505',
          reason: 'city violates city_pkey.',
        },
      },
      {
        level: 'warn',
        message: 'batchInsert City: records go one by one, because the set-based way broke: RangeError.',
        context: { ...about, records: 250, code: 'RangeError', sqlstate: undefined, reason: undefined },
      },
      {
        level: 'warn',
        message: 'batchInsert City is tried again: UNO_DEADLOCK.',
        context: { ...about, code: 'UNO_DEADLOCK', sqlstate: '40P01', delayMs: 12.5 },
      },
      {
        level: 'warn',
        message: 'batchInsert City is tried again: UNO_CONNECTION.',
        context: { ...about, code: 'UNO_CONNECTION', sqlstate: undefined, delayMs: 50 },
      },
    ]);
    expect(emitWarning).not.toHaveBeenCalled();
  });

  it('logs the end, too, when it is to', () => {
    const logger = new KeepingLogger();
    const clock = new ManualClock();
    const call = openCall(insertCities, { logger, logProgress: true, clock });
    clock.advance(500);
    call.end(end);
    expect(logger.lines.map(({ message }) => message)).toEqual([
      'batchInsert City ended: 1000 records successful, 0 failed, 0 skipped, 2000 a second.',
    ]);
  });

  it('makes the first fallback of each call a warning of the process where there is no logger', () => {
    for (let calls = 0; calls < 2; calls++) {
      const call = openCall(insertCities, { logProgress: true });
      call.retried(deadlockNote);
      call.fellBack(500, duplicate);
      call.fellBack(500, duplicate);
      call.end(end);
    }
    const warning = [
      'batchInsert City: records go one by one, because the set-based way broke: UNO_CONSTRAINT.',
      {
        type: 'UnoWarning',
        code: 'UNO_FALLBACK',
        detail:
          '500 records. Further fallbacks of this call are not told without a logger. Reason: UNO_CONSTRAINT 23505 city violates city_pkey.',
      },
    ];
    expect(emitWarning.mock.calls).toEqual([warning, warning]);
  });
});
