import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations, BatchOperationsPort } from '@uno/batch';
import {
  BatchError,
  belongsTo,
  column,
  mapEntity,
  UnitOfWork,
  UnoContext,
  UnoDBRepository,
  type WriteTotals,
} from '@uno/domain';
import { ConstraintError } from '@uno/postgres';
import { batchErrorOf, failureOf } from '../support/failure-of.js';
import { openTestContext, type TestContext } from '../support/test-context.js';

/** Somebody with a boss and a seat, both of which are only checked at COMMIT. */
class Member {
  id!: number;
  bossId!: number | null;
  seat!: number;
  boss?: Member | null;
}

const members = mapEntity(Member, {
  table: 'member',
  columns: { id: column.integer(), bossId: column.integer().named('boss_id').nullable(), seat: column.integer() },
  relations: { boss: belongsTo(() => Member, 'bossId') },
});

let test: TestContext;
let repository: UnoDBRepository<typeof members>;
let operations: BatchOperations<typeof members>;

beforeAll(async () => {
  test = await openTestContext([members]);
  await test.run('alter table member alter constraint member_boss_id_fkey deferrable initially deferred');
  await test.run('alter table member add constraint one_seat unique (seat) deferrable initially deferred');
  const batch = new BatchOperationsPort({ batchSize: 10 });
  repository = new UnoDBRepository(new UnoContext({ db: test.db, batch }), members);
  operations = new BatchOperations({ table: members, db: test.db, config: { batchSize: 10 } });
});

afterAll(() => test.close());

beforeEach(async () => {
  await test.run('truncate member');
  test.statements.length = 0;
});

interface NewMember {
  readonly id: number;
  readonly bossId: number | null;
  readonly seat: number;
}

/** Members without a boss, but for those given, whose boss nobody is. */
function some(count: number, lost: readonly number[] = []): NewMember[] {
  return Array.from({ length: count }, (_, i) => ({ id: i, bossId: lost.includes(i) ? 1000 + i : null, seat: i }));
}

async function ids(): Promise<number[]> {
  return (await repository.list({ orderBy: ['id'] })).map(({ id }) => id);
}

/** Every way to write, and whether its chunks are committed one by one. */
const ways = [
  ['chunked', { strategy: 'chunked' }, false],
  ['chunk by chunk', { strategy: 'chunked', atomicity: 'chunk' }, true],
  ['single_query', { strategy: 'single_query' }, false],
  ['parallel', { strategy: 'parallel' }, true],
  ['pipelined', { strategy: 'pipelined' }, false],
  ['optimistic', { strategy: 'optimistic' }, false],
  ['record by record', { useBatchOperations: false }, false],
  ['record by record, chunk by chunk', { useBatchOperations: false, atomicity: 'chunk' }, true],
] as const;

const skip = { outcomes: true, onRecordError: 'skip' } as const;

describe.each(ways)('a record that only COMMIT refuses (%s)', (_, options, byChunk) => {
  it('is named, and nothing of its transaction is written', async () => {
    const error = await batchErrorOf(repository.batchAdd(some(35, [23]), options));
    expect(error).toMatchObject({
      operation: 'batchInsert',
      index: 23,
      key: '23',
      total: 35,
      sqlstate: '23503',
      constraint: 'member_boss_id_fkey',
    });
    expect(await ids()).toEqual([...error.written]);
    // Under parallel, the last chunk may be done or not.
    if (byChunk) expect([...error.written]).toEqual(expect.arrayContaining([0, 19]));
    else expect(error.written.size).toBe(0);
  });

  it('is left out, and all others are written', async () => {
    const { outcomes, failures, ...totals } = await repository.batchAdd(some(35, [0, 17, 18, 34]), {
      ...options,
      ...skip,
    });
    const expected: Partial<WriteTotals> = { total: 35, inserted: 31, failed: 4, skipped: 0 };
    expect(totals).toMatchObject(expected);
    expect(failures.map(({ index, key, error }) => [index, key, error instanceof ConstraintError])).toEqual(
      [0, 17, 18, 34].map((index) => [index, `${index}`, true]),
    );
    expect(outcomes.map(({ status }) => status === 'inserted')).toEqual(
      some(35, [0, 17, 18, 34]).map(({ bossId }) => bossId === null),
    );
    expect(await ids()).toEqual(outcomes.filter(({ status }) => status === 'inserted').map(({ index }) => index));
  });

  it('is named in an update, too, and left out of one', async () => {
    await repository.batchAdd(some(30));
    const changes = some(30).map((one) => (one.id === 12 ? { ...one, seat: 29 } : { ...one, bossId: 3 }));
    const error = await batchErrorOf(repository.batchUpdate(changes, options));
    // Which of two that take one seat is at fault is for the order in which PostgreSQL looks at them.
    expect([12, 29]).toContain(error.index);
    expect(error).toMatchObject({ sqlstate: '23505', constraint: 'one_seat', key: `${error.index}` });
    const { updated, unchanged, failures } = await repository.batchUpdate(changes, { ...options, ...skip });
    expect([updated + unchanged, failures.map(({ index }) => index)]).toEqual([29, [12]]);
    expect((await repository.list({ filters: { bossId: 3 } })).length).toBe(29);
  });

  it('is named in a delete, too, and left out of one', async () => {
    await repository.batchAdd([...some(20), { id: 77, bossId: 5, seat: 77 }]);
    const keys = some(20).map(({ id }) => id);
    const error = await batchErrorOf(repository.batchRemove(keys, options));
    expect(error).toMatchObject({ index: 5, key: '5', sqlstate: '23503' });
    await test.run('delete from member where id not in (5, 77)');
    const { deleted, failed, skipped } = await repository.batchRemove([4, 5], { ...options, ...skip });
    expect({ deleted, failed, skipped }).toEqual({ deleted: 0, failed: 1, skipped: 1 });
    expect(await ids()).toEqual([5, 77]);
  });
});

describe('what COMMIT does not refuse', () => {
  it.each(ways.filter(([, , byChunk]) => !byChunk).map(([name, options]) => [name, options] as const))(
    'may rest on records of later chunks (%s)',
    async (_, options) => {
      const upwards = some(35).map((one) => ({ ...one, bossId: one.id === 34 ? null : one.id + 1 }));
      expect(await repository.batchAdd(upwards, options)).toHaveLength(35);
      const rotated = upwards.map(({ id }) => ({ id, seat: (id + 1) % 35 }));
      expect(await repository.batchUpdate(rotated, options)).toBe(35);
      expect(test.statements.filter((text) => text.includes('set constraints'))).toEqual([]);
    },
  );
});

describe('records that rest on later ones, among which one is at fault', () => {
  const upwards = (lost: number) =>
    some(35).map((one) => ({ ...one, bossId: one.id === lost ? 99 : one.id === 34 ? null : one.id + 1 }));

  it('are not named in its place', async () => {
    const error = await batchErrorOf(repository.batchAdd(upwards(20)));
    expect(error).toMatchObject({ index: undefined, key: undefined, sqlstate: '23503', total: 35 });
    expect(await ids()).toEqual([]);
  });

  it('are left out with it where they would have to come first, and told', async () => {
    const { outcomes, failures, inserted, failed } = await repository.batchAdd(upwards(20), skip);
    expect(inserted + failed).toBe(35);
    expect(failures.map(({ index }) => index)).toContain(20);
    expect(await ids()).toEqual(outcomes.filter(({ status }) => status === 'inserted').map(({ index }) => index));
  });
});

describe('a source that is gone when COMMIT refuses', () => {
  it('is an error without a record', async () => {
    const error = await batchErrorOf(operations.batchInsert(some(25, [11]).values()));
    expect(error).toMatchObject({ index: undefined, total: 25, sqlstate: '23503' });
    expect(await ids()).toEqual([]);
  });

  it('names the record where chunks are committed one by one', async () => {
    const error = await batchErrorOf(operations.batchInsert(some(25, [11]).values(), { atomicity: 'chunk' }));
    expect([error.index, `${error.written}`]).toEqual([11, '0-9']);
  });
});

describe('a transaction of the caller', () => {
  it('is left to check its constraints when it wants to', async () => {
    const context = new UnoContext({ db: test.db, batch: new BatchOperationsPort({ batchSize: 10 }) });
    const own = new UnoDBRepository(context, members);
    const unit = new UnitOfWork(context);
    await unit.run(async () => {
      expect(await own.batchAdd([{ id: 1, bossId: 2, seat: 1 }], skip)).toMatchObject({ inserted: 1 });
      await own.batchAdd([{ id: 2, bossId: null, seat: 2 }]);
    });
    expect(await ids()).toEqual([1, 2]);
    const failure = await failureOf(unit.run(() => own.batchAdd([{ id: 3, bossId: 99, seat: 3 }])));
    expect(failure).toBeInstanceOf(ConstraintError);
    expect(failure).not.toBeInstanceOf(BatchError);
    expect(await ids()).toEqual([1, 2]);
  });
});

describe('the statements that it costs', () => {
  it('are those of halving, and of the chunks once more', async () => {
    await operations.batchInsert(some(64, [40]), { ...skip, batchSize: 16 });
    const inserts = test.statements.filter((text) => text.startsWith('insert'));
    const chunks = 4;
    // Once, the next chunk had been sent ahead.
    expect(inserts.length).toBeLessThanOrEqual(2 * chunks + 2 * Math.log2(16) + 1);
    expect(test.statements.filter((text) => text === 'set constraints all immediate')).toHaveLength(1);
  });
});
