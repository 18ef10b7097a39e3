import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CamelCasePlugin, Kysely, sql } from 'kysely';
import {
  ConfigError,
  type CopyPiece,
  type CopySource,
  copyIn,
  executeText,
  scopeOf,
  UnoPostgresDialect,
} from '../../src/index.js';
import { anyText } from '../support/arbitraries.js';
import { backendPid } from '../support/backend-pid.js';
import { cityIds, createCities, intoCities, line, lines } from '../support/cities.js';
import { failureOf, until } from '../support/conditions.js';
import { hiddenPool } from '../support/hidden-pool.js';
import { runs } from '../support/round-trip.js';
import { slowly } from '../support/slowly.js';
import { prepare, TestBed } from '../support/test-bed.js';
import { throughPort } from '../support/through-port.js';
import { anonymousTls, TlsProxy } from '../support/tls-proxy.js';

let bed: TestBed;
let db: Kysely<unknown>;

beforeAll(async () => {
  bed = await TestBed.create();
  const opened = bed.open({ pool: { max: 1 }, plugins: [new CamelCasePlugin()] });
  db = opened.db;
  await prepare(
    opened.pool,
    createCities,
    'create schema "Odd ""schema"""',
    'create table "Odd ""schema"""."select" (position serial, "a b" text, "C""" text default $$d$$)',
    `create function drop_odd() returns trigger language plpgsql as
      $$ begin if new.id % 2 = 1 then return null; end if; return new; end $$`,
    'create table even (id integer)',
    'create trigger drop_odd before insert on even for each row execute function drop_odd()',
  );
});
beforeEach(() => executeText(db, { sql: 'truncate city' }));
afterAll(() => bed.close());

const whole = [...lines(5)].join('');

describe('the data', () => {
  it.each<[string, () => CopySource]>([
    ['text', () => whole],
    ['bytes', () => Buffer.from(whole)],
    ['a Uint8Array', () => new TextEncoder().encode(whole)],
    ['an array', () => [...lines(5)]],
    ['a generator', () => lines(5)],
    ['a generator of bytes', () => [...lines(5)].map((text) => Buffer.from(text)).values()],
    ['an asynchronous generator', () => slowly(lines(5))],
    ['a stream of bytes', () => Readable.from([...lines(5)].map((text) => Buffer.from(text)))],
    ['a stream of text', () => Readable.from(lines(5))],
    ['text without the end of its last line', () => whole.slice(0, -1)],
  ])('may be %s', async (_what, data) => {
    expect(await copyIn(db, intoCities, data())).toEqual({ affected: 5 });
    expect(await cityIds(db)).toEqual([1, 2, 3, 4, 5]);
  });

  it.each<[string, () => CopySource]>([
    ['text', () => ''],
    ['bytes', () => new Uint8Array()],
    ['no pieces', () => []],
    ['no pieces, later', () => slowly([])],
    ['empty pieces', () => ['', new Uint8Array()]],
  ])('may be empty: %s', async (_what, data) => {
    expect(await copyIn(db, intoCities, data())).toEqual({ affected: 0 });
  });

  const name = 'é😀\u2028'.repeat(1_000_000);
  const large = line(1, name);

  it.each<[string, CopySource]>([
    ['text of megabytes', large],
    ['bytes of megabytes', Buffer.from(large)],
    ['large pieces', [large.slice(0, 2_000_000), large.slice(2_000_000)]],
    ['large pieces, later', slowly([large.slice(0, 1_000_001), large.slice(1_000_001)])],
  ])('may be %s', async (_what, data) => {
    expect(await copyIn(db, intoCities, data)).toEqual({ affected: 1 });
    const { rows } = await executeText(db, { sql: 'select name = $1 from city' }, [name]);
    expect(rows).toEqual([['t']]);
  });

  it('may be cut anywhere into text and bytes', async () => {
    const rows = fc.array(fc.tuple(anyText, fc.nat(80_000)), { minLength: 1, maxLength: 4 });
    const cuts = fc.array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(rows, cuts, fc.boolean(), async (all, at, later) => {
        // Long enough for several messages, and with characters of every length where it is cut.
        const names = all.map(([text, length]) => text + '€😀é'.repeat(Math.ceil(length / 3)));
        const pieces = cut(names.map((text, id) => line(id, text)).join(''), at);
        await executeText(db, { sql: 'truncate city' });
        expect(await copyIn(db, intoCities, later ? slowly(pieces) : pieces)).toEqual({ affected: names.length });
        const stored = await executeText(db, { sql: 'select name from city order by id' });
        expect(stored.rows).toEqual(names.map((text) => [text]));
      }),
      runs,
    );
  });

  /** Text is cut between any UTF-16 units, and bytes, which are made of well-formed text, between any bytes. */
  function cut(data: string, at: readonly (readonly [number, boolean])[]): CopyPiece[] {
    const places = [...at].map(([place, bytes]) => ({ place: place % (data.length + 1), bytes }));
    places.sort((one, other) => one.place - other.place);
    const pieces: CopyPiece[] = [];
    let start = 0;
    for (const { place, bytes } of [...places, { place: data.length, bytes: false }]) {
      const piece = data.slice(start, place);
      if (!bytes || !piece.isWellFormed() || !data.slice(place).isWellFormed()) {
        pieces.push(piece);
      } else {
        const encoded = Buffer.from(piece);
        const middle = encoded.length >> 1;
        pieces.push(encoded.subarray(0, middle), encoded.subarray(middle));
      }
      start = place;
    }
    return pieces;
  }

  it('that is none is refused before anything is sent', async () => {
    const fresh = bed.open({ pool: { max: 1 } });
    for (const none of [undefined, null, 7, {}]) {
      const error = await failureOf(Reflect.apply(copyIn, undefined, [fresh.db, intoCities, none]));
      expect(error).toBeInstanceOf(ConfigError);
    }
    expect(fresh.pool.totalCount).toBe(0);
  });
});

describe('the statement', () => {
  it('quotes its names, and leaves other columns to their defaults', async () => {
    const into = { table: ['Odd "schema"', 'select'], columns: ['a b'] };
    expect(await copyIn(db, into, 'x\ny\n')).toEqual({ affected: 2 });
    const { rows } = await sql<object>`select * from "Odd ""schema"""."select" order by position`.execute(
      db.withoutPlugins(),
    );
    expect(rows).toEqual([
      { position: 1, 'a b': 'x', 'C"': 'd' },
      { position: 2, 'a b': 'y', 'C"': 'd' },
    ]);
  });

  it.each([
    { table: [], columns: ['id'] },
    { table: ['city'], columns: [] },
  ])('has to name a table and columns: $table, $columns', async (into) => {
    expect(await failureOf(copyIn(db, into, ''))).toBeInstanceOf(ConfigError);
  });

  it('counts what was stored, without what a trigger dropped', async () => {
    expect(await copyIn(db, { table: ['even'], columns: ['id'] }, '1\n2\n3\n4\n5\n')).toEqual({ affected: 2 });
  });
});

describe('the connection', () => {
  it('is that of the transaction', async () => {
    const transaction = db.transaction().execute(async (trx) => {
      await executeText(trx, { sql: "insert into city values (1, 'a')" });
      await copyIn(trx, intoCities, line(2));
      expect(await cityIds(trx)).toEqual([1, 2]);
      throw new Error('of the caller');
    });
    expect(await failureOf(transaction)).toEqual(new Error('of the caller'));
    expect(await cityIds(db)).toEqual([]);
  });

  it('is that which was taken from the pool', async () => {
    await db.connection().execute(async (connection) => {
      await executeText(connection, { sql: 'create temp table own (like city)' });
      expect(await copyIn(connection, { table: ['pg_temp', 'own'], columns: ['id', 'name'] }, whole)).toEqual({
        affected: 5,
      });
      await executeText(connection, { sql: 'drop table own' });
    });
  });

  it('stays', async () => {
    const pid = await backendPid(db);
    await copyIn(db, intoCities, whole);
    await copyIn(db, intoCities, slowly([line(6)]));
    expect(await backendPid(db)).toBe(pid);
  });

  it('may be encrypted', async () => {
    const tls = await TlsProxy.before(bed.connectionString);
    const connectionString = throughPort(bed.connectionString, tls.port);
    const secure = bed.open({ pool: { connectionString, max: 1, ssl: anonymousTls } });
    const name = 'x'.repeat(5_000_000);
    expect(await copyIn(secure.db, intoCities, [line(1, name), Buffer.from(line(2, name))])).toEqual({ affected: 2 });
    expect(await failureOf(copyIn(secure.db, intoCities, [line(1), line(3, name)]))).toMatchObject({
      sqlstate: '23505',
    });
    const { rows } = await executeText(secure.db, { sql: 'select id, length(name) from city order by id' });
    expect(rows).toEqual([
      ['1', '5000000'],
      ['2', '5000000'],
    ]);
    await secure.db.destroy();
    await tls.close();
  });

  it('may be had from a pool that does not expose its sockets', async () => {
    const hidden = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool: hiddenPool(bed.connectionString) }) });
    const told: number[] = [];
    await copyIn(hidden, intoCities, lines(5), { onSent: (bytes) => told.push(bytes) });
    expect(await cityIds(db)).toEqual([1, 2, 3, 4, 5]);
    expect(told).toEqual([0]);
    await hidden.destroy();
  });

  it('of a client that cannot copy, as that of pg-native, is refused and closed', async () => {
    const native = bed.open({ pool: { max: 1 } });
    native.pool.on('acquire', (client) => {
      const query = client.query.bind(client);
      Object.assign(client, {
        query: (what: object) => {
          if (!('submit' in what && typeof what.submit === 'function')) return Reflect.apply(query, undefined, [what]);
          what.submit(client);
          throw new TypeError('query.once is not a function');
        },
      });
    });
    const error = await failureOf(copyIn(native.db, intoCities, whole));
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain('pg-native');
    await until('it is closed', async () => native.pool.totalCount === 0);
    expect(await cityIds(db)).toEqual([]);
  });

  it('that pipelines is refused, and nothing is stored', async () => {
    const pipelined = bed.open({ pool: { ...{ max: 1, pipeline: true } } });
    expect(await failureOf(copyIn(pipelined.db, intoCities, whole))).toMatchObject({ code: 'UNO_STATEMENT' });
    expect(await cityIds(db)).toEqual([]);
  });
});

describe('a copy', () => {
  it('is one statement of its transaction', async () => {
    await db.transaction().execute(async (trx) => {
      const scope = await scopeOf(trx);
      const before = scope?.statements ?? Number.NaN;
      await copyIn(trx, intoCities, whole);
      expect(scope?.statements).toBe(before + 1);
    });
  });

  it('tells its bytes, of the statement and of the data', async () => {
    const told: number[] = [];
    await copyIn(db, intoCities, [line(1), line(2)], { onSent: (bytes) => told.push(bytes) });
    const statement = 'copy "city" ("id", "name") from stdin';
    // Each message has its type, its length, and the first a zero at its end.
    expect(told).toEqual([5 + statement.length + 1 + 5 + line(1).length + line(2).length + 5]);
  });
});
