import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { BatchOperations, BatchSource } from '@uno/batch';
import { BatchError, CallbackError } from '@uno/domain';
import { ValidationError } from '@uno/postgres';
import { someTowns, type towns } from '../support/town.js';
import { until } from '../support/until.js';
import { EngineDatabase } from './support/engine-database.js';
import { strategies } from './support/strategies.js';
import { TrackedSource } from './support/tracked-source.js';

let database: EngineDatabase;
let operations: BatchOperations<typeof towns>;

beforeAll(async () => {
  database = await EngineDatabase.open();
  operations = database.connect(4).operations({ batchSize: 5, retryCount: 0 });
});

afterAll(() => database.close());

beforeEach(() => database.reset());

const count = 23;

const kinds: [string, <R>(records: readonly R[]) => BatchSource<R>][] = [
  ['an array', (records) => Object.freeze([...records])],
  ['a Set', (records) => new Set(records)],
  ['a generator', (records) => [...records].values()],
  [
    'an async generator',
    (records) =>
      (async function* () {
        yield* records;
      })(),
  ],
  ['a stream', (records) => Readable.from([...records])],
];

/** Records that nobody can change. */
function frozenTowns(): { name: string; country: string; population: number }[] {
  return someTowns(count).map((town) => Object.freeze(town));
}

const ids = Array.from({ length: count }, (_, i) => i + 1);

describe.each(kinds)('%s', (_, sourceOf) => {
  it.each(strategies)('can be inserted under %s', async (strategy) => {
    const { models, total } = await operations.batchInsert(sourceOf(frozenTowns()), { strategy, returnModels: true });
    expect(total).toBe(count);
    expect(models.map(({ name, population }) => [name, population])).toEqual(
      someTowns(count).map(({ name, population }) => [name, population]),
    );
    expect(await database.towns()).toBe(count);
  });

  it.each(strategies)('can be updated, upserted, read and deleted under %s', async (strategy) => {
    await operations.batchInsert(frozenTowns());
    const changes = ids.map((id) => Object.freeze({ id, population: -id }));
    expect(await operations.batchUpdate(sourceOf(changes), { strategy })).toMatchObject({
      total: count,
      updated: count,
    });
    const records = frozenTowns().map((town) => Object.freeze({ ...town, population: 1 }));
    const constraintColumns = ['country', 'name'] as const;
    expect(await operations.batchUpsert(sourceOf(records), { strategy, constraintColumns })).toMatchObject({
      total: count,
      updated: count,
    });
    const found = await operations.batchGet(sourceOf([...ids, 99]), { strategy });
    expect(found.map((town) => town && [town.id, town.population])).toEqual([...ids.map((id) => [id, 1]), undefined]);
    expect(await operations.batchDelete(sourceOf([...ids, 99]), { strategy })).toMatchObject({
      total: count + 1,
      deleted: count,
      skipped: 1,
    });
  });
});

describe.each(['sync', 'async'] as const)('a source that is %s', (kind) => {
  it.each(strategies)('is iterated once, to its end, and not closed under %s', async (strategy) => {
    const source = new TrackedSource(someTowns(count));
    await operations.batchInsert(source[kind], { strategy });
    expect(source).toMatchObject({ opened: 1, taken: count, closed: 0, late: 0 });
  });

  it.each(strategies)('is read by every operation once under %s', async (strategy) => {
    const records = new TrackedSource(someTowns(count));
    const changes = new TrackedSource(ids.map((id) => ({ id, population: 0 })));
    const keys = [new TrackedSource(ids), new TrackedSource(ids)] as const;
    await operations.batchUpsert(records[kind], { strategy, constraintColumns: ['country', 'name'] });
    await operations.batchUpdate(changes[kind], { strategy });
    await operations.batchGet(keys[0][kind], { strategy });
    await operations.batchDelete(keys[1][kind], { strategy });
    for (const source of [records, changes, ...keys]) {
      expect(source).toMatchObject({ opened: 1, taken: count, closed: 0, late: 0 });
    }
  });

  it.each(['chunked', 'parallel', 'pipelined'] as const)(
    'is closed when a record fails early under %s',
    async (strategy) => {
      const source = new TrackedSource(someTowns(3000).map((town, i) => (i === 7 ? { ...town, name: '\0' } : town)));
      await expect(operations.batchInsert(source[kind], { strategy })).rejects.toMatchObject({ index: 7 });
      expect(source).toMatchObject({ opened: 1, closed: 1, late: 0 });
      expect(source.taken).toBeLessThan(3000);
    },
  );

  it.each(strategies)('is closed when the call is aborted while it is read under %s', async (strategy) => {
    const controller = new AbortController();
    const source = new TrackedSource(someTowns(200));
    async function* aborting() {
      let given = 0;
      for await (const town of source[kind]) {
        if (++given === 12) controller.abort(new Error('enough'));
        yield town;
      }
    }
    const failure = await operations
      .batchInsert(aborting(), { strategy, signal: controller.signal })
      .catch((error: unknown) => error);
    const told = failure instanceof BatchError ? failure.cause : failure;
    expect(told).toMatchObject({ code: 'UNO_CANCELED', cause: new Error('enough') });
    await until('the source is closed', () => source.closed > 0);
    expect(source).toMatchObject({ opened: 1, closed: 1, late: 0 });
    expect(source.taken).toBeLessThan(20);
    const written = failure instanceof BatchError ? failure.written.size : 0;
    expect(await database.towns()).toBe(written);
  });
});

describe('a stream', () => {
  it.each(['chunked', 'parallel', 'pipelined'] as const)(
    'is destroyed when the call fails under %s',
    async (strategy) => {
      const stream = Readable.from(someTowns(200).map((town, i) => (i === 7 ? { ...town, name: '\0' } : town)));
      await expect(operations.batchInsert(stream, { strategy })).rejects.toBeInstanceOf(BatchError);
      expect(stream.destroyed).toBe(true);
    },
  );

  it.each(strategies)('that gives nothing more is destroyed when the time is up under %s', async (strategy) => {
    const stream = new Readable({ objectMode: true, read: () => undefined });
    for (const town of someTowns(7)) stream.push(town);
    await expect(operations.batchInsert(stream, { strategy, timeoutMs: 100 })).rejects.toMatchObject(
      strategy === 'parallel' ? { cause: { code: 'UNO_TIMEOUT' } } : { code: 'UNO_TIMEOUT' },
    );
    expect(stream.destroyed).toBe(true);
  });

  it('is destroyed when the call fails before a record is read', async () => {
    const stream = Readable.from(someTowns(3));
    await expect(operations.batchInsert(stream, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'UNO_CANCELED',
    });
    expect(stream.destroyed).toBe(true);
  });
});

describe('a source that breaks in the middle', () => {
  const cause = new Error('the file ends here');
  const broken = () => new TrackedSource(someTowns(200), { at: 12, error: cause });

  it.each(['single_query', 'chunked', 'pipelined', 'optimistic'] as const)(
    'leaves nothing behind under %s',
    async (strategy) => {
      const failure = await operations.batchInsert(broken().async, { strategy }).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(CallbackError);
      expect(failure).toMatchObject({ callback: 'source', cause, code: 'UNO_CALLBACK' });
      expect(await database.towns()).toBe(0);
    },
  );

  it.each([
    ['chunked', 'sync'],
    ['chunked', 'async'],
    ['pipelined', 'sync'],
    ['pipelined', 'async'],
    ['parallel', 'sync'],
    ['parallel', 'async'],
  ] as const)('is told with what is written, chunk by chunk, under %s when %s', async (strategy, kind) => {
    const atomicity = strategy === 'parallel' ? undefined : 'chunk';
    const failure = await operations
      .batchInsert(broken()[kind], { strategy, atomicity })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BatchError);
    if (!(failure instanceof BatchError)) return;
    expect(failure.cause).toBeInstanceOf(CallbackError);
    expect(failure.cause).toMatchObject({ callback: 'source', cause });
    expect(failure).toMatchObject({ index: undefined, total: 12, failures: [] });
    expect(failure.written.ranges).toEqual([{ first: 0, last: 9 }]);
    expect(await database.numbers('select population as n from town order by population')).toEqual([
      ...failure.written,
    ]);
  });

  it.each(['single_query', 'optimistic'] as const)(
    'has nothing written under %s, even chunk by chunk',
    async (strategy) => {
      await expect(operations.batchInsert(broken().async, { strategy, atomicity: 'chunk' })).rejects.toBeInstanceOf(
        CallbackError,
      );
      expect(await database.towns()).toBe(0);
    },
  );

  it.each(strategies)('is not blamed on a record that is left out under %s', async (strategy) => {
    const failure = await operations
      .batchInsert(broken().async, { strategy, onRecordError: 'skip' })
      .catch((error: unknown) => error);
    const told = failure instanceof BatchError ? failure.cause : failure;
    expect(told).toMatchObject({ callback: 'source', cause });
  });

  it('makes a read fail, too', async () => {
    await expect(
      operations.batchGet(new TrackedSource([1, 2, 3], { at: 1, error: cause }).async),
    ).rejects.toMatchObject({
      callback: 'source',
      cause,
    });
  });
});

describe('what is no source', () => {
  it.each([['town'], [undefined], [7], [{}]])('is refused: %s', async (source) => {
    const wrong = source as never;
    for (const call of [
      operations.batchInsert(wrong),
      operations.batchUpdate(wrong),
      operations.batchUpsert(wrong),
      operations.batchGet(wrong),
      operations.batchDelete(wrong),
    ]) {
      await expect(call).rejects.toBeInstanceOf(ValidationError);
    }
  });

  it('is a call that has ended, for the metrics', async () => {
    const own = database.connect(1).operations();
    await expect(own.batchInsert('towns' as never)).rejects.toBeInstanceOf(ValidationError);
    expect(own.getMetrics().total).toMatchObject({ calls: 1, callsFailed: 1, recordsTotal: 0 });
  });
});

describe('an array', () => {
  it.each(strategies)('that the caller changes during the call changes nothing under %s', async (strategy) => {
    const records = someTowns(count);
    const call = operations.batchInsert(records, { strategy });
    records.length = 3;
    records.unshift(...someTowns(10, 500));
    expect(await call).toMatchObject({ total: count, inserted: count });
    expect(await database.numbers('select population as n from town order by population')).toEqual(
      Array.from({ length: count }, (_, i) => i),
    );
  });

  it.each(strategies)('is not changed under %s, however deep', async (strategy) => {
    const notes = Object.freeze({ list: Object.freeze([1, Object.freeze({ a: null })]) });
    const records = frozenTowns().map((town) => Object.freeze({ ...town, notes }));
    const before = JSON.stringify(records);
    await operations.batchInsert(records as never, { strategy });
    await operations.batchUpsert(records as never, { strategy, constraintColumns: ['country', 'name'] });
    expect(JSON.stringify(records)).toBe(before);
  });
});
