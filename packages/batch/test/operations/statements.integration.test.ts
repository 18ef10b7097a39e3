import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { openTestContext, type TestContext } from '../support/test-context.js';
import { someTowns, towns } from '../support/town.js';

let test: TestContext;
let operations: BatchOperations<typeof towns>;

beforeAll(async () => {
  test = await openTestContext([towns]);
  operations = new BatchOperations({ table: towns, db: test.db, config: { batchSize: 100 } });
});

afterAll(() => test.close());

beforeEach(async () => {
  await test.run('truncate town restart identity');
  test.statements.length = 0;
});

/** What was sent but for the ends of transactions, savepoints, the settings of new connections, and the catalogue. */
function sent(): string[] {
  return test.statements.filter(
    (text) =>
      !/^(start transaction|commit|savepoint|release|rollback|select set_config|select json_build_object)/.test(text),
  );
}

describe('batch operations', () => {
  it('send one statement a chunk, all of the same text, in one transaction', async () => {
    await operations.batchInsert(someTowns(1000));
    expect(sent()).toHaveLength(10);
    expect(new Set(sent()).size).toBe(1);
    expect(test.statements.filter((text) => text.startsWith('start transaction'))).toHaveLength(1);
    expect(test.statements.filter((text) => text === 'commit')).toHaveLength(1);
  });

  it('send no transaction for a single statement', async () => {
    await operations.batchInsert(someTowns(100));
    expect(test.statements.filter((text) => !text.startsWith('select set_config'))).toHaveLength(1);
  });

  it('send one statement for everything under single_query', async () => {
    await operations.batchInsert(someTowns(1000), { strategy: 'single_query' });
    expect(sent()).toHaveLength(1);
    expect((await operations.batchGet([1, 500, 1000])).map((town) => town?.id)).toEqual([1, 500, 1000]);
  });

  it('know no limit of 65,535 parameters', async () => {
    const many = someTowns(70_000);
    const { inserted } = await operations.batchInsert(many, { strategy: 'single_query' });
    const found = await operations.batchGet(
      many.map((_, i) => i + 1),
      { strategy: 'single_query' },
    );
    expect(inserted).toBe(70_000);
    expect(found.filter((town) => town !== undefined)).toHaveLength(70_000);
    const { deleted } = await operations.batchDelete(
      many.map((_, i) => i + 1),
      { batchSize: 70_000 },
    );
    expect(deleted).toBe(70_000);
  });

  it('send nothing for nothing', async () => {
    await operations.batchInsert([]);
    await operations.batchInsert([], { returnModels: true });
    await operations.batchUpdate([]);
    await operations.batchUpsert([]);
    await operations.batchUpsert([], { returnModels: true });
    await operations.batchDelete([]);
    await operations.batchGet([]);
    expect(sent()).toEqual([]);
  });

  it('send one statement for each set of columns in a chunk', async () => {
    const mixed = someTowns(50).map(({ name, population }, i) => (i % 2 === 0 ? { name } : { name, population }));
    await operations.batchInsert(mixed);
    expect(sent()).toHaveLength(2);
    const stored = await operations.batchGet(mixed.map((_, i) => i + 1));
    expect(stored.every((town) => town?.country === 'CH')).toBe(true);
  });

  it('prepare a statement once for a connection', async () => {
    await test.db.connection().execute(async (connection) => {
      const own = new BatchOperations({ table: towns, db: connection, config: { batchSize: 10 } });
      await own.batchInsert(someTowns(30));
      await own.batchInsert(someTowns(30, 30));
    });
    const texts = sent();
    expect(texts).toHaveLength(6);
    expect(new Set(texts).size).toBe(1);
  });

  it('name the record at fault with about log2(batchSize) further statements', async () => {
    await operations.batchInsert([{ name: 'taken', country: 'FR' }]);
    test.statements.length = 0;
    const records = someTowns(1000).map((town, i) => (i === 777 ? { ...town, name: 'taken' } : town));
    await expect(operations.batchInsert(records)).rejects.toMatchObject({ index: 777, sqlstate: '23505' });
    const inserts = sent().filter((text) => text.startsWith('insert'));
    // 8 chunks up to the failing one, and that one halved: 50, 25, 13, 7, 4, 2, 1.
    expect(inserts.length).toBeLessThanOrEqual(8 + 2 * Math.ceil(Math.log2(100)));
    expect(
      await test.db
        .selectFrom('town' as never)
        .selectAll()
        .execute(),
    ).toHaveLength(1);
  });
});
