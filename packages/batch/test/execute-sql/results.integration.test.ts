import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BatchConfig, BatchOperations } from '@uno/batch';
import type { BatchProgress } from '@uno/domain';
import { UnoPostgresDialect } from '@uno/postgres';
import { startFaultProxy } from '@uno/testing';
import { CamelCasePlugin, Kysely, sql } from 'kysely';
import pg from 'pg';
import { withoutMoves } from '../support/record-statements.js';
import { strategies } from '../engine/support/strategies.js';
import { countOf, crates, openYard, type Yard } from '../failure/support/yard.js';

let yard: Yard;

beforeAll(async () => {
  yard = await openYard();
});
afterAll(() => yard.close());
beforeEach(() =>
  yard.reset(range(1, 20).map((id) => ({ id, label: `crate ${id}`, weight: 20 * id, note: 'none', dockId: 1 }))),
);

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

function operationsOf(config: BatchConfig = {}) {
  return new BatchOperations({ table: crates, db: yard.db, config: { batchSize: 6, ...config } });
}

const heavier = 'update crate set weight = weight + $2 where id = $1 returning id, weight';
const insert = 'insert into crate (id, label, weight) values ($1, $2, 1)';

describe('results', () => {
  it.each(strategies)('come for every set, in the order of the sets, with the rows of each (%s)', async (strategy) => {
    const sets = [20, 3, 99, ...range(4, 19), 3].map((id) => [id, 100]);
    const { results, ...totals } = await operationsOf().batchExecuteSql<{ id: number; weight: number }>(heavier, sets, {
      strategy,
      // Two of the sets are about one row.
      keyOf: ([id]) => String(id),
    });
    expect(totals).toEqual({ total: 20, succeeded: 20, failed: 0, affected: 19, failures: [] });
    const expected = sets.map(([id = 0], i) => ({ id, weight: 20 * id + (i === 19 ? 200 : 100) }));
    expect(results).toEqual(
      expected.map((row) => (row.id === 99 ? { rows: [], affected: 0 } : { rows: [row], affected: 1 })),
    );
  });

  it('have as many rows as there are', async () => {
    const { results, affected } = await operationsOf().batchExecuteSql<{ id: number }>(
      'select id from crate where id <= $1 order by id desc',
      [[3], [0], [5]],
    );
    expect(results.map((result) => result?.rows.map(({ id }) => id))).toEqual([[3, 2, 1], [], [5, 4, 3, 2, 1]]);
    expect(affected).toBe(0);
  });

  it('are of statements without a result, and without a parameter, too', async () => {
    await yard.run('create sequence turns');
    const { results, total } = await operationsOf().batchExecuteSql("select nextval('turns') as turn", [[], [], []]);
    expect(results.map((result) => result?.rows)).toEqual([[{ turn: '1' }], [{ turn: '2' }], [{ turn: '3' }]]);
    expect(total).toBe(3);
    const nothing = await operationsOf().batchExecuteSql('create temporary table if not exists once ()', [[]]);
    expect(nothing.results).toEqual([{ rows: [], affected: 0 }]);
  });

  it('are what a plain Kysely query gives, type parsers and plugins and all', async () => {
    const types = { getTypeParser: (oid: number) => (text: string) => `${oid} ${text}` };
    const pool = new pg.Pool({ ...yard.pool.options, types: types as pg.CustomTypesConfig });
    const db = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }), plugins: [new CamelCasePlugin()] });
    const { results } = await new BatchOperations({ table: crates, db }).batchExecuteSql(
      'select dock_id, label, null as none from crate where id = $1',
      [[1]],
    );
    const plain = await sql`select dock_id, label, null as none from crate where id = ${1}`.execute(db);
    expect(results).toEqual([{ rows: plain.rows, affected: 0 }]);
    expect(results[0]?.rows).toEqual([{ dockId: '23 1', label: '25 crate 1', none: null }]);
    await db.destroy();
  });

  it('are left out where only totals are asked for', async () => {
    const totals = await operationsOf().batchExecuteSql(
      heavier,
      range(1, 20).map((id) => [id, 1]),
      { returnRows: false },
    );
    expect(totals).toEqual({ total: 20, succeeded: 20, failed: 0, affected: 20, failures: [] });
  });

  it('see what the sets before them did', async () => {
    const { results } = await operationsOf().batchExecuteSql<{ weight: number }>(
      heavier,
      range(1, 10).map(() => [1, 1]),
    );
    expect(results.map((result) => result?.rows[0]?.weight)).toEqual(range(21, 30));
  });
});

describe('parameters', () => {
  it('may be everything that the driver takes', async () => {
    await yard.run(
      'create table pocket (n int, t text, b bytea, a int[], at timestamptz, j jsonb, f boolean, big bigint)',
    );
    const at = new Date('2024-02-29T11:22:33.456Z');
    const bytes = Buffer.from([0, 255, 92, 39]);
    const long = "'\\😀".repeat(100_000);
    const { results } = await operationsOf().batchExecuteSql(
      'insert into pocket values ($1, $2, $3, $4, $5, $6, $7, $8) returning *',
      [
        [1, long, bytes, [1, null, -1], at, { a: ['"'] }, true, 2n ** 62n],
        [null, null, null, null, null, null, null, null],
        ['3', '', new Uint8Array(0), [], at.toISOString(), '[]', 'f', '5'],
      ],
    );
    expect(results.map((result) => result?.rows[0])).toEqual([
      { n: 1, t: long, b: bytes, a: [1, null, -1], at, j: { a: ['"'] }, f: true, big: String(2n ** 62n) },
      { n: null, t: null, b: null, a: null, at: null, j: null, f: null, big: null },
      { n: 3, t: '', b: Buffer.alloc(0), a: [], at, j: [], f: false, big: '5' },
    ]);
  });
});

describe('sources', () => {
  it.each([
    ['a generator', (sets: readonly (readonly number[])[]) => sets.values()],
    ['a stream', (sets: readonly (readonly number[])[]) => Readable.from(sets) as AsyncIterable<readonly number[]>],
  ])('may be %s, which is read once and kept nowhere', async (_, of) => {
    const sets = range(1, 20).map((id) => [id, 1]);
    const { results, total } = await operationsOf().batchExecuteSql<{ id: number }>(heavier, of(sets), {
      strategy: 'pipelined',
    });
    expect(results.map((result) => result?.rows[0]?.id)).toEqual(range(1, 20));
    expect(total).toBe(20);
  });

  it('may be empty, and then nothing is sent', async () => {
    expect(await operationsOf().batchExecuteSql(heavier, [])).toEqual({
      ...{ total: 0, succeeded: 0, failed: 0, affected: 0, failures: [], results: [] },
    });
    expect(yard.statements).toEqual([]);
  });
});

describe('round trips', () => {
  /** Round trips of a call over n sets, and the names of what the client sent. */
  async function tripsOf(n: number, options: Parameters<typeof run>[2]): Promise<number> {
    await using proxy = await startFaultProxy({ target: String(yard.pool.options.connectionString) });
    const pool = new pg.Pool({ connectionString: proxy.connectionString, max: 2 });
    const db = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }) });
    await sql`select 1`.execute(db);
    proxy.clearMessages();
    await run(db, n, options).finally(() => db.destroy());
    return proxy.messages.filter(({ from, name }) => from === 'client' && (name === 'Sync' || name === 'Query')).length;
  }

  function run(
    db: Kysely<unknown>,
    n: number,
    options: Parameters<BatchOperations<typeof crates>['batchExecuteSql']>[2],
  ) {
    const operations = new BatchOperations({ table: crates, db, config: { batchSize: 50 } });
    return operations.batchExecuteSql(
      insert,
      range(1, n).map((i) => [20 + i, `new ${i}`]),
      options as { returnRows: false },
    );
  }

  it.each([
    // Of one chunk, a transaction of its own.
    [50, 'chunked', undefined, 1],
    [400, 'chunked', 'chunk', 8],
    [400, 'pipelined', 'chunk', 8],
    [400, 'single_query', undefined, 1],
    [400, 'optimistic', undefined, 1],
    // And BEGIN and COMMIT.
    [400, 'chunked', undefined, 10],
    [400, 'pipelined', undefined, 10],
  ] as const)('for %i sets in chunks of 50, %s, by %s, are %i', async (n, strategy, atomicity, expected) => {
    expect(await tripsOf(n, { strategy, ...(atomicity === undefined ? {} : { atomicity }) })).toBe(expected);
    expect(await countOf(yard)).toBe(20 + n);
  });

  it('are one for a chunk in a transaction of the caller’s, and two for the savepoint around the call', async () => {
    await yard.db.transaction().execute(async (db) => {
      const operations = new BatchOperations({ table: crates, db, config: { batchSize: 50 } });
      yard.statements.length = 0;
      await operations.batchExecuteSql(
        insert,
        range(1, 200).map((i) => [20 + i, `new ${i}`]),
      );
    });
    expect(withoutMoves(yard.statements).filter((text) => text !== 'commit')).toHaveLength(4 + 1);
  });
});

describe('what is told of a call', () => {
  it('are its progress, its metrics, a flight being a statement, and nothing of records', async () => {
    const told: BatchProgress[] = [];
    const never = () => {
      throw new Error('sets are no records');
    };
    const operations = operationsOf({ preProcess: never, postProcess: never });
    await operations.batchExecuteSql(
      heavier,
      range(1, 20).map((id) => [id, 1]),
      { onProgress: (one) => void told.push(one) },
    );
    expect(told.map(({ operation, processed, total }) => [operation, processed, total])).toEqual([
      ...[6, 12, 18, 20].map((processed) => ['batchExecuteSql', processed, 20]),
    ]);
    const { operations: all } = operations.getMetrics();
    expect(all['batchExecuteSql']).toMatchObject({ calls: 1, recordsSuccessful: 20, statements: 4, chunks: 4 });
    expect(all['batchExecuteSql']?.bytesSent).toBeGreaterThan(20 * 20);
  });
});
