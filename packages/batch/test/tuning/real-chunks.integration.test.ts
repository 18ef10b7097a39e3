import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BatchConfig, BatchOperations } from '@uno/batch';
import { column, mapEntity, UnoContext, UnoDBRepository } from '@uno/domain';
import { Readable } from 'node:stream';
import { openTestContext, type TestContext } from '../support/test-context.js';

class Scan {
  id!: number;
  label!: string;
  content!: Uint8Array | null;
}
const scans = mapEntity(Scan, {
  table: 'scan',
  columns: { id: column.integer(), label: column.text(), content: column.bytea().nullable() },
});

let test: TestContext;

beforeAll(async () => {
  test = await openTestContext([scans]);
});
afterAll(() => test.close());
beforeEach(() => test.run('truncate scan'));

function operationsWith(config: BatchConfig = { optimizeForSize: true }): BatchOperations<typeof scans> {
  return new BatchOperations({ table: scans, db: test.db, config });
}

const megabyte = new Uint8Array(1024 * 1024).fill(7);
const wide = Array.from({ length: 12 }, (_, id) => ({ id, label: 'wide', content: megabyte }));
const narrow = Array.from({ length: 2_500 }, (_, id) => ({ id, label: `narrow ${id}`, content: null }));

describe('optimizeForSize', () => {
  it.each(['array', 'stream'])('does thousands of narrow records at once, and few of a megabyte (%s)', async (kind) => {
    const given = <R>(records: R[]) => (kind === 'array' ? records : Readable.from(records));
    const operations = operationsWith();
    await operations.batchInsert(given(narrow));
    const narrowChunks = operations.getMetrics().total.chunkSize.max;
    await test.run('truncate scan');
    const other = operationsWith();
    expect(await other.batchInsert(given(wide))).toMatchObject({ total: 12, inserted: 12 });
    const { chunks, chunkSize } = other.getMetrics().total;
    expect(narrowChunks).toBeGreaterThan(2_000);
    expect(chunks).toBeGreaterThan(1);
    expect(chunkSize.max).toBeLessThan(12);
  });

  it('begins anew with smaller chunks where records become wide', async () => {
    const content = megabyte.subarray(0, 200_000);
    const wider = Array.from({ length: 30 }, (_, i) => ({ id: 5_000 + i, label: 'wider', content }));
    const operations = operationsWith({ optimizeForSize: { maxBytes: 1_000_000 } });
    const { inserted } = await operations.batchInsert(Readable.from([...narrow, ...wider]));
    expect(inserted).toBe(2_530);
    // One record of 13 is looked at, and five of those that are left are a chunk.
    expect(operations.getMetrics().total.chunks).toBeGreaterThanOrEqual(1 + Math.ceil((30 - 13) / 5));
  });

  it('copies wide records however few they are', async () => {
    test.statements.length = 0;
    await operationsWith().batchInsert(wide.slice(0, 3));
    await operationsWith().batchInsert(narrow.slice(100, 103));
    expect(test.statements.map((text) => text.slice(0, 6))).toEqual(['copy "', 'insert']);
  });

  it('keeps to its bounds', async () => {
    const operations = operationsWith({ optimizeForSize: { minSize: 100, maxSize: 300 } });
    await operations.batchInsert(narrow);
    const { chunkSize, chunks } = operations.getMetrics().total;
    expect(chunkSize.max).toBeLessThanOrEqual(300);
    expect(chunks).toBeLessThanOrEqual(25);
  });

  it('is for reading, updating and deleting, too', async () => {
    const operations = operationsWith({ optimizeForSize: { maxSize: 1_000 } });
    await operations.batchInsert(narrow);
    const ids = narrow.map(({ id }) => id);
    expect((await operations.batchGet(ids)).map((found) => found?.id)).toEqual(ids);
    const patches = ids.map((id) => ({ id, label: `new ${id}` }));
    expect(await operations.batchUpdate(patches)).toMatchObject({ updated: 2_500 });
    expect(await operations.batchUpsert(patches)).toMatchObject({ unchanged: 2_500 });
    const sets = ids.map((id) => [id, `newer ${id}`] as const);
    const { affected } = await operations.batchExecuteSql('update scan set label = $2 where id = $1', sets, {
      returnRows: false,
    });
    expect(affected).toBe(2_500);
    expect(await operations.batchSync(patches)).toMatchObject({ updated: 2_500, deleted: 0 });
    expect(await operations.batchDelete(ids)).toMatchObject({ deleted: 2_500 });
    const { chunkSize } = operations.getMetrics().total;
    expect(chunkSize.max).toBeLessThanOrEqual(1_000);
  });

  it('is for imports, too, whose checkpoint is kept with each chunk', async () => {
    const operations = operationsWith({ optimizeForSize: { maxSize: 400 } });
    const imported = await operations.batchImport(narrow, { uniqueFields: ['id'], checkpoint: 'scans' });
    expect(imported).toMatchObject({ total: 2_500, inserted: 2_500, failed: 0 });
    expect(operations.getMetrics().total.chunkSize.max).toBeLessThanOrEqual(400);
    const again = await operations.batchImport(narrow, { uniqueFields: ['id'], optimizeForSize: { maxSize: 100 } });
    expect(again).toMatchObject({ total: 2_500, inserted: 0, skipped: 2_500 });
  });

  it('is for parallel chunks, none of which has more than its share', async () => {
    const operations = operationsWith({ optimizeForSize: true, maxWorkers: 2, executionStrategy: 'parallel' });
    expect(await operations.batchInsert(narrow)).toMatchObject({ inserted: 2_500 });
    expect(operations.getMetrics().total.chunks).toBeGreaterThan(1);
  });

  it('can be asked for by a call, and by a call of a repository', async () => {
    const fixed = operationsWith({ batchSize: 10 });
    await fixed.batchInsert(narrow.slice(0, 1_000), { optimizeForSize: true });
    expect(fixed.getMetrics().total.chunks).toBe(1);
    await fixed.batchDelete([1, 2, 3], { optimizeForSize: false });
    const repository = new UnoDBRepository(test.context(), scans, { batchSize: 1 });
    test.statements.length = 0;
    await repository.batchAdd(narrow.slice(1_000, 1_100), { optimizeForSize: true });
    expect(test.statements.filter((text) => text.startsWith('with') || text.startsWith('insert'))).toHaveLength(1);
  });

  it('gives way to a size, or a strategy without chunks, that a call says', async () => {
    const operations = operationsWith();
    await operations.batchInsert(narrow.slice(0, 100), { batchSize: 10 });
    expect(operations.getMetrics().total.chunks).toBe(10);
    await operations.batchInsert(narrow.slice(100, 200), { strategy: 'single_query' });
    expect(operations.getMetrics().total.chunks).toBe(11);
    await operations.batchInsert(narrow.slice(200, 300), { strategy: 'optimistic' });
    expect(operations.getMetrics().total.chunks).toBe(12);
  });

  it('is nothing for batchCompute, whose chunks are pages of rows', async () => {
    const operations = operationsWith({ optimizeForSize: { maxSize: 5 } });
    await operations.batchInsert(narrow.slice(0, 20));
    const label = async ({ label: text }: { label: string }) => text;
    const { results } = await operations.batchCompute({ filters: {} }, label);
    expect(results).toHaveLength(20);
    const options: object = { optimizeForSize: true };
    await expect(operations.batchCompute({ filters: {} }, label, options)).rejects.toThrow(
      'batchCompute has no option "optimizeForSize"',
    );
  });

  it('makes no difference with batching off', async () => {
    const repository = new UnoDBRepository(new UnoContext({ db: test.db }), scans);
    const added = await repository.batchAdd(narrow.slice(0, 5), { optimizeForSize: true });
    expect(added.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4]);
  });

  it('tells in the metrics which size it came to, and why', async () => {
    const operations = operationsWith({ optimizeForSize: { targetMs: 0.000_1 } });
    await operations.batchInsert(narrow.slice(0, 20));
    const { chunkSizeChosen, resizesByReason } = operations.getMetrics().operations['batchInsert'] ?? {};
    // No chunk can be done in no time, so that it goes down to the smallest one.
    expect([chunkSizeChosen, resizesByReason]).toEqual([null, {}]);
    const slower = operationsWith({ optimizeForSize: { targetMs: 0.04 } });
    await slower.batchInsert(narrow.slice(20, 100));
    expect(slower.getMetrics().total.chunkSizeChosen).toBe(1);
    expect(slower.getMetrics().total.resizesByReason).toMatchObject({ 'took too long': 1 });
  });
});
