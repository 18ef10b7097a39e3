import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { metrics } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { beginCall, idleRecorder } from '../../src/metrics/call-recorder.js';
import { instrumentListener } from '../../src/telemetry/instruments.js';
import { deadlockNote, duplicate, insertCities, lostNote, ManualClock } from '../metrics/support/calls.js';
import { CollectingReader } from './support/collecting-reader.js';

const operation = { 'db.operation.name': 'batchInsert' };
const end = { total: 1000, successful: 1000, failed: 0, skipped: 0 };

function register(): CollectingReader {
  const reader = new CollectingReader();
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  return reader;
}

afterEach(() => metrics.disable());

describe('the metrics of calls', () => {
  it('count records, statements and retries, and measure calls', async () => {
    const reader = register();
    const clock = new ManualClock();
    const call = beginCall(insertCities, [instrumentListener], clock);
    call.statement(1200);
    call.statement(1200);
    call.retried(deadlockNote);
    call.retried(deadlockNote);
    call.retried(lostNote);
    clock.advance(2500);
    call.end({ total: 1000, successful: 990, failed: 10, skipped: 0 });
    beginCall(insertCities, [instrumentListener], clock).end({ ...end, successful: 10, error: duplicate });
    beginCall({ ...insertCities, operation: 'batchDelete' }, [instrumentListener], clock).end({ ...end, skipped: 5 });
    const told = await reader.read();
    expect(told['uno.batch.records']).toEqual({
      unit: '{record}',
      points: [
        { attributes: { ...operation, 'uno.batch.record.status': 'successful' }, value: 1000 },
        { attributes: { ...operation, 'uno.batch.record.status': 'failed' }, value: 10 },
        { attributes: { 'db.operation.name': 'batchDelete', 'uno.batch.record.status': 'successful' }, value: 1000 },
        { attributes: { 'db.operation.name': 'batchDelete', 'uno.batch.record.status': 'skipped' }, value: 5 },
      ],
    });
    expect(told['uno.batch.statements']).toEqual({
      unit: '{statement}',
      points: [{ attributes: operation, value: 2 }],
    });
    expect(told['uno.batch.retries']).toEqual({
      unit: '{retry}',
      points: [
        { attributes: { ...operation, 'error.type': 'UNO_DEADLOCK', 'db.response.status_code': '40P01' }, value: 2 },
        { attributes: { ...operation, 'error.type': 'UNO_CONNECTION' }, value: 1 },
      ],
    });
    expect(told['uno.batch.call.duration']).toMatchObject({
      unit: 's',
      points: [
        {
          attributes: operation,
          value: {
            count: 1,
            sum: 2.5,
            buckets: { boundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600] },
          },
        },
        { attributes: { ...operation, 'error.type': 'UNO_CONSTRAINT' }, value: { count: 1, sum: 0 } },
        { attributes: { 'db.operation.name': 'batchDelete' }, value: { count: 1, sum: 0 } },
      ],
    });
  });

  it('go to the provider that is registered when a call begins', async () => {
    expect(beginCall(insertCities, [instrumentListener])).toBe(idleRecorder);
    const first = register();
    beginCall(insertCities, [instrumentListener]).end(end);
    metrics.disable();
    expect(beginCall(insertCities, [instrumentListener])).toBe(idleRecorder);
    const second = register();
    beginCall(insertCities, [instrumentListener]).end(end);
    beginCall(insertCities, [instrumentListener]).end(end);
    const points = (records: number) => [
      { attributes: { ...operation, 'uno.batch.record.status': 'successful' }, value: records },
    ];
    expect((await first.read())['uno.batch.records']?.points).toEqual(points(1000));
    expect((await second.read())['uno.batch.records']?.points).toEqual(points(2000));
  });

  it('are made once for a provider', () => {
    register();
    const getMeter = jest.spyOn(metrics.getMeterProvider(), 'getMeter');
    beginCall(insertCities, [instrumentListener]).end(end);
    beginCall(insertCities, [instrumentListener]).end(end);
    expect(getMeter).toHaveBeenCalledTimes(1);
  });
});
