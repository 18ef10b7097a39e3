import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BatchConfig, BatchOperations, type BatchPlan } from '@uno/batch';
import { BatchError, type WriteEvent } from '@uno/domain';
import { failureOf } from '../support/failure-of.js';
import { type Crates, crates, makeCrates, newCrates, tenCrates } from './support/planned-calls.js';
import { openWatchedPool, type WatchedPool } from './support/watched-pool.js';

let pool: WatchedPool;

beforeAll(async () => {
  pool = await openWatchedPool(makeCrates);
});

afterAll(async () => {
  await pool.close();
});

beforeEach(async () => {
  await pool.run(tenCrates);
});

function operationsWith(config: BatchConfig = {}): Crates {
  return new BatchOperations({ table: crates, db: pool.db, config });
}

describe('a plan', () => {
  it('cannot be changed', async () => {
    const plan = await operationsWith().plan.batchInsert(newCrates);
    expect(Object.isFrozen(plan.statements[0])).toBe(true);
    expect(Object.isFrozen(plan.chunks.sizes)).toBe(true);
  });

  it('of no records sends nothing', async () => {
    const plan = await operationsWith().plan.batchDelete([]);
    expect(plan).toMatchObject({ records: 0, statements: [], roundTrips: 0, chunks: { count: 0, sizes: [] } });
    expect(plan).toMatchObject({ connections: { most: 0 }, transactions: { count: 0, alone: 0, savepoints: 0 } });
  });

  it('counts records of one row once in a chunk', async () => {
    const patches = [1, 2, 1, 3, 2, 4, 5].map((id, weight) => ({ id, weight }));
    const plan = await operationsWith({ batchSize: 2 }).plan.batchUpdate(patches);
    expect(plan.chunks).toMatchObject({ count: 3, sizes: [2, 2, 1], folded: 2 });
    const pipelined = await operationsWith({ batchSize: 3 }).plan.batchUpdate(patches, { strategy: 'pipelined' });
    expect(pipelined.chunks).toMatchObject({ count: 3, sizes: [2, 3, 1], folded: 1 });
  });

  it('tells which records a statement is for', async () => {
    const { statements } = await operationsWith().plan.batchInsert([
      { label: 'a' },
      { label: 'b', weight: 1 },
      { label: 'c' },
    ]);
    expect(statements.map(({ sql, records, positions }) => ({ sql, records, positions }))).toEqual([
      {
        sql: 'insert into "crate" ("label") select u.c0 from unnest($1::text[]) as u(c0)',
        records: 2,
        positions: [
          { first: 0, last: 0 },
          { first: 2, last: 2 },
        ],
      },
      {
        sql: 'insert into "crate" ("label", "weight") select u.c0, u.c1 from unnest($1::text[], $2::integer[]) as u(c0, c1)',
        records: 1,
        positions: [{ first: 1, last: 1 }],
      },
    ]);
  });

  it('says why records go one by one', async () => {
    const { sets } = await operationsWith().plan.batchInsert([{ label: 'a' }], { returnModels: true });
    expect(sets).toEqual({ oneByOne: 1, why: 'one row needs no lining up' });
  });

  it('says why records are copied or not', async () => {
    const { plan } = operationsWith();
    const whyOf = async (planned: Promise<BatchPlan>) => (await planned).statements.map(({ way, why }) => [way, why]);
    expect(await whyOf(plan.batchInsert([{ label: 'a' }], { transport: 'copy' }))).toEqual([
      ['copy', 'it was asked for'],
    ]);
    expect(await whyOf(plan.batchInsert([{ label: 'a' }]))).toEqual([
      ['unnest', 'fewer than 2000 records are faster in one round trip'],
    ]);
  });
});

describe('the strategy of a plan', () => {
  it.each([
    [{}, {}, 'chunked', 'nobody says otherwise'],
    [{ executionStrategy: 'chunked' }, {}, 'chunked', "the configuration says executionStrategy: 'chunked'"],
    [{ executionStrategy: 'pipelined' }, {}, 'pipelined', "the configuration says executionStrategy: 'pipelined'"],
    [{}, { strategy: 'optimistic' }, 'optimistic', "the call says strategy: 'optimistic'"],
    [{}, { parallel: true }, 'parallel', 'the call says parallel: true'],
    [{ executionStrategy: 'parallel' }, { parallel: false }, 'chunked', 'the call says parallel: false'],
  ] as const)('under %j and %j is said', async (config, options, name, why) => {
    const { strategy } = await operationsWith(config).plan.batchInsert(newCrates, options);
    expect(strategy).toMatchObject({ name, why });
  });

  it('is another one where the operation has one connection', async () => {
    const parallel = operationsWith({ executionStrategy: 'parallel' });
    const { strategy } = await parallel.plan.batchSync([{ id: 1, label: 'a' }]);
    expect(strategy).toEqual({
      name: 'chunked',
      why: "the configuration says executionStrategy: 'parallel', but a sync is one transaction",
      runs: 'in order',
      whyInOrder: null,
    });
  });

  it('is in order in a transaction of the caller', async () => {
    await pool.db.transaction().execute(async (trx) => {
      const operations = new BatchOperations({ table: crates, db: trx });
      const { strategy, connections } = await operations.plan.batchInsert(newCrates, {
        strategy: 'parallel',
        batchSize: 2,
      });
      expect(strategy).toMatchObject({
        name: 'parallel',
        runs: 'in order',
        whyInOrder: expect.stringContaining('one connection'),
      });
      expect(connections.most).toBe(1);
    });
  });

  it('takes no more connections than the pool can spare', async () => {
    const operations = operationsWith({ maxWorkers: 50, batchSize: 1 });
    const { connections } = await operations.plan.batchInsert(newCrates, { strategy: 'parallel' });
    expect(connections).toEqual({ most: pool.poolSize - 1, poolSize: pool.poolSize });
    const few = await operations.plan.batchInsert(newCrates.slice(0, 2), { strategy: 'parallel' });
    expect(few.connections.most).toBe(2);
  });
});

describe('a plan of what cannot be done', () => {
  const bad = { label: 'bad', weight: 2 ** 40 };

  it.each([
    ['batchInsert', (one) => one.batchInsert([...newCrates, bad])],
    ['batchInsert by COPY', (one) => one.batchInsert([...newCrates, bad], { transport: 'copy' })],
    [
      'batchUpdate',
      (one) =>
        one.batchUpdate([
          { id: 1, weight: 1 },
          { id: 2, weight: 2 ** 40 },
        ]),
    ],
    ['batchUpsert', (one) => one.batchUpsert([{ ...bad, id: 7 }])],
    ['batchDelete', (one) => one.batchDelete([1, 'x' as unknown as number])],
    ['batchGet', (one) => one.batchGet([1, 'x' as unknown as number])],
    ['batchSync', (one) => one.batchSync([{ ...bad, id: 7 }])],
    ['batchExecuteSql', (one) => one.batchExecuteSql('select $1', [[1], [1, 2]])],
    ['batchCompute', (one) => one.batchCompute({ keys: [1, 'x' as unknown as number] }, () => 1)],
    ['an unknown option', (one) => one.batchInsert(newCrates, { batchsize: 1 } as never)],
    ['a contradiction', (one) => one.batchInsert(newCrates, { maxFailures: 1 })],
    ['parallel that is all or nothing', (one) => one.batchInsert(newCrates, { parallel: true, atomicity: 'all' })],
    ['what is no source', (one) => one.batchInsert(7 as never)],
  ] satisfies [string, (one: Crates) => Promise<unknown>][])('fails as the call does: %s', async (_, run) => {
    const operations = operationsWith();
    const planned = await failureOf(run(operations.plan as unknown as Crates));
    const called = await failureOf(run(operations));
    expect(shown(planned)).toEqual(shown(called));
  });

  it('names the record and the field', async () => {
    const error = await failureOf(operationsWith({ batchSize: 4 }).plan.batchInsert([...newCrates, bad]));
    expect(error).toBeInstanceOf(BatchError);
    expect(error).toMatchObject({ index: newCrates.length, field: 'weight', operation: 'batchInsert' });
    expect(error).toMatchObject({ written: { size: 0 } });
  });

  it('says which records are left out, where they are', async () => {
    const options = { onRecordError: 'skip', batchSize: 5 } as const;
    const records = [newCrates[0], bad, newCrates[1], { nonsense: 1 }].map(
      (record) => record as (typeof newCrates)[number],
    );
    const { chunks, statements } = await operationsWith().plan.batchInsert(records, options);
    expect(chunks.refused.map(({ index, code }) => [index, code])).toEqual([
      [3, 'UNO_VALIDATION'],
      [1, 'UNO_VALIDATION'],
    ]);
    expect(chunks).toMatchObject({ count: 1, sizes: [2] });
    expect(statements.flatMap(({ positions }) => positions.map(({ first }) => first)).sort()).toEqual([0, 2]);
  });

  it('says that a call would fail for too many records at fault', async () => {
    const options = { onRecordError: 'skip', maxFailures: 0 } as const;
    const error = await failureOf(operationsWith().plan.batchInsert([bad], options));
    expect(error).toMatchObject({ code: 'UNO_BATCH', index: 0 });
  });
});

function shown(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message } = error;
  return {
    name,
    message,
    index: Reflect.get(error, 'index'),
    key: Reflect.get(error, 'key'),
    code: Reflect.get(error, 'code'),
  };
}

describe('planning', () => {
  it('calls no functions of the caller, and tells nobody', async () => {
    const called: string[] = [];
    const note = (name: string) => () => {
      called.push(name);
    };
    const told: WriteEvent[] = [];
    const operations = new BatchOperations({
      table: crates,
      db: pool.db,
      config: {
        preProcess: (record) => {
          called.push('preProcess');
          return record;
        },
        postProcess: note('postProcess'),
        onError: note('onError'),
        logProgress: true,
        logger: { info: note('info'), warn: note('warn') },
      },
      observers: [{ written: (event) => told.push(event) }],
    });
    const plan = await operations.plan.batchInsert(newCrates, { onProgress: note('onProgress') });
    await failureOf(operations.plan.batchInsert([{ label: 1 as unknown as string }]));
    await operations.plan.batchCompute({ keys: [1] }, note('compute'), { onResult: note('onResult') });
    expect(called).toEqual([]);
    expect(told).toEqual([]);
    expect(operations.getMetrics().total.calls).toBe(0);
    expect(plan.notes.map((text) => text.split(' ')[0])).toEqual([
      'preProcess',
      'postProcess',
      'onProgress',
      'Observers',
    ]);
  });

  it('sends what is asked of the catalogue alone', async () => {
    const { rows } = await pool.db.connection().execute(async () => ({ rows: newCrates }));
    const watched = await pool.watch(() => operationsWith().plan.batchSync(rows.map((row, id) => ({ ...row, id }))));
    expect(watched).toMatchObject({ statements: new Map(), transactions: 0, savepoints: 0 });
  });

  it('does not touch a source that is no array', async () => {
    const generator = (function* () {
      yield* newCrates;
    })();
    const stream = Readable.from(newCrates);
    const { plan } = operationsWith();
    for (const source of [generator, stream]) {
      const planned = await plan.batchInsert(source, { returnKeys: true });
      expect(planned).toMatchObject({
        records: null,
        statements: [],
        roundTrips: null,
        chunks: { count: null, sizes: null },
      });
      expect(planned.notes[0]).toContain('was not read');
    }
    expect([...generator]).toEqual(newCrates);
    expect(stream.listenerCount('error')).toBe(0);
    expect(await stream.toArray()).toEqual(newCrates);
  });

  it('says what it can of a source that is no array', async () => {
    const { plan } = operationsWith({ maxWorkers: 2 });
    const byKey = await plan.batchDelete(new Set([1, 2]), { strategy: 'parallel' });
    expect(byKey).toMatchObject({ connections: { most: 2 }, transactions: { count: null, joined: false } });
    expect(byKey.statements).toMatchObject([{ times: null, records: null, sql: expect.stringContaining('delete') }]);
    const whole = await plan.batchInsert(new Set(newCrates), { strategy: 'single_query' });
    expect(whole.chunks.count).toBe(1);
    const synced = await plan.batchSync(new Set([{ id: 1, label: 'a' }]));
    expect(synced.transactions.count).toBe(1);
  });

  it('of rows that a filter finds says how pages are read', async () => {
    const { plan } = operationsWith({ batchSize: 100 });
    const planned = await plan.batchCompute({ filters: { place: 'dock' } }, () => 1);
    expect(planned.statements).toMatchObject([
      { when: 'before', times: 1, sql: expect.stringContaining('order by "id" limit $2::bigint') },
      { when: 'chunk', times: null, sql: expect.stringContaining('and ("id") > ($2)') },
    ]);
    const watched = await pool.watch(() =>
      operationsWith({ batchSize: 4 }).batchCompute({ filters: { place: 'dock' } }, () => 1),
    );
    expect([...watched.statements.keys()]).toEqual(planned.statements.map(({ sql }) => sql));
  });

  it('ends when the caller has it ended', async () => {
    const error = await failureOf(operationsWith().plan.batchInsert(newCrates, { signal: AbortSignal.abort() }));
    expect(error).toMatchObject({ code: 'UNO_CANCELED' });
  });
});
