import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../src/index.js';
import { until } from '../support/conditions.js';
import { FaultyDatabase } from '../support/faulty-session.js';

let database: TestDatabase;
let faulty: FaultyDatabase;

beforeAll(async () => {
  database = await createTestDatabase({ name: 'faults' });
});
afterAll(() => database.drop());
beforeEach(async () => {
  faulty = await FaultyDatabase.on(database);
});
afterEach(() => faulty[Symbol.asyncDispose]());

const LOST = /Connection terminated/;
/** What the server has said since the client's message of that text. */
const serverMessagesSince = (text: string) => {
  const { messages } = faulty.proxy;
  const since = messages.findIndex((message) => message.text === text);
  expect(since).not.toBe(-1);
  return messages.slice(since).filter(({ from }) => from === 'server');
};

describe('cut', () => {
  it('at the Bind of a statement loses the connection with the statement not executed', async () => {
    const session = await faulty.session();
    const fault = faulty.proxy.inject({ when: { name: 'Bind' }, action: 'cut' });
    await expect(session.client.query('INSERT INTO t VALUES ($1)', [1])).rejects.toThrow(LOST);
    await expect(fault.fired).resolves.toEqual({ connection: 1, from: 'client', name: 'Bind' });
    await session.ended;
    await faulty.untilServerEnds(session);
    expect(await faulty.ids()).toEqual([]);
    expect(faulty.proxy.connections).toBe(0);
  });

  it('of a server message has the client get what came before it, and not the message', async () => {
    const { client } = await faulty.session();
    faulty.proxy.inject({ when: { from: 'server', name: 'DataRow', nth: 3 }, action: 'cut' });
    const rows: unknown[] = [];
    const query = client.query(new pg.Query('SELECT generate_series(1, 5) AS n'));
    query.on('row', (row: unknown) => rows.push(row));
    await expect(new Promise((resolve, reject) => query.on('end', resolve).on('error', reject))).rejects.toThrow(LOST);
    expect(rows).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('of a ReadyForQuery leaves a client in doubt about a statement that was committed', async () => {
    const { client } = await faulty.session();
    faulty.proxy.inject({ when: { name: 'ReadyForQuery' }, action: 'cut' });
    await expect(client.query('INSERT INTO t VALUES (1)')).rejects.toThrow(LOST);
    expect(await faulty.ids()).toEqual([1]);
  });
});

describe('cut-after', () => {
  it('of a COMMIT has it done, and the client lose its connection without an answer', async () => {
    const session = await faulty.session();
    await session.client.query('BEGIN');
    await session.client.query('INSERT INTO t VALUES (1)');
    const fault = faulty.proxy.inject({ when: { name: 'Query', text: 'COMMIT' }, action: 'cut-after' });
    await expect(session.client.query('COMMIT')).rejects.toThrow(LOST);
    await fault.fired;
    await faulty.untilServerEnds(session);
    expect(await faulty.ids()).toEqual([1]);
    expect(serverMessagesSince('COMMIT')).toEqual([]);
  });

  it('has the server get all of a long message', async () => {
    const session = await faulty.session();
    const sql = `INSERT INTO t VALUES (1, '${'x'.repeat(30_000_000)}')`;
    faulty.proxy.inject({ when: { text: /^INSERT/ }, action: 'cut-after' });
    await expect(session.client.query(sql)).rejects.toThrow(LOST);
    await faulty.untilServerEnds(session);
    expect(await faulty.directly('SELECT length(label) AS length FROM t')).toEqual([{ length: 30_000_000 }]);
  });

  it('of an Execute has nothing committed, as the Sync after it is not passed on', async () => {
    const session = await faulty.session();
    faulty.proxy.inject({ when: { name: 'Execute' }, action: 'cut-after' });
    await expect(session.client.query('INSERT INTO t VALUES ($1)', [1])).rejects.toThrow(LOST);
    await faulty.untilServerEnds(session);
    expect(await faulty.ids()).toEqual([]);
  });

  it('of a ReadyForQuery lets the client have its result, and only then lose the connection', async () => {
    const { client, ended } = await faulty.session();
    faulty.proxy.inject({ when: { name: 'ReadyForQuery' }, action: 'cut-after' });
    await expect(client.query('INSERT INTO t VALUES (1) RETURNING id')).resolves.toMatchObject({ rows: [{ id: 1 }] });
    await ended;
    await expect(client.query('SELECT 1')).rejects.toThrow(/closed|ended|not queryable|terminated/);
  });

  it('of a long server message has the client get all of it', async () => {
    const { client } = await faulty.session();
    faulty.proxy.inject({ when: { name: 'DataRow' }, action: 'cut-after' });
    const query = client.query(new pg.Query<{ long: string }>("SELECT repeat('x', 30000000) AS long"));
    const row = new Promise<{ long: string }>((resolve) => query.on('row', resolve));
    await expect(new Promise((resolve, reject) => query.on('end', resolve).on('error', reject))).rejects.toThrow(LOST);
    expect((await row).long.length).toBe(30_000_000);
  });
});

describe('answer-lost', () => {
  it.each([
    ['a simple query', undefined],
    ['the extended protocol', ['1']],
  ])('has a statement done when the client hears of its lost connection (%s)', async (_protocol, values) => {
    const { client } = await faulty.session();
    const text = `INSERT INTO t VALUES (${values === undefined ? '1' : '$1'}) RETURNING id`;
    const fault = faulty.proxy.inject({ when: { from: 'client', text: 'INSERT' }, action: 'answer-lost' });
    await expect(client.query({ text, ...(values && { values }) })).rejects.toThrow(LOST);
    expect(await faulty.ids()).toEqual([1]);
    await expect(fault.fired).resolves.toMatchObject({ from: 'client', text });
    expect(serverMessagesSince(text).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['DataRow', 'CommandComplete', 'ReadyForQuery']),
    );
  });

  it('swallows all of the answer', async () => {
    const { client } = await faulty.session();
    faulty.proxy.inject({ when: { from: 'client', text: 'generate_series' }, action: 'answer-lost' });
    const rows: unknown[] = [];
    const query = client.query(new pg.Query('SELECT generate_series(1, 100000)'));
    query.on('row', (row: unknown) => rows.push(row));
    await expect(new Promise((resolve, reject) => query.on('end', resolve).on('error', reject))).rejects.toThrow(LOST);
    expect(rows).toEqual([]);
    expect(faulty.proxy.messages.slice(-2)).toMatchObject([{ text: 'SELECT 100000' }, { name: 'ReadyForQuery' }]);
  });

  it('ends with the session when the server never comes to an answer', async () => {
    const session = await faulty.session();
    const fault = faulty.proxy.inject({ when: { text: 'pg_sleep' }, action: 'answer-lost' });
    const answer = session.client.query('SELECT pg_sleep(600)').catch((error: unknown) => error);
    await fault.fired;
    await until('it sleeps', async () => (await faulty.activity(session))?.['wait_event'] === 'PgSleep');
    await faulty.directly(`SELECT pg_terminate_backend(${session.pid})`);
    expect(String(await answer)).toMatch(LOST);
    expect(faulty.proxy.messages.at(-1)).toMatchObject({ name: 'ErrorResponse', text: '57P01' });
  });
});

describe('stall', () => {
  it('holds a COMMIT back until it is resumed', async () => {
    const session = await faulty.session();
    await session.client.query('BEGIN');
    await session.client.query('INSERT INTO t VALUES (1)');
    const when = { from: 'client', text: 'COMMIT' } as const;
    const fault = faulty.proxy.inject({ when, action: 'stall', times: 2 });
    const committed = session.client.query('COMMIT');
    await fault.fired;
    await until('it is idle', async () => (await faulty.activity(session))?.['state'] === 'idle in transaction');
    expect(await faulty.ids()).toEqual([]);
    expect(faulty.proxy.connections).toBe(1);
    faulty.proxy.resume();
    // The message that has been stalled is not another one when it goes on.
    await expect(committed).resolves.toMatchObject({ command: 'COMMIT' });
    expect(faulty.proxy.messages.filter(({ from, text }) => from === 'client' && text === 'COMMIT')).toHaveLength(1);
    expect(await faulty.ids()).toEqual([1]);
    await expect(session.client.query('SELECT 1 AS one')).resolves.toMatchObject({ rows: [{ one: 1 }] });
  });

  it('holds the other direction back as well, and leaves other connections alone', async () => {
    const session = await faulty.session();
    const fault = faulty.proxy.inject({ when: { text: 'SELECT 1' }, action: 'stall' });
    const answer = session.client.query('SELECT 1').catch((error: unknown) => error);
    await fault.fired;
    let hasEnded = false;
    void session.ended.then(() => {
      hasEnded = true;
    });
    await faulty.directly(`SELECT pg_terminate_backend(${session.pid})`);
    await faulty.untilServerEnds(session);
    const other = await faulty.session();
    await expect(other.client.query('SELECT 2 AS two')).resolves.toMatchObject({ rows: [{ two: 2 }] });
    expect(hasEnded).toBe(false);
    faulty.proxy.resume();
    await expect(answer).resolves.toMatchObject({ code: '57P01' });
    await session.ended;
  });

  it('of an answer ends when the connections are cut', async () => {
    const session = await faulty.session();
    const fault = faulty.proxy.inject({ when: { name: 'CommandComplete' }, action: 'stall' });
    const answer = session.client.query('INSERT INTO t VALUES (1)').catch((error: unknown) => error);
    await fault.fired;
    await until('it is done', async () => (await faulty.activity(session))?.['state'] === 'idle');
    expect(await faulty.ids()).toEqual([1]);
    faulty.proxy.cutAll();
    expect(String(await answer)).toMatch(LOST);
    await faulty.untilServerEnds(session);
  });
});

describe('a delay', () => {
  const elapsed = async (work: () => Promise<unknown>) => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };

  it('of an answer delays it and all answers after it, in order', async () => {
    const { client } = await faulty.session();
    faulty.proxy.inject({ when: { from: 'server', name: 'DataRow', nth: 2 }, action: { delayMs: 150 } });
    const series = () => client.query('SELECT generate_series(1, 4) AS n');
    expect(
      await elapsed(async () => expect((await series()).rows.map(({ n }) => n)).toEqual([1, 2, 3, 4])),
    ).toBeGreaterThanOrEqual(150);
    expect(await elapsed(series)).toBeGreaterThanOrEqual(150);
  });

  it('of a statement keeps it from the server as long', async () => {
    const session = await faulty.session();
    const fault = faulty.proxy.inject({ when: { text: 'INSERT' }, action: { delayMs: 300 } });
    const start = performance.now();
    const inserted = session.client.query('INSERT INTO t SELECT 1 RETURNING clock_timestamp()');
    await fault.fired;
    expect(await faulty.ids()).toEqual([]);
    await inserted;
    expect(performance.now() - start).toBeGreaterThanOrEqual(300);
    expect(await faulty.ids()).toEqual([1]);
  });

  it('adds to another one', async () => {
    const { client } = await faulty.session();
    faulty.proxy.inject({ when: { from: 'server', name: 'CommandComplete' }, action: { delayMs: 80 }, times: 2 });
    await client.query('SELECT 1');
    expect(await elapsed(() => client.query('SELECT 1'))).toBeGreaterThanOrEqual(160);
  });

  it('of all messages makes each round trip longer by that much', async () => {
    faulty.proxy.setLatency(50);
    const connecting = await elapsed(async () => faulty.session());
    // StartupMessage, two rounds of SCRAM, and the statement of the session.
    expect(connecting).toBeGreaterThanOrEqual(4 * 50);
    const { client } = await faulty.session();
    expect(await elapsed(() => client.query('SELECT $1::int', [1]))).toBeGreaterThanOrEqual(50);
    faulty.proxy.setLatency(0);
    await expect(client.query('SELECT 1 AS one')).resolves.toMatchObject({ rows: [{ one: 1 }] });
  });

  it('is refused when it cannot be waited for', () => {
    for (const delayMs of [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
      expect(() => faulty.proxy.setLatency(delayMs)).toThrow(/expected milliseconds/);
      expect(() => faulty.proxy.inject({ when: {}, action: { delayMs } })).toThrow(/expected milliseconds/);
    }
  });
});
