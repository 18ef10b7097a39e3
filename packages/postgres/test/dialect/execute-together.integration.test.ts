import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type FaultProxy, startFaultProxy } from '@uno/testing';
import { CamelCasePlugin, CompiledQuery, type Kysely, sql } from 'kysely';
import type pg from 'pg';
import {
  ConfigError,
  executeText,
  executeTogether,
  failedRequest,
  objectsOf,
  preparedStatement,
  type Queryable,
  type TogetherRequest,
  TransactionAbortedError,
} from '../../src/index.js';
import { backendPid } from '../support/backend-pid.js';
import { failureOf } from '../support/conditions.js';
import { createNotes, notes } from '../support/notes.js';
import { prepare, TestBed } from '../support/test-bed.js';

let bed: TestBed;
let proxy: FaultProxy;
let db: Kysely<unknown>;
let pool: pg.Pool;

beforeAll(async () => {
  bed = await TestBed.create();
  proxy = await startFaultProxy({ target: bed.connectionString });
  ({ db, pool } = bed.open({ pool: { max: 1, connectionString: proxy.connectionString } }));
  await prepare(pool, createNotes, 'create table late (id integer unique deferrable initially deferred)');
});
beforeEach(() => prepare(pool, 'truncate note, late'));
afterAll(async () => {
  await bed.close();
  await proxy.close();
});

/** One statement for each list of parameters. */
function each(text: string, ...parameters: readonly (readonly unknown[])[]): TogetherRequest[] {
  return parameters.map((own) => ({ statement: { sql: text }, parameters: own }));
}

const insert = (...texts: string[]) => each('insert into note values ($1)', ...texts.map((text) => [text]));

/** The names of the messages that a call sends. */
async function sentBy(run: () => Promise<unknown>): Promise<string[]> {
  await executeText(db, { sql: 'select 1' });
  proxy.clearMessages();
  await run();
  return proxy.messages.filter(({ from }) => from === 'client').map(({ name }) => name);
}

describe('statements that are sent together', () => {
  it('give what each gives alone, in their order', async () => {
    const requests = [
      ...each('select $1::integer + 1, $2::text', ['41', null], [1, 'b']),
      ...insert('a', 'b'),
      ...each("update note set text = text || '!' returning text", []),
      { statement: { sql: 'create table if not exists note ()' } },
      ...each('delete from note where text like $1', ['a%']),
      ...each('', []),
      ...each('select text from note', []),
    ];
    const together = await executeTogether(db, requests);
    expect(together.map(({ rows, affected }) => ({ rows, affected }))).toEqual([
      { rows: [['42', null]], affected: 0 },
      { rows: [['2', 'b']], affected: 0 },
      { rows: [], affected: 1 },
      { rows: [], affected: 1 },
      { rows: [['a!'], ['b!']], affected: 2 },
      { rows: [], affected: 0 },
      { rows: [], affected: 1 },
      { rows: [], affected: 0 },
      { rows: [['b!']], affected: 0 },
    ]);
  });

  it('are one round trip, in which a statement is prepared and described once', async () => {
    const sent = await sentBy(() => executeTogether(db, insert('a', 'b', 'c')));
    expect(sent).toEqual(['Parse', 'Bind', 'Describe', 'Execute', 'Bind', 'Execute', 'Bind', 'Execute', 'Sync']);
    const received = proxy.messages.filter(({ from }) => from === 'server').map(({ name }) => name);
    expect(received.filter((name) => name === 'ReadyForQuery')).toHaveLength(1);
  });

  it('are nothing where there are none', async () => {
    expect(await sentBy(() => executeTogether(db, []))).toEqual([]);
  });

  it('may be very many', async () => {
    const many = Array.from({ length: 50_000 }, (_, i) => [i]);
    const results = await executeTogether(bed.open().db, each('select $1::integer', ...many));
    expect(results.map(({ rows }) => Number(rows[0]?.[0]))).toEqual(many.map(([i]) => i));
  });

  it('take parameters of every kind and size', async () => {
    const long = 'ß😀'.repeat(300_000);
    const bytes = Buffer.alloc(1_000_000, 7);
    const text = 'select $1::text, md5($2::bytea), $3::integer[], $4::timestamptz = $5, $6::boolean, $7::jsonb';
    const moment = new Date('2024-02-29T12:00:00.123Z');
    const own = [long, bytes, [1, null, 3], moment, moment.toISOString(), true, { a: [1] }];
    const results = await executeTogether(db, each(text, own, [null, null, null, null, null, null, null]));
    const md5 = (await pool.query('select md5($1::bytea) as md5', [bytes])).rows[0].md5;
    expect(results.map(({ rows }) => rows)).toEqual([
      [[long, md5, '{1,NULL,3}', 't', 't', '{"a": [1]}']],
      [[null, null, null, null, null, null]],
    ]);
  });

  it('let the rows go where they are not kept', async () => {
    const requests = each('select x from generate_series(1, $1) x', [3], [2], [1]).map((request, i) => ({
      ...request,
      keepRows: i === 1,
    }));
    const results = await executeTogether(db, requests);
    expect(results.map(({ rows }) => rows)).toEqual([[], [['1'], ['2']], []]);
    const [written] = await executeTogether(db, [
      { statement: { sql: 'insert into note values ($1) returning text' }, parameters: ['a'], keepRows: false },
    ]);
    expect(written).toMatchObject({ rows: [], affected: 1 });
  });

  it('are told of once, with all their bytes', async () => {
    const told: number[] = [];
    const onSent = (bytes: number) => told.push(bytes);
    await executeTogether(db, insert('a'.repeat(100_000), 'b'.repeat(200_000)), { onSent });
    await failureOf(executeTogether(db, insert('a', 'a'), { onSent }));
    expect(told).toEqual([expect.any(Number), expect.any(Number)]);
    expect(told[0]).toBeGreaterThan(300_000);
    expect(told[0]).toBeLessThan(301_000);
  });

  it('are shown to whoever looks on as one query', async () => {
    const logged: unknown[] = [];
    const own = bed.open({ pool: { max: 1 }, log: ({ query }) => void logged.push(query.sql, query.parameters) });
    await executeTogether(own.db, [...each('select $1::text', ['a'], [null]), ...each('select 2', [])]);
    expect(logged).toEqual(['select $1::text;\nselect 2', [['a'], [null], []]]);
  });

  it('are not all shown where they are many', async () => {
    const logged: string[] = [];
    const own = bed.open({ pool: { max: 1 }, log: ({ query }) => void logged.push(query.sql) });
    await executeTogether(
      own.db,
      Array.from({ length: 15 }, (_, i) => ({ statement: { sql: `select ${i}` } })),
    );
    expect(logged).toEqual([expect.stringMatching(/^select 0;\n.*select 9;\n-- and 5 more$/s)]);
  });
});

describe('rows as objects', () => {
  const requests = [
    ...each('select $1::integer as id, $2::timestamptz as made_at, null as nothing, 1 as twice, 2 as twice', [
      7,
      new Date(0),
    ]),
    ...each('select x as id, x > 1 as "__proto__" from generate_series(1, 2) x', []),
    ...each('select where false', []),
  ];

  async function expected(on: Kysely<unknown>): Promise<unknown[]> {
    const results = [];
    for (const { statement, parameters = [] } of requests) {
      results.push((await on.executeQuery(CompiledQuery.raw(statement.sql, [...(parameters as unknown[])]))).rows);
    }
    return results;
  }

  it('are what a plain query gives', async () => {
    expect(await objectsOf(db, await executeTogether(db, requests))).toEqual(await expected(db));
  });

  it('are made by the type parsers of the pool and the plugins of the database', async () => {
    const types = { getTypeParser: (oid: number) => (text: string) => `${oid} ${text}` };
    const own = bed.open({ pool: { max: 1, types }, plugins: [new CamelCasePlugin()] }).db;
    const made = await objectsOf(own, await executeTogether(own, requests));
    expect(made).toEqual(await expected(own));
    expect(made[0]?.[0]).toHaveProperty('madeAt', expect.stringMatching(/^1184 /));
  });

  it('are refused where a type parser throws, and the connection is as before', async () => {
    const types = {
      getTypeParser: () => () => {
        throw new Error('of the parser');
      },
    };
    const own = bed.open({ pool: { max: 1, types: types as pg.CustomTypesConfig } }).db;
    const results = await executeTogether(own, each('select 1', []));
    const error = await failureOf(objectsOf(own, results));
    expect(error).toMatchObject({ code: 'UNO_STATEMENT', cause: { message: 'of the parser' } });
    expect((await executeText(own, { sql: 'select 1' })).rows).toEqual([['1']]);
  });
});

describe('a statement that fails among others', () => {
  it.each([
    ['the first', ['a', 'b', 'c', 'd'], ['a'], 0],
    ['one in between', ['a', 'b', 'b', 'd'], [], 2],
    ['the last', ['a', 'b', 'c', 'a'], [], 3],
  ])('is named, and nothing of the others stays: %s', async (_, texts, before, position) => {
    await executeTogether(db, insert(...before));
    const error = await failureOf(executeTogether(db, insert(...texts)));
    expect(error).toMatchObject({ code: 'UNO_CONSTRAINT', sqlstate: '23505', constraint: 'note_pkey' });
    expect(failedRequest(error)).toBe(position);
    expect(await notes(db)).toEqual(before);
  });

  it('may be one that cannot be prepared, or bound', async () => {
    const errors = [];
    for (const wrong of [
      each('select nonsense', []),
      each('select $1::integer', ['x']),
      each('select 1; select 2', []),
    ]) {
      errors.push(await failureOf(executeTogether(db, [...insert('a', 'b'), ...wrong, ...insert('c')])));
    }
    expect(errors.map(failedRequest)).toEqual([2, 2, 2]);
    expect(errors).toMatchObject([{ sqlstate: '42703' }, { sqlstate: '22P02' }, { sqlstate: '42601' }]);
    expect(await notes(db)).toEqual([]);
  });

  it('is none of them where the end of them all is refused', async () => {
    const error = await failureOf(executeTogether(db, each('insert into late values ($1)', [1], [1], [2])));
    expect([error, failedRequest(error)]).toMatchObject([{ code: 'UNO_CONSTRAINT' }, 3]);
  });

  it('leaves a transaction of the caller’s to be rolled back', async () => {
    const transaction = db.transaction().execute(async (trx) => {
      const error = await failureOf(executeTogether(trx, insert('a', 'b', 'a')));
      expect(failedRequest(error)).toBe(2);
      await executeText(trx, { sql: 'select 1' });
    });
    expect(await failureOf(transaction)).toBeInstanceOf(TransactionAbortedError);
    expect(await notes(db)).toEqual([]);
  });

  it('leaves the connection usable, wherever in how many pieces it is', async () => {
    const direct = bed.open({ pool: { max: 1 } }).db;
    const pid = await backendPid(direct);
    const wide = Array.from({ length: 3_000 }, (_, i) => `${i}${'x'.repeat(500)}`);
    for (const at of [0, 1, 1_500, 2_999]) {
      const requests = insert(...wide).with(at, { statement: { sql: 'select 1 / 0' } });
      const error = await failureOf(executeTogether(direct, requests));
      expect([error, failedRequest(error)]).toMatchObject([{ sqlstate: '22012' }, at]);
      expect(await backendPid(direct)).toBe(pid);
    }
    expect(await notes(db)).toEqual([]);
  });

  it('keeps what is behind it from being sent where it has not been yet', async () => {
    const wide = Array.from({ length: 40 }, (_, i) => `${i}${'x'.repeat(1_000_000)}`);
    const told: number[] = [];
    const requests = [...each('select 1 / 0', []), ...each('select length($1)', ...wide.map((text) => [text]))];
    await failureOf(executeTogether(db, requests, { onSent: (bytes) => told.push(bytes) }));
    expect(told[0]).toBeLessThan(30_000_000);
  });
});

describe('a request that cannot be sent', () => {
  it('is named, and nothing was sent', async () => {
    let error: unknown;
    const requests = each('select $1::text', ['a'], ['b\0'], ['c']);
    const sent = await sentBy(async () => {
      error = await failureOf(executeTogether(db, requests));
    });
    expect([sent, failedRequest(error)]).toEqual([[], 1]);
    expect(error).toMatchObject({ code: 'UNO_VALIDATION', message: expect.stringContaining('Parameter $1') });
  });

  it('is a COPY, in whichever way it is written', async () => {
    for (const copy of [
      'copy note from stdin',
      ' COPY note to stdout',
      '/* */ copy note from stdin',
      '/**/copy note to stdout',
    ]) {
      await executeTogether(db, insert(copy));
      const error = await failureOf(executeTogether(db, each(copy, [])));
      expect(error).toBeInstanceOf(ConfigError);
      const among = await failureOf(
        db.transaction().execute((trx) => executeTogether(trx, [...insert('b'), ...each(copy, []), ...insert('c')])),
      );
      expect(among).toBeInstanceOf(ConfigError);
      expect(await notes(db)).not.toContain('b');
    }
  });
});

describe('a prepared statement among others', () => {
  const doubled = preparedStatement('select $1::integer * 2');
  const twice = (x: number) => ({ statement: doubled, parameters: [x] });

  async function uses(on: Queryable): Promise<unknown> {
    const { rows } = await executeText(
      on,
      { sql: 'select generic_plans + custom_plans from pg_prepared_statements where name = $1' },
      [doubled.name],
    );
    return rows;
  }

  it('is known to those that are sent alone, and the other way round', async () => {
    const fresh = bed.open({ pool: { max: 1 } }).db;
    await executeTogether(fresh, [twice(1), ...insert('a'), twice(2)]);
    expect((await executeText(fresh, doubled, ['3'])).rows).toEqual([['6']]);
    expect((await executeTogether(fresh, [twice(4)]))[0]?.rows).toEqual([['8']]);
    expect(await uses(fresh)).toEqual([['4']]);
  });

  it('is kept when a later statement fails, and when its own transaction is rolled back', async () => {
    const fresh = bed.open({ pool: { max: 1 } }).db;
    await failureOf(executeTogether(fresh, [...each('select 1', []), twice(1), ...each('select 1 / 0', [])]));
    await failureOf(executeTogether(fresh, [{ statement: doubled, parameters: ['x'] }]));
    expect((await executeTogether(fresh, [twice(1)]))[0]?.rows).toEqual([['2']]);
    expect((await executeText(fresh, doubled, ['3'])).rows).toEqual([['6']]);
  });

  it('is forgotten when it could not be prepared', async () => {
    const fresh = bed.open({ pool: { max: 1 } }).db;
    const late = preparedStatement('select id from made_later');
    expect(await failureOf(executeTogether(fresh, [{ statement: late }]))).toMatchObject({ sqlstate: '42P01' });
    await executeTogether(fresh, each('create table made_later (id integer)', []));
    expect((await executeTogether(fresh, [{ statement: late }]))[0]?.rows).toEqual([]);
    expect((await executeText(fresh, late)).rows).toEqual([]);
  });

  it('is not prepared where one before it has failed', async () => {
    const fresh = bed.open({ pool: { max: 1 } }).db;
    await failureOf(executeTogether(fresh, [...each('select 1 / 0', []), twice(1)]));
    expect((await executeText(fresh, doubled, ['3'])).rows).toEqual([['6']]);
  });

  it('cannot share its name with another one', async () => {
    const { name } = doubled;
    const other = { statement: { sql: 'select 1', name }, parameters: [] };
    expect(await failureOf(executeTogether(db, [twice(1), other]))).toBeInstanceOf(ConfigError);
    await executeTogether(db, [twice(1)]);
    expect(await failureOf(executeTogether(db, [other]))).toBeInstanceOf(ConfigError);
  });

  it('fails once when its table was altered, and then works on a new connection', async () => {
    const statement = preparedStatement('select id from altered');
    await executeText(db, { sql: 'create table altered (id integer)' });
    await executeTogether(db, [{ statement }]);
    await executeText(db, { sql: 'alter table altered alter id type bigint' });
    const error = await failureOf(executeTogether(db, [{ statement }, { statement }]));
    expect(error).toMatchObject({ sqlstate: '0A000', retry: 'whole-transaction' });
    expect(await executeTogether(db, [{ statement }])).toHaveLength(1);
  });
});

describe('in a transaction of the caller’s', () => {
  it('they see what was written before, and are rolled back with it', async () => {
    const transaction = db.transaction().execute(async (trx) => {
      await sql`insert into note values ('before')`.execute(trx);
      const [, found] = await executeTogether(trx, [...insert('a'), ...each('select text from note order by 1', [])]);
      expect(found?.rows).toEqual([['a'], ['before']]);
      throw new Error('of the caller');
    });
    expect(await failureOf(transaction)).toMatchObject({ message: 'of the caller' });
    expect(await notes(db)).toEqual([]);
  });

  it('they take turns with what began before and comes after', async () => {
    const order: unknown[] = [];
    await db.transaction().execute(async (trx) => {
      const note = (what: string) => (result: unknown) => void order.push([what, result]);
      const count = each('select count(*) from note', []);
      await Promise.all([
        executeText(trx, { sql: "insert into note values ('a')" }).then(note('alone')),
        executeTogether(trx, [...insert('b', 'c'), ...count]).then((results) => note('together')(results[2]?.rows)),
        executeTogether(trx, [...insert('d'), ...count]).then((results) => note('next')(results[1]?.rows)),
      ]);
    });
    expect(order).toEqual([
      ['alone', expect.anything()],
      ['together', [['3']]],
      ['next', [['4']]],
    ]);
  });

  it('they are refused when it has ended', async () => {
    let ended: Queryable | undefined;
    await db.transaction().execute(async (trx) => {
      ended = trx;
    });
    expect(await failureOf(executeTogether(ended ?? db, insert('a')))).toBeInstanceOf(ConfigError);
  });
});

describe('over a client that sends ahead by itself', () => {
  it('they are refused, as cursors are', async () => {
    const pipelined = bed.open({ pool: { max: 1, pipeline: true } });
    expect(await failureOf(executeTogether(pipelined.db, insert('a')))).toMatchObject({ code: 'UNO_STATEMENT' });
    expect(await notes(pipelined.db)).toEqual([]);
  });
});
