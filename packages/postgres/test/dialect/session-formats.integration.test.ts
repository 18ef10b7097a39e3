import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import { bytea, date, double, executeText, real, timestamptzDate } from '../../src/index.js';
import { prepare, TestBed } from '../support/test-bed.js';

let bed: TestBed;
let db: Kysely<unknown>;
let pool: pg.Pool;

beforeAll(async () => {
  bed = await TestBed.create();
  const name = pg.escapeIdentifier(bed.databaseName);
  const settings = {
    datestyle: "'SQL, DMY'",
    intervalstyle: "'iso_8601'",
    bytea_output: "'escape'",
    extra_float_digits: '0',
  };
  const statements = Object.entries(settings).map(([key, value]) => `alter database ${name} set ${key} = ${value}`);
  await prepare(await bed.session(), ...statements);
  ({ db, pool } = bed.open({ pool: { max: 1 } }));
});
afterAll(() => bed.close());

async function textOfValue(expression: string): Promise<string> {
  return (await executeText(db, { sql: `select ${expression}` })).rows[0]?.[0] ?? 'null';
}

describe('a session of a database with formats of its own', () => {
  it('really has those formats where uno does not set them', async () => {
    const plain = await bed.session();
    const { rows } = await plain.query("select '2024-02-29'::date::text as day, '\\x00ff'::bytea::text as bytes");
    expect(rows).toEqual([{ day: '29/02/2024', bytes: '\\000\\377' }]);
  });

  it.each([
    ['a date', "'2024-02-29'::date", '2024-02-29'],
    ['a date whose text could be read two ways', "'2024-02-03'::date", '2024-02-03'],
    ['a timestamp', "'2024-02-29 12:34:56.789'::timestamp", '2024-02-29 12:34:56.789'],
    ['a moment', "'2024-02-29 12:34:56+00'::timestamptz at time zone 'UTC'", '2024-02-29 12:34:56'],
    ['an interval', "'1 year 2 days 03:04:05'::interval", '1 year 2 days 03:04:05'],
    ['bytes', "'\\x00ff'::bytea", '\\x00ff'],
    ['a double', '0.1::float8 + 0.2::float8', '0.30000000000000004'],
    ['a single', '(1::float4 / 3::float4)', '0.33333334'],
  ])('writes %s as uno reads it', async (_what, expression, expected) => {
    expect(await textOfValue(expression)).toBe(expected);
  });

  it('reads dates as uno writes them, day and month never exchanged', async () => {
    const { rows } = await executeText(db, { sql: 'select extract(month from $1::date)' }, [date.encode('2024-02-03')]);
    expect(rows).toEqual([['2']]);
  });

  it('round-trips values of the types concerned', async () => {
    const moment = new Date('2024-02-29T12:34:56.789Z');
    const bytes = new Uint8Array([0, 255, 92, 39]);
    const values = [timestamptzDate.encode(moment), bytea.encode(bytes), double.encode(0.1 + 0.2), real.encode(0.5)];
    const statement = { sql: 'select $1::timestamptz(3), $2::bytea, $3::float8, $4::float4' };
    const [row] = (await executeText(db, statement, values)).rows;
    const [a = '', b = '', c = '', d = ''] = (row ?? []).map(String);
    expect(timestamptzDate.decode(a)).toEqual(moment);
    expect(bytea.decode(b)).toEqual(bytes);
    expect([double.decode(c), real.decode(d)]).toEqual([0.1 + 0.2, 0.5]);
  });

  it('keeps the formats when a transaction is rolled back', async () => {
    const transaction = db.transaction().execute(async (trx) => {
      await sql`set local datestyle = 'German'`.execute(trx);
      throw new Error('of the caller');
    });
    await expect(transaction).rejects.toThrow('of the caller');
    expect(await textOfValue("'2024-02-29'::date")).toBe('2024-02-29');
  });

  it('is given its formats once for each connection, not once for each query', async () => {
    const counted = bed.open({ pool: { max: 1 } });
    const sent: string[] = [];
    counted.pool.on('connect', (client) => {
      const { query } = client;
      Object.assign(client, {
        query: (config: { text: string }) => {
          sent.push(config.text);
          return Reflect.apply(query, client, [config]);
        },
      });
    });
    for (let i = 0; i < 3; i++) await executeText(counted.db, { sql: 'select 1' });
    expect(sent.map((text) => text.slice(0, 8))).toEqual(['select s', 'select 1', 'select 1', 'select 1']);
  });

  it('gets them on every new connection', async () => {
    const pids = new Set<string>();
    for (let i = 0; i < 2; i++) {
      pids.add(await textOfValue('pg_backend_pid()'));
      expect(await textOfValue("'2024-02-29'::date")).toBe('2024-02-29');
      const client = await pool.connect();
      client.release(true);
    }
    expect(pids.size).toBe(2);
  });
});
