import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations, BatchOperationsPort } from '@uno/batch';
import {
  BatchError,
  column,
  mapEntity,
  type RecordPatch,
  StaleEntityError,
  UnoContext,
  UnoDBRepository,
} from '@uno/domain';
import { ConfigError, ValidationError } from '@uno/postgres';
import fc from 'fast-check';
import { batchErrorOf, failureOf } from '../support/failure-of.js';
import { until } from '../support/until.js';
import { type OpenTable, openTable } from '../tables/support/open-table.js';

class Page {
  id!: number;
  title!: string;
  views!: number;
  revision!: number | null;
}
const pages = mapEntity(Page, {
  table: 'page',
  columns: {
    id: column.integer(),
    title: column.text(),
    views: column.integer(),
    revision: column.smallint().named('rev no').nullable(),
  },
});
type Patch = RecordPatch<typeof pages>;
const version = 'revision';

let table: OpenTable;
let operations: BatchOperations<typeof pages>;
let repository: UnoDBRepository<typeof pages>;

beforeAll(async () => {
  table = await openTable([
    `create table page (id integer primary key, title text not null check (title <> 'bad'), views integer not null,
      "rev no" smallint)`,
  ]);
  operations = new BatchOperations({ table: pages, db: table.db, config: { batchSize: 3 } });
  repository = new UnoDBRepository(new UnoContext({ db: table.db, batch: new BatchOperationsPort() }), pages);
});
afterAll(() => table.close());
/** Page n is in revision n. */
beforeEach(async () => {
  await table.run('truncate page');
  await table.run(`insert into page select n, 'page ' || n, 0, n from generate_series(1, 8) as n`);
  table.sent.length = 0;
});

const shown = () => table.run('select id, title, "rev no" from page order by id');
const untouched = [1, 2, 3, 4, 5, 6, 7, 8].map((id) => [`${id}`, `page ${id}`, `${id}`]);

/** Of eight, 3 and 6 have been changed by somebody else, and 9 is gone. */
const patches: Patch[] = [1, 2, 3, 4, 5, 6, 9].map((id) => ({
  id,
  title: `new ${id}`,
  revision: id % 3 === 0 ? id - 1 : id,
}));

const strategies = ['single_query', 'chunked', 'parallel', 'pipelined', 'optimistic'] as const;
const ways = [
  ...strategies.map((strategy) => [strategy, { strategy, useBatchOperations: true }] as const),
  ['record by record', { useBatchOperations: false }] as const,
];

describe.each(ways)('a versioned update, %s,', (_, way) => {
  it('writes rows that have the version that was read, and counts it on', async () => {
    const good = patches.filter(({ id }) => id % 3 !== 0);
    const result = await repository.batchUpdate(good, { ...way, batchSize: 3, version, outcomes: true });
    expect(result).toMatchObject({ total: 4, updated: 4, individually: 0 });
    expect(await shown()).toEqual(
      untouched.map(([id, ...row]) =>
        good.some((one) => `${one.id}` === id) ? [id, `new ${id}`, `${Number(id) + 1}`] : [id, ...row],
      ),
    );
  });

  it('leaves a row that is as asked in its version', async () => {
    const same = [1, 2].map((id) => ({ id, title: `page ${id}`, revision: id }));
    expect(await repository.batchUpdate(same, { ...way, version, outcomes: true })).toMatchObject({ unchanged: 2 });
    expect(await shown()).toEqual(untouched);
  });

  it('names the first record that is stale, and writes nothing of its transaction', async () => {
    const atomicity = way.useBatchOperations && way.strategy === 'parallel' ? 'chunk' : 'all';
    const error = await batchErrorOf(repository.batchUpdate(patches, { ...way, atomicity, batchSize: 9, version }));
    expect(error).toMatchObject({ index: 2, key: '3', cause: expect.any(StaleEntityError) });
    const { cause } = error;
    const first = { key: '3', expected: '2', actual: '3' };
    const all = [first, { key: '6', expected: '5', actual: '6' }, { key: '9', expected: '8', actual: undefined }];
    expect(cause instanceof StaleEntityError && cause.versions).toEqual(way.useBatchOperations ? all : [first]);
    expect(await shown()).toEqual(untouched);
  });

  it('leaves out records that are stale, and writes the others', async () => {
    const options = { ...way, batchSize: 3, version, onRecordError: 'skip', outcomes: true } as const;
    const result = await repository.batchUpdate(patches, options);
    expect(result).toMatchObject({ total: 7, updated: 4, failed: 3, individually: 0 });
    expect(result.outcomes.map(({ status }) => status)).toEqual(
      patches.map(({ id }) => (id % 3 === 0 ? 'failed' : 'updated')),
    );
    expect(result.failures).toMatchObject([
      { index: 2, key: '3', error: { versions: [{ key: '3', expected: '2', actual: '3' }] } },
      { index: 5, key: '6', error: { versions: [{ key: '6', expected: '5', actual: '6' }] } },
      { index: 6, key: '9', error: { versions: [{ key: '9', expected: '8', actual: undefined }] } },
    ]);
    expect((await shown()).map(([, title]) => title)).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].map((id) => ([1, 2, 4, 5].includes(id) ? `new ${id}` : `page ${id}`)),
    );
  });

  it('is given up when more are stale than may be', async () => {
    const options = { ...way, version, onRecordError: 'skip', outcomes: true, maxFailures: 2 } as const;
    const error = await batchErrorOf(repository.batchUpdate(patches, options));
    expect(error).toMatchObject({ index: 6, key: '9', written: expect.objectContaining({ size: 0 }) });
    expect(await shown()).toEqual(untouched);
  });

  it('finds the second record of a row stale', async () => {
    const twice = [
      { id: 1, title: 'a', revision: 1 },
      { id: 2, title: 'b', revision: 2 },
      { id: 1, title: 'c', revision: 1 },
      { id: 2, title: 'd', revision: 3 },
    ];
    const options = { ...way, version, onRecordError: 'skip', outcomes: true } as const;
    const { outcomes } = await repository.batchUpdate(twice, options);
    expect(outcomes.map(({ status }) => status)).toEqual(['updated', 'updated', 'failed', 'updated']);
    expect(await table.run('select title, "rev no" from page where id < 3 order by id')).toEqual([
      ['a', '2'],
      ['d', '4'],
    ]);
  });
});

describe('a version', () => {
  it('has to be in every record, and a whole number', async () => {
    for (const useBatchOperations of [true, false]) {
      const options = { version, useBatchOperations } as const;
      for (const revision of [undefined, null, 1.5]) {
        const error = await batchErrorOf(repository.batchUpdate([{ id: 1, title: 'x', revision }], options));
        expect(error).toMatchObject({ index: 0, field: 'revision', cause: expect.any(ValidationError) });
      }
      for (const wrong of ['title', 'id', 'nothing'] as never[]) {
        await failureOf(repository.batchUpdate([], { version: wrong, useBatchOperations }), ConfigError);
      }
    }
    await failureOf(repository.batchUpdate([], { version, fields: ['revision'] }), ConfigError);
    await failureOf(repository.batchUpdate([], { version, increment: ['revision'] }), ConfigError);
  });

  it('goes together with increments and named fields', async () => {
    const patch = { id: 1, title: 'x', views: 5, revision: 1 };
    expect(await repository.batchUpdate([patch], { version, increment: ['views'], fields: ['views'] })).toBe(1);
    expect(await table.run('select title, views, "rev no" from page where id = 1')).toEqual([['page 1', '5', '2']]);
  });

  it('is checked by a single update, too', async () => {
    const first = await repository.update({ id: 1, title: 'x', revision: 1 }, { version });
    expect(first).toMatchObject({ title: 'x', revision: 2 });
    const error = await failureOf(repository.update({ id: 1, title: 'y', revision: 1 }, { version }), StaleEntityError);
    expect(error.message).toBe(
      'Page was changed or removed since it was read: key 1 has version 2 and not 1. Read it again.',
    );
    expect(await repository.update({ id: 1, title: 'x', revision: 2 }, { version })).toMatchObject({ revision: 2 });
  });

  it('counts a stale record before one that PostgreSQL refuses, if it comes first', async () => {
    const mixed = patches.map((patch) => (patch.id === 5 ? { ...patch, title: 'bad' } : patch));
    expect(await batchErrorOf(operations.batchUpdate(mixed, { version, batchSize: 9 }))).toMatchObject({ index: 2 });
    const other = patches.map((patch) => (patch.id === 1 ? { ...patch, title: 'bad' } : patch));
    expect(await batchErrorOf(operations.batchUpdate(other, { version, batchSize: 9 }))).toMatchObject({ index: 0 });
    const skip = { version, batchSize: 9, onRecordError: 'skip' } as const;
    const { failures } = await operations.batchUpdate(mixed, skip);
    expect(failures.map(({ index }) => index)).toEqual([2, 4, 5, 6]);
  });

  it('is that of the row as it is when its lock is free', async () => {
    await table.run('begin');
    await table.run(`update page set title = 'theirs', "rev no" = 9 where id = 2`);
    const good = [1, 2, 4].map((id) => ({ id, title: 'ours', revision: id }));
    const updating = operations.batchUpdate(good, { version, onRecordError: 'skip' });
    await until('the update waits for a lock', async () => {
      await table.run('select pg_stat_clear_snapshot()');
      const [[count] = []] = await table.run(
        `select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      );
      return count !== '0';
    });
    await table.run('commit');
    const { updated, failures } = await updating;
    expect([updated, failures]).toMatchObject([
      2,
      [{ index: 1, error: { versions: [{ key: '2', expected: '2', actual: '9' }] } }],
    ]);
  });

  it('loses no update of several sessions', async () => {
    const worker = async () => {
      let done = 0;
      while (done < 10) {
        const read = (await operations.batchGet([1, 2, 3])).filter((page) => page !== undefined);
        const next = read.map(({ id, views, revision }) => ({ id, views: views + 1, revision }));
        const result = await operations.batchUpdate(next, { version, onRecordError: 'skip' });
        done += result.updated;
      }
      return done;
    };
    const done = await Promise.all([worker(), worker(), worker()]);
    const [[views, versions] = []] = await table.run('select sum(views), sum("rev no") from page where id <= 3');
    const sum = done.reduce((one, other) => one + other, 0);
    expect([Number(views), Number(versions)]).toEqual([sum, sum + 6]);
  });
});

const records: fc.Arbitrary<Patch[]> = fc.array(
  fc.record(
    {
      id: fc.integer({ min: 1, max: 10 }),
      revision: fc.integer({ min: 1, max: 9 }),
      title: fc.constantFrom('page 1', 'page 2', 'x', 'bad'),
      views: fc.constantFrom(0, 1),
    },
    { requiredKeys: ['id', 'revision'] },
  ),
  { maxLength: 10 },
);
/** Most have the right version. */
const likely = fc
  .tuple(records, fc.array(fc.nat(3)))
  .map(([all, luck]) => all.map((one, i) => ((luck[i] ?? 1) > 0 ? { ...one, revision: one.id } : one)));

describe('versioned updates', () => {
  it('do what they do one by one', async () => {
    await fc.assert(
      fc.asyncProperty(
        likely,
        fc.integer({ min: 1, max: 10 }),
        fc.constantFrom('abort', 'skip'),
        async (input, batchSize, onRecordError) => {
          const seen: unknown[] = [];
          for (const useBatchOperations of [true, false]) {
            await table.run('truncate page');
            await table.run(`insert into page select n, 'page ' || n, 0, n from generate_series(1, 8) as n`);
            const options = { version, batchSize, useBatchOperations, onRecordError, outcomes: true } as const;
            const end = await repository.batchUpdate(input, options).then(
              ({ outcomes }) =>
                outcomes.map(({ index, key, status, error }) => ({ index, key, status, message: error?.message })),
              (error: unknown) => {
                if (!(error instanceof BatchError)) throw error;
                return { index: error.index, key: error.key, code: error.cause.code, sqlstate: error.sqlstate };
              },
            );
            seen.push({ end, rows: await shown() });
          }
          expect(seen[0]).toEqual(seen[1]);
        },
      ),
      { numRuns: 120 },
    );
  });
});
