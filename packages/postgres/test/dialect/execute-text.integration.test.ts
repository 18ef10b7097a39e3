import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CamelCasePlugin, Kysely, sql } from 'kysely';
import pg from 'pg';
import { executeText, executeTextSql, preparedStatement, UnoPostgresDialect } from '../../src/index.js';
import { failureOf } from '../support/conditions.js';
import { prepare, TestBed } from '../support/test-bed.js';

let bed: TestBed;
let db: Kysely<unknown>;

const types = pg.types.builtins;
const before = new Map([types.INT4, types.TEXT, types.BOOL].map((oid) => [oid, pg.types.getTypeParser(oid)]));

beforeAll(async () => {
  bed = await TestBed.create();
  const opened = bed.open({ pool: { max: 1 }, plugins: [new CamelCasePlugin()] });
  db = opened.db;
  await prepare(opened.pool, 'create table city (id integer primary key, full_name text)');
});
afterAll(() => bed.close());

describe('executeText', () => {
  it('gives each row as an array of what PostgreSQL wrote', async () => {
    const statement = { sql: "select 1::integer, true, null, 1.50::numeric, '{a,b}'::text[], '2024-02-29'::date" };
    expect(await executeText(db, statement)).toEqual({
      rows: [['1', 't', null, '1.50', '{a,b}', '2024-02-29']],
      affected: 0,
    });
  });

  it('keeps columns of one name apart', async () => {
    expect((await executeText(db, { sql: 'select 1 as x, 2 as x' })).rows).toEqual([['1', '2']]);
  });

  it('takes parameters', async () => {
    const { rows } = await executeText(db, { sql: 'select $1::integer + 1, $2::text' }, ['41', null]);
    expect(rows).toEqual([['42', null]]);
  });

  it('is not touched by type parsers that are set in the process', async () => {
    for (const oid of before.keys()) pg.types.setTypeParser(oid, () => 'spoilt');
    try {
      expect((await executeText(db, { sql: "select 1::integer, 'a'::text, true" })).rows).toEqual([['1', 'a', 't']]);
      expect((await sql`select 1::integer as x`.execute(db)).rows).toEqual([{ x: 'spoilt' }]);
    } finally {
      for (const [oid, parser] of before) pg.types.setTypeParser(oid, parser);
    }
  });

  it('is not touched by type parsers of the pool', async () => {
    const own = bed.open({ pool: { types: { getTypeParser: () => () => 'spoilt' } } });
    expect((await executeText(own.db, { sql: 'select 1::integer' })).rows).toEqual([['1']]);
  });

  it('is not touched by plugins', async () => {
    const { rows } = await executeText(db, { sql: `select '{"full_name":1}'::json as full_name` });
    expect(rows).toEqual([['{"full_name":1}']]);
  });

  it('says how many rows were written', async () => {
    const insert = { sql: "insert into city select x, 'n' from generate_series(1, 3) x returning id" };
    expect(await executeText(db, insert)).toMatchObject({ rows: [['1'], ['2'], ['3']], affected: 3 });
    expect((await executeText(db, { sql: 'update city set full_name = null where id > 1' })).affected).toBe(2);
    expect((await executeText(db, { sql: 'delete from city' })).affected).toBe(3);
  });

  it('joins the transaction it is given', async () => {
    const transaction = db.transaction().execute(async (trx) => {
      await executeText(trx, { sql: "insert into city values (1, 'a')" });
      throw new Error('of the caller');
    });
    await expect(transaction).rejects.toThrow('of the caller');
    expect((await executeText(db, { sql: 'select * from city' })).rows).toEqual([]);
  });

  it('gives errors of uno', async () => {
    await expect(executeText(db, { sql: 'select * from nowhere' })).rejects.toMatchObject({ code: 'UNO_STATEMENT' });
  });
});

describe('executeTextSql', () => {
  it('runs SQL of the tag, with the plugins applied to names but not to rows', async () => {
    await executeText(db, { sql: "insert into city values (7, 'Oslo')" });
    const query = sql`select ${sql.ref('fullName')} as full_name from city where id = ${7}`;
    expect((await executeTextSql(db, query)).rows).toEqual([['Oslo']]);
  });
});

describe('a prepared statement', () => {
  it('is prepared once for each connection and used again', async () => {
    const statement = preparedStatement('select $1::integer * 2');
    const results = [];
    for (const x of ['1', '2', '3']) results.push((await executeText(db, statement, [x])).rows);
    expect(results).toEqual([[['2']], [['4']], [['6']]]);
    const seen = await sql<{ statement: string; uses: string }>`
      select statement, generic_plans + custom_plans as uses from pg_prepared_statements where name = ${statement.name}
    `.execute(db);
    expect(seen.rows).toEqual([{ statement: 'select $1::integer * 2', uses: '3' }]);
  });

  it('has one name for one text, within the 63 bytes of an identifier', () => {
    const name = preparedStatement('select 1').name ?? '';
    expect(preparedStatement('select 1').name).toBe(name);
    expect(preparedStatement('select 2').name).not.toBe(name);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
  });

  it('can be repeated after it failed', async () => {
    const statement = preparedStatement('select 10 / $1::integer');
    expect(await failureOf(executeText(db, statement, ['0']))).toHaveProperty('sqlstate', '22012');
    expect((await executeText(db, statement, ['5'])).rows).toEqual([['2']]);
  });

  it('is prepared anew on a new connection', async () => {
    const pool = new pg.Pool({ connectionString: bed.connectionString, maxUses: 1 });
    pool.on('error', () => {});
    const fresh = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }) });
    const statement = preparedStatement('select pg_backend_pid()');
    const pids = [await executeText(fresh, statement), await executeText(fresh, statement)].map(({ rows }) => rows[0]);
    await fresh.destroy();
    expect(pids[0]).not.toEqual(pids[1]);
  });
});
