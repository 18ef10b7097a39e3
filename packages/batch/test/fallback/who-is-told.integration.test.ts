import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type BatchConfig, BatchOperations, BatchOperationsPort } from '@uno/batch';
import { type BatchProgress, UnoContext, UnoDBRepository } from '@uno/domain';
import { KeepingLogger } from '../metrics/support/keeping-logger.js';
import { openTestContext, type TestContext } from '../support/test-context.js';
import { someTowns, towns } from '../support/town.js';
import { acceptMany, refuseMany } from './support/only-one.js';
import { thirty } from './support/writes.js';

let test: TestContext;
let logger: KeepingLogger;
const emitWarning = jest.spyOn(process, 'emitWarning').mockReturnValue();

beforeAll(async () => {
  test = await openTestContext([towns]);
});
afterAll(async () => {
  emitWarning.mockRestore();
  await test.close();
});

beforeEach(async () => {
  await acceptMany(test);
  await test.run('truncate town restart identity');
  logger = new KeepingLogger();
  emitWarning.mockClear();
});

function operationsWith(config: BatchConfig = { logger }): BatchOperations<typeof towns> {
  return new BatchOperations({ table: towns, db: test.db, config: { batchSize: 10, ...config } });
}

describe('a chunk that was done one by one', () => {
  beforeEach(() => refuseMany(test, 'population = 15'));

  it('is counted in the result, and in the progress from then on', async () => {
    const progress: BatchProgress[] = [];
    const result = await operationsWith().batchInsert(thirty, { onProgress: (one) => progress.push(one) });
    expect(result.individually).toBe(10);
    expect(progress.map(({ processed, individually }) => [processed, individually])).toEqual([
      [10, 0],
      [20, 10],
      [30, 10],
    ]);
  });

  it('is told to the logger, with why and without contents of records', async () => {
    await operationsWith().batchInsert(thirty);
    expect(logger.lines).toEqual([
      {
        level: 'warn',
        context: {
          operation: 'batchInsert',
          name: 'Town',
          records: 10,
          code: 'UNO_STATEMENT',
          sqlstate: '0A000',
          reason: 'refused 10 rows at a time (SQLSTATE 0A000)',
        },
        message: 'batchInsert Town: records go one by one, because the set-based way broke: UNO_STATEMENT.',
      },
    ]);
    expect(emitWarning).not.toHaveBeenCalled();
  });

  it('is counted in the metrics', async () => {
    const operations = operationsWith();
    await operations.batchInsert(thirty);
    expect(operations.getMetrics().total).toMatchObject({
      fallbacks: 1,
      recordsIndividually: 10,
      recordsSuccessful: 30,
      recordsFailed: 0,
      chunks: 3,
      errorsTotal: 0,
      retries: 0,
    });
  });
});

describe('every chunk that was done one by one', () => {
  beforeEach(() => refuseMany(test));

  it('is a line of its own for the logger', async () => {
    await operationsWith().batchInsert(thirty, { atomicity: 'chunk' });
    expect(logger.lines.map(({ context }) => context)).toMatchObject([
      { records: 10 },
      { records: 10 },
      { records: 10 },
    ]);
  });

  it('is counted by itself in the metrics', async () => {
    const operations = operationsWith();
    await operations.batchInsert(thirty.slice(0, 25));
    expect(operations.getMetrics().total).toMatchObject({ fallbacks: 3, recordsIndividually: 25 });
  });

  it('is one warning of the process for each call without a logger', async () => {
    const operations = operationsWith({});
    await operations.batchInsert(thirty);
    await operations.batchDelete(thirty.map(({ id }) => id));
    const detail =
      '10 records. Further fallbacks of this call are not told without a logger. ' +
      'Reason: UNO_STATEMENT 0A000 refused 10 rows at a time (SQLSTATE 0A000)';
    const options = { type: 'UnoWarning', code: 'UNO_FALLBACK', detail };
    expect(emitWarning.mock.calls).toEqual([
      ['batchInsert Town: records go one by one, because the set-based way broke: UNO_STATEMENT.', options],
      ['batchDelete Town: records go one by one, because the set-based way broke: UNO_STATEMENT.', options],
    ]);
  });
});

describe('a call that works as it should', () => {
  it('tells nobody anything', async () => {
    const operations = operationsWith();
    const result = await operations.batchInsert(thirty);
    expect(result.individually).toBe(0);
    expect(logger.lines).toEqual([]);
    expect(emitWarning).not.toHaveBeenCalled();
    expect(operations.getMetrics().total).toMatchObject({ fallbacks: 0, recordsIndividually: 0 });
  });

  it('does not fall back for a single record, which is as plain as can be', async () => {
    await refuseMany(test);
    expect(await operationsWith().batchInsert(thirty, { batchSize: 1 })).toMatchObject({ individually: 0 });
    expect(logger.lines).toEqual([]);
  });
});

describe('a call that was done one by one because the operations themselves broke', () => {
  /** A port with a defect. */
  class Broken extends BatchOperationsPort {
    override operations(): never {
      throw new TypeError('a secret');
    }
  }

  function repositoryWith(port: Broken): UnoDBRepository<typeof towns> {
    return new UnoDBRepository(new UnoContext({ db: test.db, batch: port }), towns);
  }

  const twice = [...someTowns(4), ...someTowns(1)];

  it('is in the metrics, and the logger is told, but not what the records hold', async () => {
    const port = new Broken({ logger });
    const result = await repositoryWith(port).batchAdd(twice, { outcomes: true, onRecordError: 'skip' });
    expect(result).toMatchObject({ inserted: 4, failed: 1, individually: 4 });
    expect(port.getMetrics().operations['batchInsert']).toMatchObject({
      ...{ calls: 1, callsFailed: 0, recordsTotal: 5, recordsSuccessful: 4, recordsFailed: 1 },
      ...{ fallbacks: 1, recordsIndividually: 5 },
    });
    expect(logger.lines).toEqual([
      {
        level: 'warn',
        context: expect.objectContaining({ operation: 'batchInsert', name: 'Town', records: 5, code: 'TypeError' }),
        message: 'batchInsert Town: records go one by one, because the set-based way broke: TypeError.',
      },
    ]);
    expect(JSON.stringify(logger.lines)).not.toContain('secret');
    expect(emitWarning).not.toHaveBeenCalled();
  });

  it('is in the metrics, too, when that fails', async () => {
    const port = new Broken({ logger });
    await expect(repositoryWith(port).batchAdd(twice)).rejects.toMatchObject({ index: 4 });
    expect(port.getMetrics().operations['batchInsert']).toMatchObject({
      ...{ calls: 1, callsFailed: 1, recordsTotal: 5, recordsSuccessful: 0, fallbacks: 1 },
    });
  });

  it('is a warning of the process where there is no logger', async () => {
    await repositoryWith(new Broken()).batchGet([1, 2]);
    expect(emitWarning.mock.calls).toEqual([
      [
        'batchGet Town: records go one by one, because the set-based way broke: TypeError.',
        expect.objectContaining({ code: 'UNO_FALLBACK' }),
      ],
    ]);
  });

  it('goes by what is configured for batches', async () => {
    const preProcess = (record: object) => ({ ...record, name: 'changed' });
    const [town] = await repositoryWith(new Broken({ logger, preProcess })).batchAdd(someTowns(1));
    expect(town?.name).toBe('changed');
  });
});
