import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { withConnection } from '../../src/connect.js';
import { createTestDatabase, startFaultProxy, type TestDatabase } from '../../src/index.js';
import { until } from '../support/conditions.js';
import { FaultyDatabase } from '../support/faulty-session.js';
import { CANCEL_REQUEST, SSL_REQUEST, typed } from '../support/wire.js';

let database: TestDatabase;
let faulty: FaultyDatabase;

beforeAll(async () => {
  database = await createTestDatabase({ name: 'fault_proxy' });
});
afterAll(() => database.drop());
beforeEach(async () => {
  faulty = await FaultyDatabase.on(database);
});
afterEach(() => faulty[Symbol.asyncDispose]());

const portOf = (url: string) => Number(new URL(url).port);

describe('the proxy', () => {
  it('leads to the same database under the same user, or to another database', async () => {
    const WHERE = 'SELECT current_database() AS database, current_user AS who';
    const ask = (url: string) => withConnection(url, async (client) => (await client.query(WHERE)).rows[0]);
    const direct = await ask(database.connectionString);
    const { proxy } = faulty;
    expect(portOf(proxy.connectionString)).not.toBe(portOf(database.connectionString));
    expect(await ask(proxy.connectionString)).toEqual(direct);
    expect(await ask(proxy.connectionStringFor('postgres'))).toEqual({ ...direct, database: 'postgres' });
  });

  it('logs the messages of both sides with their texts', async () => {
    const { client } = await faulty.session();
    faulty.proxy.clearMessages();
    await client.query('INSERT INTO t SELECT generate_series(1, 2) RETURNING id');
    await client.query('SELECT $1::text AS "\u00e4"', ['x']);
    await expect(client.query('SELECT 1/0')).rejects.toMatchObject({ code: '22012' });
    await until('the server is ready again', () => faulty.proxy.messages.at(-1)?.name === 'ReadyForQuery');
    const seen = faulty.proxy.messages.map(({ connection, from, name, text }) => {
      return [connection, from === 'client' ? '>' : '<', name, text ?? ''].join(' ').trimEnd();
    });
    expect(seen).toEqual([
      '1 > Query INSERT INTO t SELECT generate_series(1, 2) RETURNING id',
      '1 < RowDescription',
      '1 < DataRow',
      '1 < DataRow',
      '1 < CommandComplete INSERT 0 2',
      '1 < ReadyForQuery',
      '1 > Parse SELECT $1::text AS "\u00e4"',
      '1 > Bind',
      '1 > Describe',
      '1 > Execute',
      '1 > Sync',
      '1 < ParseComplete',
      '1 < BindComplete',
      '1 < RowDescription',
      '1 < DataRow',
      '1 < CommandComplete SELECT 1',
      '1 < ReadyForQuery',
      '1 > Query SELECT 1/0',
      '1 < ErrorResponse 22012',
      '1 < ReadyForQuery',
    ]);
    faulty.proxy.clearMessages();
    expect(faulty.proxy.messages).toEqual([]);
  });

  it('logs how a session begins and ends, and counts the open ones', async () => {
    const [one, two] = await Promise.all([faulty.session(), faulty.session()]);
    expect(faulty.proxy.connections).toBe(2);
    await one.client.end();
    await until('one is closed', () => faulty.proxy.connections === 1);
    await two.client.end();
    await until('both are closed', () => faulty.proxy.connections === 0);
    const named = (wanted: string) => faulty.proxy.messages.filter(({ name }) => name === wanted);
    for (const name of ['StartupMessage', 'BackendKeyData', 'Terminate']) {
      expect(
        named(name)
          .map(({ connection }) => connection)
          .sort(),
      ).toEqual([1, 2]);
    }
    await faulty.untilServerEnds(one);
  });

  it('keeps as many messages as it is told to', async () => {
    await using proxy = await startFaultProxy({ target: database.connectionString, messagesKept: 3 });
    await withConnection(proxy.connectionString, (client) => client.query('SELECT generate_series(1, 1000)'));
    await until('the client has gone', () => proxy.messages.at(-1)?.name === 'Terminate');
    expect(proxy.messages.map(({ name }) => name)).toEqual(['CommandComplete', 'ReadyForQuery', 'Terminate']);
  });

  it("passes on the server's last words", async () => {
    faulty.proxy.setLatency(20);
    const url = new URL(faulty.proxy.connectionString);
    url.password = 'guess';
    await expect(withConnection(url.href, async () => {})).rejects.toMatchObject({ code: '28P01' });
  });

  it('passes on large messages as they are', async () => {
    const { client } = await faulty.session();
    // Text that would look otherwise if any of it were lost, doubled or exchanged.
    const text = Array.from({ length: 3_000_000 }, (_, n) => n.toString(36)).join(' ');
    const hash = createHash('md5').update(text).digest('hex');
    const { rows } = await client.query('SELECT $1::text AS text, md5($1) AS hash', [text]);
    expect(rows[0].hash).toBe(hash);
    expect(rows[0].text === text).toBe(true);
    const { rows: literal } = await client.query(`SELECT md5('${text}') AS hash`);
    expect(literal).toEqual([{ hash }]);
    expect(faulty.proxy.messages.filter(({ name }) => name === 'Query').at(-1)?.text).toHaveLength(65_536 - 5);
  });

  it('has a server wait for a client that does not read, rather than gather its answer', async () => {
    const socket = new Socket();
    const session = await faulty.session({ stream: () => socket });
    const ROWS = 300;
    const query = session.client.query(new pg.Query(`SELECT repeat('x', 1000000) FROM generate_series(1, ${ROWS})`));
    let received = 0;
    const ended = new Promise((resolve, reject) => query.on('end', resolve).on('error', reject));
    query.on('row', () => {
      received += 1;
      if (received === 1) socket.pause();
    });
    const passed = () => faulty.proxy.messages.filter(({ name }) => name === 'DataRow').length;
    let before = 0;
    let waits = 0;
    await until('the server waits', async () => {
      const isWaiting = (await faulty.activity(session))?.['wait_event'] === 'ClientWrite' && passed() === before;
      waits = isWaiting ? waits + 1 : 0;
      before = passed();
      return waits === 5;
    });
    expect(passed()).toBeLessThan(ROWS / 2);
    socket.resume();
    await ended;
    expect(received).toBe(ROWS);
  });

  it('cuts all connections, and takes new ones', async () => {
    const sessions = await Promise.all([faulty.session(), faulty.session()]);
    faulty.proxy.cutAll();
    expect(faulty.proxy.connections).toBe(0);
    await Promise.all(sessions.map(({ ended }) => ended));
    await Promise.all(sessions.map((session) => faulty.untilServerEnds(session)));
    await expect(faulty.session()).resolves.toBeDefined();
  });

  it('refuses new connections as long as it is told to, and keeps those that there are', async () => {
    const { client } = await faulty.session();
    faulty.proxy.refuse(true);
    await expect(faulty.session()).rejects.toThrow(/Connection terminated|ECONNRESET/);
    await expect(client.query('SELECT 1 AS one')).resolves.toMatchObject({ rows: [{ one: 1 }] });
    expect(faulty.proxy.connections).toBe(1);
    faulty.proxy.refuse(false);
    await expect(faulty.session()).resolves.toBeDefined();
  });

  it('cuts everything when it is closed, and listens no more', async () => {
    const session = await faulty.session();
    const url = faulty.proxy.connectionString;
    await Promise.all([faulty.proxy.close(), faulty.proxy.close()]);
    await session.ended;
    await faulty.untilServerEnds(session);
    await expect(withConnection(url, async () => {})).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(() => faulty.proxy.connectionString).toThrow(expect.objectContaining({ code: 'stopped' }));
  });

  it('closes a connection when its server does not answer, and lives on', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const address = gone.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    gone.close();
    await using proxy = await startFaultProxy({ target: `postgres://me:secret@127.0.0.1:${port}/app` });
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      await expect(withConnection(proxy.connectionString, async () => {})).rejects.toThrow(/terminated|ECONNRESET/);
    }
    expect(proxy.connections).toBe(0);
  });

  it('needs a connection URL', async () => {
    const target = 's3cret';
    await expect(startFaultProxy({ target })).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.not.stringContaining(target),
    });
    await expect(startFaultProxy({ target: database.connectionString, messagesKept: 0 })).rejects.toMatchObject({
      code: 'invalid-option',
    });
  });
});

describe('a connection without messages of a session', () => {
  /** A client of bytes. */
  async function raw(url: string): Promise<{ socket: Socket; received: () => string }> {
    const socket = connect(portOf(url), '127.0.0.1');
    let received = '';
    socket.setEncoding('latin1').on('data', (bytes) => {
      received += bytes;
    });
    await once(socket, 'connect');
    return { socket, received: () => received };
  }

  it('asks for encryption, is refused, and goes on with something else', async () => {
    const { socket, received } = await raw(faulty.proxy.connectionString);
    const ended = once(socket, 'end');
    socket.write(SSL_REQUEST);
    await until('the server has answered', () => received() !== '');
    expect(received()).toBe('N');
    socket.write(CANCEL_REQUEST);
    await ended;
    expect(faulty.proxy.messages).toEqual([
      { connection: 1, from: 'client', name: 'SSLRequest' },
      { connection: 1, from: 'server', name: 'SSLResponse', text: 'N' },
      { connection: 1, from: 'client', name: 'CancelRequest' },
    ]);
  });

  /** Something that listens, and a proxy before it. */
  async function pretending(serve: (guest: Socket) => void) {
    const guests: Socket[] = [];
    const server = createServer({ allowHalfOpen: true }, (guest) => {
      guests.push(guest);
      serve(guest);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const proxy = await startFaultProxy({ target: `postgres://127.0.0.1:${port}/app` });
    const end = async () => {
      await proxy.close();
      for (const guest of guests) guest.destroy();
      await new Promise((resolve) => server.close(resolve));
    };
    return { proxy, guests, [Symbol.asyncDispose]: end };
  }

  it('that is encrypted passes as it is', async () => {
    await using pretended = await pretending((guest) => {
      guest.once('data', () => {
        guest.write('S');
        guest.pipe(guest);
      });
    });
    const { proxy, guests } = pretended;
    proxy.inject({ when: { name: 'Query' }, action: 'cut' });
    const { socket, received } = await raw(proxy.connectionString);
    socket.write(SSL_REQUEST);
    await until('the server has agreed', () => received() === 'S');
    const secret = typed('Q', 'SELECT 1\0');
    socket.write(secret);
    await until('it is back', () => received().length === 1 + secret.length);
    expect(received()).toBe(`S${secret.toString('latin1')}`);
    expect(proxy.messages.map(({ name }) => name)).toEqual(['SSLRequest', 'SSLResponse']);
    socket.end();
    await once(socket, 'close');
    await until('the server has heard of it', () => guests.every((guest) => guest.destroyed));
  });

  it('lets a side go on that has heard the end of the other', async () => {
    let heard = '';
    await using pretended = await pretending((guest) => {
      guest.setEncoding('latin1').on('data', (bytes) => {
        heard += bytes;
      });
      guest.on('end', () => guest.end(`heard ${heard}`));
    });
    const { socket, received } = await raw(pretended.proxy.connectionString);
    // Too short to be a message: it goes on when it is certain that nothing follows.
    socket.end('abc');
    await once(socket, 'close');
    expect(received()).toBe('heard abc');
  });

  it('lets a client go on when the server has said its last word', async () => {
    let heard = '';
    await using pretended = await pretending((guest) => {
      guest.setEncoding('latin1').on('data', (bytes) => {
        heard += bytes;
      });
      guest.end('Z');
    });
    const socket = connect({ port: portOf(pretended.proxy.connectionString), host: '127.0.0.1', allowHalfOpen: true });
    const said = once(socket, 'data');
    await once(socket, 'end');
    expect(String(await said)).toBe('Z');
    socket.end('GET / HTTP/1.1');
    await until('the server has heard it', () => heard === 'GET / HTTP/1.1');
  });
});
