import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { load } from './support/load.js';
import { countOf, crates, openYard, type Yard } from './support/yard.js';

let yard: Yard;

beforeAll(async () => {
  yard = await openYard();
});

afterAll(() => yard.close());

/** What was sent: statements that carry data, and commands that set or take back savepoints. */
function sent(): { readonly data: number; readonly savepoints: number } {
  const data = yard.statements.filter((text) => /^(insert|update|delete|with|select u)/i.test(text)).length;
  const savepoints = yard.statements.filter((text) => /savepoint|^rollback to|^release/i.test(text)).length;
  return { data, savepoints };
}

/** Positions of k bad records among n, evenly spread or in a row from somewhere in the middle. */
function positions(k: number, n: number, way: 'spread' | 'adjacent'): number[] {
  const step = Math.floor(n / (k + 1));
  return Array.from({ length: k }, (_, i) => (way === 'spread' ? step * (i + 1) : step + i));
}

describe('leaving out k bad records among n', () => {
  const cases = [100, 1000].flatMap((batchSize) =>
    [1, 2, 5].flatMap((k) =>
      (['spread', 'adjacent'] as const).flatMap((way) =>
        (['chunked', 'pipelined', 'optimistic', 'single_query'] as const).map(
          (strategy) => [batchSize, k, way, strategy] as const,
        ),
      ),
    ),
  );

  it.each(cases)('costs O(k log n) statements (chunks of %i, %i bad, %s, %s)', async (batchSize, k, way, strategy) => {
    await yard.reset();
    const n = 2 * batchSize;
    const operations = new BatchOperations({ table: crates, db: yard.db, config: { batchSize } });
    const bad = positions(k, n, way);
    const result = await operations.batchInsert(load(n, bad), { strategy, onRecordError: 'skip' });
    expect(result.failures.map(({ index }) => index)).toEqual(bad);
    expect(await countOf(yard)).toBe(n - k);
    const { data, savepoints } = sent();
    const chunks = strategy === 'single_query' ? 1 : 2;
    const halved = strategy === 'single_query' ? n : batchSize;
    // The second chunk may have been sent ahead behind the first in vain.
    const limit = 2 * k * Math.ceil(Math.log2(halved)) + 2 + 1;
    expect(data - chunks).toBeLessThanOrEqual(limit);
    // One to go on from or one to take back, for every attempt.
    expect(savepoints).toBeLessThanOrEqual(2 * data + 3);
  });

  it('costs nothing beyond the chunks where all are good', async () => {
    await yard.reset();
    const operations = new BatchOperations({ table: crates, db: yard.db, config: { batchSize: 100 } });
    await operations.batchInsert(load(1000), { onRecordError: 'skip' });
    expect(sent().data).toBe(10);
  });
});

describe('a value that can be told to be wrong', () => {
  it.each(['chunked', 'pipelined', 'optimistic', 'single_query', 'parallel'] as const)(
    'costs no statement under %s, wherever it is and however many there are',
    async (strategy) => {
      await yard.reset();
      const operations = new BatchOperations({ table: crates, db: yard.db, config: { batchSize: 100 } });
      const wrong = new Set([0, 1, 57, 99, 100, 250, 251, 252, 399]);
      const records = load(400).map((record, i) => ({ ...record, note: wrong.has(i) ? 'far too long' : 'ok' }));
      const { failures, inserted } = await operations.batchInsert(records, { strategy, onRecordError: 'skip' });
      expect(failures.map(({ index }) => index)).toEqual([...wrong]);
      expect(inserted).toBe(391);

      expect(sent().data).toBeLessThanOrEqual(4);
      expect(failures.every(({ error }) => error.code === 'UNO_VALIDATION')).toBe(true);
    },
  );

  it('sends nothing at all where no record is good', async () => {
    await yard.reset();
    const operations = new BatchOperations({ table: crates, db: yard.db });
    const records = load(10).map((record) => ({ ...record, note: 'far too long' }));
    expect(await operations.batchInsert(records, { onRecordError: 'skip' })).toMatchObject({ total: 10, failed: 10 });
    expect(sent().data).toBe(0);
  });
});
