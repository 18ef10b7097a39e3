import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { beginCall, idleRecorder } from '../../src/metrics/call-recorder.js';
import { spanListener } from '../../src/telemetry/spans.js';
import { deadlockNote, duplicate, insertCities, lostNote } from '../metrics/support/calls.js';

const exporter = new InMemorySpanExporter();

function register(sampler: Sampler): void {
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ sampler, spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
}

function theSpan(): ReadableSpan {
  const [span, ...others] = exporter.getFinishedSpans();
  if (span === undefined || others.length > 0) throw new Error(`1 span was expected, not ${others.length + 1}.`);
  return span;
}

afterEach(() => {
  trace.disable();
  exporter.reset();
});

describe('the span of a call', () => {
  beforeEach(() => register(new AlwaysOnSampler()));

  it('says what the call was and did', () => {
    const call = beginCall(insertCities, [spanListener]);
    call.statement(1200);
    call.chunk(500, 3);
    call.statement(800);
    call.chunk(500, 3);
    call.recordFailed({ index: 3, key: '30', error: duplicate });
    call.end({ total: 1000, successful: 990, failed: 4, skipped: 6 });
    const span = theSpan();
    expect(span.name).toBe('batchInsert City');
    expect(span.kind).toBe(SpanKind.CLIENT);
    expect(span.instrumentationScope.name).toBe('@uno/batch');
    expect(span.status).toEqual({ code: SpanStatusCode.UNSET });
    expect(span.events).toEqual([]);
    expect(span.ended).toBe(true);
    expect(span.attributes).toEqual({
      'db.system.name': 'postgresql',
      'db.operation.name': 'batchInsert',
      'db.collection.name': 'city',
      'db.operation.batch.size': 1000,
      'uno.name': 'City',
      'uno.batch.strategy': 'chunked',
      'uno.batch.size': 500,
      'uno.batch.atomicity': 'all',
      'uno.batch.records.processed': 1000,
      'uno.batch.records.successful': 990,
      'uno.batch.records.failed': 4,
      'uno.batch.records.skipped': 6,
      'uno.batch.records.individually': 0,
      'uno.batch.chunks': 2,
      'uno.batch.statements': 2,
      'uno.batch.bytes_sent': 2000,
      'uno.batch.retries': 0,
      'uno.batch.fallbacks': 0,
    });
  });

  it('has retries and fallbacks as events', () => {
    const call = beginCall(insertCities, [spanListener]);
    call.retried(deadlockNote);
    call.retried(lostNote);
    call.fellBack(500, duplicate);
    call.fellBack(250, new RangeError('secret'));
    call.end({ total: 1000, successful: 1000, failed: 0, skipped: 0 });
    const { events, attributes } = theSpan();
    expect(events.map(({ name, attributes: about }) => [name, about])).toEqual([
      ['uno.retry', { 'error.type': 'UNO_DEADLOCK', 'db.response.status_code': '40P01', 'uno.retry.delay_ms': 12.5 }],
      ['uno.retry', { 'error.type': 'UNO_CONNECTION', 'uno.retry.delay_ms': 50 }],
      [
        'uno.fallback',
        { 'error.type': 'UNO_CONSTRAINT', 'db.response.status_code': '23505', 'uno.batch.records.individually': 500 },
      ],
      ['uno.fallback', { 'error.type': 'RangeError', 'uno.batch.records.individually': 250 }],
    ]);
    expect(attributes).toMatchObject({
      'uno.batch.retries': 2,
      'uno.batch.fallbacks': 2,
      'uno.batch.records.individually': 750,
    });
  });

  it('fails with the call', () => {
    beginCall(insertCities, [spanListener]).end({
      total: 1000,
      successful: 0,
      failed: 1,
      skipped: 0,
      error: duplicate,
    });
    const { status, attributes, events } = theSpan();
    expect(status).toEqual({ code: SpanStatusCode.ERROR, message: 'city violates city_pkey.' });
    expect(attributes).toMatchObject({ 'error.type': 'UNO_CONSTRAINT', 'db.response.status_code': '23505' });
    expect(events.map(({ name, attributes: about }) => [name, about])).toEqual([
      [
        'exception',
        {
          'exception.type': 'UNO_CONSTRAINT',
          'exception.message': 'city violates city_pkey.',
          'exception.stacktrace': duplicate.stack,
        },
      ],
    ]);
  });

  it('does not tell the message of an error that is not of uno', () => {
    const error = new RangeError('secret');
    beginCall(insertCities, [spanListener]).end({ total: 1000, successful: 0, failed: 0, skipped: 0, error });
    const { status, attributes, events } = theSpan();
    expect(status).toEqual({ code: SpanStatusCode.ERROR });
    expect(attributes).toMatchObject({ 'error.type': 'RangeError' });
    expect(events.map(({ name, attributes: about }) => [name, about])).toEqual([
      ['exception', { 'exception.type': 'RangeError' }],
    ]);
  });

  it('learns at the end how many records there were where the beginning does not tell', () => {
    const { table: _, ...processor } = insertCities;
    const call = beginCall({ ...processor, total: undefined }, [spanListener]);
    call.end({ total: 7, successful: 7, failed: 0, skipped: 0 });
    expect(theSpan().attributes).toMatchObject({ 'db.operation.batch.size': 7 });
    expect(theSpan().attributes).not.toHaveProperty(['db.collection.name']);
  });

  it('is no batch with a single record, as the conventions have it', () => {
    const call = beginCall({ ...insertCities, total: 1 }, [spanListener]);
    call.end({ total: 1, successful: 1, failed: 0, skipped: 0 });
    expect(theSpan().attributes).not.toHaveProperty(['db.operation.batch.size']);
  });

  it('is a child of the span that is active where the call begins', () => {
    const parent = trace.getTracer('test').startSpan('parent');
    const active = parent.spanContext();
    context.setGlobalContextManager({
      active: () => trace.setSpanContext(ROOT_CONTEXT, active),
      with: (_, run, self, ...rest) => run.call(self, ...rest),
      bind: (_, target) => target,
      enable() {
        return this;
      },
      disable() {
        return this;
      },
    });
    beginCall(insertCities, [spanListener]).end({ total: 0, successful: 0, failed: 0, skipped: 0 });
    context.disable();
    expect(theSpan().parentSpanContext?.spanId).toBe(active.spanId);
  });
});

describe('without anybody who records spans', () => {
  it('nothing is told when there is no SDK', () => {
    expect(beginCall(insertCities, [spanListener])).toBe(idleRecorder);
  });

  it('nothing is told when the call is not sampled', () => {
    register(new AlwaysOffSampler());
    expect(beginCall(insertCities, [spanListener])).toBe(idleRecorder);
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it('calls that begin after an SDK was registered are told', () => {
    beginCall(insertCities, [spanListener]);
    register(new AlwaysOnSampler());
    beginCall(insertCities, [spanListener]).end({ total: 0, successful: 0, failed: 0, skipped: 0 });
    expect(theSpan().name).toBe('batchInsert City');
  });
});
