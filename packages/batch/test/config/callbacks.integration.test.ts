import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type BatchConfig, BatchOperations } from '@uno/batch';
import { type BatchWriteOptions, CallbackError, type RecordName, type RecordOutcome } from '@uno/domain';
import type { UnoError } from '@uno/postgres';
import { batchErrorOf, failureOf } from '../support/failure-of.js';
import { openTestContext, type TestContext } from '../support/test-context.js';
import { someTowns, Town, towns } from '../support/town.js';
import { failTimes, heal } from './support/failing-table.js';
import { names, sent } from './support/sent.js';

let test: TestContext;

beforeAll(async () => {
  test = await openTestContext([towns]);
});
afterAll(() => test.close());
beforeEach(() => heal(test));

function operationsWith(config: BatchConfig): BatchOperations<typeof towns> {
  return new BatchOperations({ table: towns, db: test.db, config: { batchSize: 5, retryDelayMs: 0, ...config } });
}

const twenty = someTowns(20);
const nameOf = (record: object) => ('name' in record ? String(record.name) : '');
const stop = new Error('stop');
/** Throws for one town, at once or as a promise. */
const throwsAt = (name: string) => (record: object) => {
  if (nameOf(record) === name) throw stop;
  return record;
};

/** Ways to throw in a function of the caller's. */
const throwing: [string, () => never][] = [
  [
    'at once',
    () => {
      throw stop;
    },
  ],
  ['as a promise', () => Promise.reject(stop) as never],
];

describe('preProcess', () => {
  it('gives the record to write, is told the position, and leaves the input alone', async () => {
    const positions: number[] = [];
    const preProcess = (record: object, index: number) => {
      positions.push(index);
      return { ...record, name: `${nameOf(record)}!` };
    };
    const records = someTowns(7).map((town) => Object.freeze(town));
    await operationsWith({ preProcess }).batchInsert(records);
    expect(positions).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(await names(test)).toEqual(records.map(({ name }) => `${name}!`));
  });

  it('may be async, and keeps the order', async () => {
    const preProcess = async (record: object, index: number) => {
      // The later, the sooner.
      for (let i = index; i < 10; i++) await Promise.resolve();
      return record;
    };
    await operationsWith({ preProcess }).batchInsert(someTowns(10));
    expect(await names(test)).toEqual(someTowns(10).map(({ name }) => name));
  });

  it.each<[string, BatchWriteOptions]>([
    ['chunked', {}],
    ['parallel', { parallel: true }],
    ['pipelined', { strategy: 'pipelined' }],
  ])('leaves out the records for which it gives null, which count as skipped: %s', async (_, options) => {
    const preProcess = (record: object, index: number) => (index % 3 === 0 ? null : record);
    const result = await operationsWith({ preProcess }).batchInsert(twenty, { ...options, outcomes: true });
    expect(result).toMatchObject({ total: 20, inserted: 13, skipped: 7, failed: 0 });
    expect(result.outcomes.filter(({ status }) => status === 'skipped').map(({ index }) => index)).toEqual([
      0, 3, 6, 9, 12, 15, 18,
    ]);
  });

  it('is called for inserts, updates and upserts, not for keys', async () => {
    let calls = 0;
    const preProcess = (record: object) => {
      calls++;
      return record;
    };
    const operations = operationsWith({ preProcess });
    await operations.batchInsert([{ name: 'a' }]);
    await operations.batchUpdate([{ id: 1, name: 'b' }]);
    await operations.batchUpsert([{ id: 1, name: 'c' }]);
    expect(calls).toBe(3);
    await operations.batchGet([1]);
    await operations.batchDelete([1]);
    expect(calls).toBe(3);
  });

  it('is called once for a record, however often its transaction is repeated', async () => {
    await failTimes(test, 2);
    const preProcess = jest.fn((record: object) => record);
    await operationsWith({ preProcess }).batchInsert(twenty);
    expect(preProcess).toHaveBeenCalledTimes(20);
  });

  it('fails its record with what it throws', async () => {
    const operations = operationsWith({ preProcess: throwsAt('town 7') });
    const failure = await batchErrorOf(operations.batchInsert(twenty));
    expect(failure).toMatchObject({ index: 7, cause: { code: 'UNO_CALLBACK', callback: 'preProcess', cause: stop } });
    expect(failure.cause).toBeInstanceOf(CallbackError);
    expect(await names(test)).toEqual([]);
    const skipping = await operations.batchInsert(twenty, { onRecordError: 'skip' });
    expect(skipping).toMatchObject({ inserted: 19, failed: 1, failures: [{ index: 7, error: { cause: stop } }] });
  });

  it('is checked like a record of the caller when it gives something else', async () => {
    const preProcess = (record: object) => ({ ...record, nmae: 'x' });
    const failure = await batchErrorOf(operationsWith({ preProcess }).batchInsert(twenty));
    expect(failure).toMatchObject({ index: 0, cause: { code: 'UNO_VALIDATION' } });
    expect(sent(test)).toEqual([]);
  });
});

describe('postProcess', () => {
  it('is told of every record that was written, with its entity where entities are asked for', async () => {
    const told: [RecordOutcome, object | undefined][] = [];
    const operations = operationsWith({ postProcess: (...one) => void told.push(one) });
    await operations.batchInsert(someTowns(7), { returnModels: true });
    expect(told.map(([outcome]) => outcome)).toEqual(
      someTowns(7).map((_, index) => ({ index, key: `${index + 1}`, status: 'inserted' })),
    );
    expect(told.every(([, model]) => model instanceof Town)).toBe(true);
    expect(told.map(([, model]) => nameOf(model ?? {}))).toEqual(someTowns(7).map(({ name }) => name));
    told.length = 0;
    await operations.batchUpdate([{ id: 1, name: 'x' }]);
    expect(told).toEqual([[{ index: 0, key: '1', status: 'updated' }, undefined]]);
  });

  it('is not told of records that failed, or that preProcess left out', async () => {
    const told: number[] = [];
    const operations = operationsWith({
      preProcess: (record, index) => (index === 2 ? null : record),
      postProcess: ({ index }) => void told.push(index),
    });
    const records = someTowns(6).map((town, i) => (i === 4 ? { ...town, name: 'town 0' } : town));
    await operations.batchInsert(records, { onRecordError: 'skip' });
    expect(told).toEqual([0, 1, 3, 5]);
  });

  it('is called before the commit, in time to roll back, and again when the transaction is repeated', async () => {
    await failTimes(test, 1);
    const told: number[] = [];
    const operations = operationsWith({
      postProcess: async ({ index }) => {
        told.push(index);
        expect(await names(test)).toEqual([]);
      },
    });
    await operations.batchInsert(someTowns(10));
    expect(told).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await names(test)).toHaveLength(10);
  });
});

/** What fails a call when it throws in the middle of one. */
const throwingInTheMiddle: [string, (fail: () => never) => Configured][] = [
  [
    'postProcess',
    (fail) => ({ config: { postProcess: ({ index }) => (index === 11 ? fail() : undefined) }, call: {} }),
  ],
  [
    'onProgress',
    (fail) => ({ config: {}, call: { onProgress: ({ processed }) => (processed >= 15 ? fail() : undefined) } }),
  ],
];

interface Configured {
  readonly config: BatchConfig;
  readonly call: BatchWriteOptions;
}

describe.each(throwingInTheMiddle)('%s that throws', (name, configured) => {
  describe.each(throwing)('%s', (_, fail) => {
    const { config, call } = configured(fail);

    it.each(['chunked', 'pipelined', 'single_query', 'optimistic'] as const)(
      'fails the call with a CallbackError and rolls everything back under %s',
      async (strategy) => {
        const failure = await failureOf(
          operationsWith(config).batchInsert(twenty, { strategy, ...call }),
          CallbackError,
        );
        expect(failure).toMatchObject({ code: 'UNO_CALLBACK', callback: name, cause: stop, retry: 'never' });
        expect(await names(test)).toEqual([]);
      },
    );

    it('rolls a single statement back, too', async () => {
      const onProgress = call.onProgress && fail;
      const postProcess = config.postProcess && fail;
      await failureOf(operationsWith({ postProcess }).batchInsert(someTowns(2), { onProgress }), CallbackError);
      expect(await names(test)).toEqual([]);
    });

    it.each<[string, BatchWriteOptions]>([
      ['chunk by chunk', { atomicity: 'chunk' }],
      ['in a pipeline, chunk by chunk', { atomicity: 'chunk', strategy: 'pipelined' }],
      ['side by side', { parallel: true }],
    ])('says what is written all the same: %s', async (_way, options) => {
      const failure = await batchErrorOf(operationsWith(config).batchInsert(twenty, { ...options, ...call }));
      expect(failure.cause).toMatchObject({ callback: name, cause: stop });
      expect(failure.index).toBeUndefined();
      const written = [...failure.written].map((index) => `town ${index}`);
      expect((await names(test)).toSorted()).toEqual(written.toSorted());
      // The chunk that it was told of was committed before.
      expect(written.length).toBeGreaterThanOrEqual(15);
    });

    it('leaves the transaction of the caller usable, without the call', async () => {
      await test.db.transaction().execute(async (db) => {
        const inside = new BatchOperations({ table: towns, db, config: { batchSize: 5, ...config } });
        await inside.batchUpdate([{ id: 1, name: 'nothing' }]);
        await failureOf(inside.batchInsert(twenty, call), CallbackError);
        await new BatchOperations({ table: towns, db }).batchInsert([{ name: 'after' }]);
      });
      expect(await names(test)).toEqual(['after']);
    });
  });
});

describe('onError', () => {
  const threeBad = twenty.map((town, i) => (i > 16 ? { ...town, name: 'town 0' } : town));

  it.each<[string, BatchWriteOptions]>([
    ['in one transaction', {}],
    ['chunk by chunk', { atomicity: 'chunk' }],
    ['side by side', { parallel: true }],
    ['in a pipeline', { strategy: 'pipelined' }],
    ['at once', { strategy: 'single_query' }],
  ])('is told once of every record that is left out, when it is certain: %s', async (_, options) => {
    await failTimes(test, 1);
    const told: [string, number | undefined][] = [];
    let stored: Promise<string[]> | undefined;
    const onError: BatchConfig['onError'] = (error, record) => {
      told.push([error.code, record?.index]);
      stored ??= names(test);
    };
    await operationsWith({ onError }).batchInsert(threeBad, { ...options, onRecordError: 'skip' });
    expect(told).toEqual([
      ['UNO_CONSTRAINT', 17],
      ['UNO_CONSTRAINT', 18],
      ['UNO_CONSTRAINT', 19],
    ]);
    expect(await stored).toContain('town 16');
  });

  it('is told of nothing that was rolled back but why the call ended, once, with the record at fault', async () => {
    const told: [UnoError, RecordName | undefined][] = [];
    const operations = operationsWith({ onError: (...one) => void told.push(one) });
    const failure = await batchErrorOf(operations.batchInsert(threeBad, { onRecordError: 'skip', maxFailures: 1 }));
    expect(told).toHaveLength(1);
    expect(told[0]?.[0]).toBe(failure);
    expect(told[0]?.[1]).toMatchObject({ index: 18 });
  });

  it('is told of an error without a record', async () => {
    await failTimes(test, 9);
    const told: [UnoError, RecordName | undefined][] = [];
    const operations = operationsWith({ retryCount: 0, onError: (...one) => void told.push(one) });
    await operations.batchInsert(twenty).catch(() => undefined);
    expect(told.map(([{ code }, record]) => [code, record])).toEqual([['UNO_SERIALIZATION', undefined]]);
  });

  it('is told nothing when all is well', async () => {
    const onError = jest.fn();
    await operationsWith({ onError }).batchInsert(twenty);
    expect(onError).not.toHaveBeenCalled();
  });

  it.each(throwing)(
    'fails the call with what it throws of a record, which says what is written: %s',
    async (_, fail) => {
      const onError: BatchConfig['onError'] = (error) => (error.code === 'UNO_BATCH' ? undefined : fail());
      const failure = await batchErrorOf(operationsWith({ onError }).batchInsert(threeBad, { onRecordError: 'skip' }));
      expect(failure.cause).toMatchObject({ code: 'UNO_CALLBACK', callback: 'onError', cause: stop });
      expect(`${failure.written}`).toBe('0-16');
      expect(await names(test)).toHaveLength(17);
    },
  );

  it.each(throwing)('does not hide why a call failed when it throws, which is a warning: %s', async (_, fail) => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockReturnValue();
    try {
      const failure = await batchErrorOf(operationsWith({ onError: fail }).batchInsert(threeBad));
      expect(failure).toMatchObject({ index: 17, sqlstate: '23505' });
      expect(emitWarning).toHaveBeenCalledWith(
        'onError threw, when it was told why a call failed.',
        expect.objectContaining({ code: 'UNO_CALLBACK' }),
      );
    } finally {
      emitWarning.mockRestore();
    }
  });
});
