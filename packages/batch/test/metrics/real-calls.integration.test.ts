import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { metrics, trace } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { type BatchConfig, BatchMetrics, BatchOperations, BatchOperationsPort } from '@uno/batch';
import { UnoContext, UnoDBRepository } from '@uno/domain';
import { failTimes, heal } from '../config/support/failing-table.js';
import { sent } from '../config/support/sent.js';
import { refuseMany } from '../fallback/support/only-one.js';
import { openTestContext, type TestContext } from '../support/test-context.js';
import { someTowns, towns } from '../support/town.js';
import { CollectingReader } from '../telemetry/support/collecting-reader.js';

let test: TestContext;
const logger = { info: () => undefined, warn: () => undefined };

beforeAll(async () => {
  test = await openTestContext([towns]);
});
afterAll(() => test.close());
beforeEach(async () => {
  await test.run('drop function if exists only_one() cascade');
  await heal(test);
});

function operationsWith(config?: BatchConfig): BatchOperations<typeof towns> {
  return new BatchOperations({
    table: towns,
    db: test.db,
    config: { batchSize: 10, retryDelayMs: 0, logger, ...config },
  });
}

const ids = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
/** 25 towns, of which the 13th and the 22nd have the name of the first. */
const twoBad = someTowns(25).map((town, i) => (i === 12 || i === 21 ? { ...town, name: 'town 0' } : town));

describe('getMetrics', () => {
  it('counts what calls of every operation did', async () => {
    const operations = operationsWith();
    await operations.batchInsert(someTowns(25));
    await operations.batchInsert(someTowns(5, 25));
    await operations.batchUpdate(ids(35).map((id) => ({ id, population: 1 })));
    await operations.batchUpsert(ids(15).map((id) => ({ id, name: `town ${id - 1}`, country: 'FR', population: 1 })));
    await operations.batchDelete([...ids(10), 99, 98]);
    await operations.batchGet(ids(21));
    const { total, operations: byOperation } = operations.getMetrics();
    expect(byOperation['batchInsert']).toMatchObject({
      ...{ calls: 2, callsFailed: 0, recordsTotal: 30, recordsProcessed: 30, recordsSuccessful: 30 },
      ...{ recordsFailed: 0, recordsSkipped: 0, statements: 4, chunks: 4, successRate: 1 },
      chunkSize: { min: 5, mean: 7.5, max: 10 },
    });
    expect(byOperation['batchUpdate']).toMatchObject({
      ...{ calls: 1, recordsTotal: 35, recordsSuccessful: 30, recordsSkipped: 5, statements: 4, chunks: 4 },
      successRate: 30 / 35,
    });
    // Rows that were as asked are as good as written.
    expect(byOperation['batchUpsert']).toMatchObject({ calls: 1, recordsSuccessful: 15, statements: 2, chunks: 2 });
    expect(byOperation['batchDelete']).toMatchObject({ calls: 1, recordsSuccessful: 10, recordsSkipped: 2, chunks: 2 });
    expect(byOperation['batchGet']).toMatchObject({ calls: 1, recordsSuccessful: 21, statements: 3, chunks: 3 });
    expect(total).toMatchObject({
      calls: 6,
      recordsTotal: 113,
      statements: 15,
      chunks: 15,
      errorsTotal: 0,
      retries: 0,
    });
    expect(total.statements).toBe(sent(test).length);
    expect(total.elapsedMs).toBeGreaterThan(0);
    expect(total.recordsPerSecond).toBeCloseTo(113_000 / total.elapsedMs, 6);
  });

  it('counts bytes: more for more records, the total being the sum of all operations', async () => {
    const operations = operationsWith();
    await operations.batchInsert(someTowns(10));
    const first = operations.getMetrics().total.bytesSent;
    // At least the names and populations, and not much more than ten times that.
    const contents = someTowns(10).reduce((sum, town) => sum + `${town.name},${town.country}`.length, 0);
    expect(first).toBeGreaterThan(contents);
    expect(first).toBeLessThan(10 * contents);
    await operations.batchInsert(someTowns(100, 10));
    const second = operations.getMetrics().total.bytesSent - first;
    expect(second).toBeGreaterThan(5 * first);
    await operations.batchGet(ids(10));
    const { total, operations: each } = operations.getMetrics();
    expect(Object.values(each).reduce((sum, { bytesSent }) => sum + bytesSent, 0)).toBe(total.bytesSent);
  });

  it('counts the records that were left out, with why', async () => {
    const operations = operationsWith();
    await operations.batchInsert(twoBad, { onRecordError: 'skip' });
    const { total } = operations.getMetrics();
    expect(total).toMatchObject({
      ...{ calls: 1, callsFailed: 0, recordsTotal: 25, recordsProcessed: 25, recordsSuccessful: 23, recordsFailed: 2 },
      ...{ successRate: 23 / 25, errorsTotal: 2, chunks: 3 },
      errors: [
        { operation: 'batchInsert', index: 12, code: 'UNO_CONSTRAINT', sqlstate: '23505' },
        { operation: 'batchInsert', index: 21, code: 'UNO_CONSTRAINT', sqlstate: '23505' },
      ],
    });
    expect(JSON.stringify(total.errors)).not.toContain('town 0');
    expect(total.statements).toBe(sent(test, 'insert').length);
  });

  it('counts a call that failed, of which nothing is written', async () => {
    const operations = operationsWith();
    await operations.batchInsert(twoBad).catch(() => undefined);
    const { total } = operations.getMetrics();
    expect(total).toMatchObject({
      ...{ calls: 1, callsFailed: 1, recordsTotal: 25, recordsProcessed: 0, recordsSuccessful: 0, recordsFailed: 0 },
      errorsTotal: 1,
      errors: [{ operation: 'batchInsert', index: 12, code: 'UNO_BATCH', sqlstate: '23505' }],
    });
    expect(total.statements).toBe(sent(test, 'insert').length);
  });

  it('counts what a call that failed has written all the same', async () => {
    const operations = operationsWith();
    await operations.batchInsert(twoBad, { atomicity: 'chunk' }).catch(() => undefined);
    expect(operations.getMetrics().total).toMatchObject({
      ...{ calls: 1, callsFailed: 1, recordsTotal: 25, recordsProcessed: 10, recordsSuccessful: 10, chunks: 1 },
      successRate: 1,
    });
  });

  it.each(['chunked', 'single_query', 'pipelined', 'parallel', 'optimistic'] as const)(
    'counts records that were taken from a source that failed, under %s',
    async (strategy) => {
      const source = function* () {
        yield* someTowns(7);
        throw new Error('no more');
      };
      const operations = operationsWith();
      await expect(operations.batchInsert(source(), { strategy })).rejects.toMatchObject({ code: 'UNO_CALLBACK' });
      expect(operations.getMetrics().total).toMatchObject({ callsFailed: 1, recordsTotal: 7, recordsProcessed: 0 });
    },
  );

  it.each(['chunked', 'single_query', 'optimistic'] as const)(
    'counts records of a stream that were read before one of them was found to be wrong, under %s',
    async (strategy) => {
      const records = someTowns(7).map((town, i) => (i === 5 ? { ...town, nmae: 'x' } : town));
      const operations = operationsWith();
      const failure = operations.batchInsert(records.values(), { strategy });
      await expect(failure).rejects.toMatchObject({ code: 'UNO_BATCH', index: 5, total: 7 });
      expect(operations.getMetrics().total).toMatchObject({ callsFailed: 1, recordsTotal: 7, recordsProcessed: 0 });
    },
  );

  it('counts a call with something that is no source', async () => {
    const operations = operationsWith();
    await expect(operations.batchInsert(new Date() as never)).rejects.toMatchObject({ code: 'UNO_VALIDATION' });
    expect(operations.getMetrics().total).toMatchObject({ calls: 1, callsFailed: 1, recordsTotal: 0 });
  });

  it('counts retries by SQLSTATE', async () => {
    const operations = operationsWith();
    await failTimes(test, 2, '40001');
    await operations.batchInsert(someTowns(5));
    await heal(test);
    await failTimes(test, 1, '55P03');
    await operations.batchInsert(someTowns(5));
    await heal(test);
    await failTimes(test, 9, '40P01');
    await operations.batchInsert(someTowns(5)).catch(() => undefined);
    expect(operations.getMetrics().total).toMatchObject({
      retries: 2 + 1 + 3,
      retriesBySqlstate: { '40001': 2, '55P03': 1, '40P01': 3 },
      ...{ calls: 3, callsFailed: 1, recordsSuccessful: 10, recordsTotal: 15 },
    });
  });

  it('counts fallbacks, and the statements of single records', async () => {
    const operations = operationsWith();
    await refuseMany(test, 'population = 15');
    test.statements.length = 0;
    await operations.batchInsert(someTowns(25));
    const { total } = operations.getMetrics();
    expect(total).toMatchObject({ fallbacks: 1, recordsIndividually: 10, chunks: 3, recordsSuccessful: 25 });
    expect(total.statements).toBe(sent(test, 'insert').length);
  });

  it('is empty for nothing, and a frozen copy of its time', async () => {
    const operations = operationsWith();
    const before = operations.getMetrics();
    await operations.batchInsert(someTowns(3));
    expect(before).toEqual(new BatchMetrics().snapshot());
    expect(Object.isFrozen(operations.getMetrics().total)).toBe(true);
  });
});

describe('getMetrics of the port', () => {
  it('counts all repositories and calls together', async () => {
    const port = new BatchOperationsPort({ batchSize: 10 });
    const repository = new UnoDBRepository(new UnoContext({ db: test.db, batch: port }), towns);
    const other = new UnoDBRepository(new UnoContext({ db: test.db, batch: port }), towns);
    await repository.batchAdd(someTowns(15));
    await other.batchAdd(someTowns(5, 15));
    await other.batchGet(ids(4));
    await repository.batchRemove([1, 2, 99]);
    await repository.batchAdd(someTowns(3), { useBatchOperations: false }).catch(() => undefined);
    const { total, operations } = port.getMetrics();
    expect(total).toMatchObject({ calls: 4, recordsTotal: 27, recordsSuccessful: 26, recordsSkipped: 1 });
    expect(operations['batchInsert']).toMatchObject({ calls: 2, recordsSuccessful: 20, chunks: 3 });
  });

  it('stays empty where metrics are not collected', async () => {
    const port = new BatchOperationsPort({ collectMetrics: false });
    const repository = new UnoDBRepository(new UnoContext({ db: test.db, batch: port }), towns);
    await repository.batchAdd(someTowns(15));
    await repository.batchAdd(someTowns(15)).catch(() => undefined);
    expect(port.getMetrics()).toEqual(new BatchMetrics().snapshot());
  });
});

describe('others who listen to real calls', () => {
  it('hear of them through the diagnostics channels, even where metrics are not collected', async () => {
    const channels = ['start', 'chunk', 'retry', 'fallback', 'failure', 'end'].map((name) => `uno:batch:${name}`);
    const told: [string | symbol, unknown][] = [];
    const keep = (message: unknown, name: string | symbol) => void told.push([name, message]);
    await failTimes(test, 1);
    await refuseMany(test, 'population = 5');
    for (const name of channels) subscribe(name, keep);
    try {
      await operationsWith({ collectMetrics: false }).batchInsert(twoBad, { onRecordError: 'skip' });
    } finally {
      for (const name of channels) unsubscribe(name, keep);
    }
    expect(told.map(([name]) => String(name).slice('uno:batch:'.length))).toEqual([
      ...['start', 'retry', 'fallback', 'chunk', 'chunk', 'chunk', 'failure', 'failure', 'end'],
    ]);
    expect(told.at(-1)?.[1]).toMatchObject({
      call: { operation: 'batchInsert', name: 'Town', table: 'town', total: 25, atomicity: 'all', strategy: 'chunked' },
      end: { total: 25, successful: 23, failed: 2, skipped: 0, error: undefined },
    });
  });

  it('get a span and measurements by OpenTelemetry', async () => {
    const exporter = new InMemorySpanExporter();
    const reader = new CollectingReader();
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
    try {
      const operations = operationsWith();
      await operations.batchInsert(twoBad, { onRecordError: 'skip' });
      await operations.batchInsert(twoBad).catch(() => undefined);
      const { statements } = operations.getMetrics().total;
      const [good, bad, ...more] = exporter.getFinishedSpans();
      expect(more).toEqual([]);
      expect(good?.attributes).toMatchObject({
        'db.system.name': 'postgresql',
        'db.operation.name': 'batchInsert',
        'db.collection.name': 'town',
        'db.operation.batch.size': 25,
        'uno.batch.records.successful': 23,
        'uno.batch.records.failed': 2,
        'uno.batch.chunks': 3,
      });
      expect(bad?.attributes).toMatchObject({ 'error.type': 'UNO_BATCH', 'db.response.status_code': '23505' });
      const read = await reader.read();
      expect(read['uno.batch.statements']?.points.map(({ value }) => value)).toEqual([statements]);
      expect(read['uno.batch.records']?.points.map(({ value }) => value)).toEqual([23, 2]);
    } finally {
      trace.disable();
      metrics.disable();
    }
  });

  it('get the end of a span for a call that takes no records at all', async () => {
    const exporter = new InMemorySpanExporter();
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    try {
      await operationsWith()
        .batchInsert(new Date() as never)
        .catch(() => undefined);
      await operationsWith().batchInsert([]);
      await operationsWith()
        .batchInsert(someTowns(1), { signal: AbortSignal.abort() })
        .catch(() => undefined);
      expect(exporter.getFinishedSpans().map(({ attributes }) => attributes['error.type'])).toEqual([
        'UNO_VALIDATION',
        undefined,
        'UNO_CANCELED',
      ]);
    } finally {
      trace.disable();
    }
  });
});
