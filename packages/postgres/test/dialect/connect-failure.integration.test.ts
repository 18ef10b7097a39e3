import net from 'node:net';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import type pg from 'pg';
import { ConnectionError } from '../../src/index.js';
import { failureOf } from '../support/conditions.js';
import { prepare, TestBed } from '../support/test-bed.js';

const password = 'open-sesame-42';

let bed: TestBed;
let url: URL;
const role = `uno_limited_${process.pid}`;

beforeAll(async () => {
  bed = await TestBed.create();
  url = new URL(bed.connectionString);
  const admin = await bed.session();
  await prepare(admin, `create role ${role} login password '${password}' connection limit 1`);
});
afterAll(async () => {
  await prepare(await bed.session(), `drop role ${role}`);
  await bed.close();
});

function connecting(pool: pg.PoolConfig): Promise<unknown> {
  return failureOf(sql`select 1`.execute(bed.open({ pool }).db));
}

/** The database of the test under another user, host or name. */
function changed(parts: { user?: string; password?: string; host?: string; database?: string }): string {
  const other = new URL(url);
  if (parts.user !== undefined) other.username = parts.user;
  if (parts.password !== undefined) other.password = parts.password;
  if (parts.host !== undefined) other.host = parts.host;
  if (parts.database !== undefined) other.pathname = `/${parts.database}`;
  return other.href;
}

/** A port on which nobody listens: one that was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 1;
}

function expectConnectionError(error: unknown, retry: string, ...words: readonly string[]): void {
  expect(error).toBeInstanceOf(ConnectionError);
  expect(error).toMatchObject({
    code: 'UNO_CONNECTION',
    retry,
    cause: expect.objectContaining({ message: expect.any(String) }),
  });
  for (const word of words) expect(String(error)).toContain(word);
  // `inspect` is what a console shows, cause and all.
  for (const secret of [password, url.password]) expect(inspect(error, { depth: 9 })).not.toContain(secret);
}

describe('a server that does not answer', () => {
  it('is a ConnectionError that names host, port, database and what to check', async () => {
    const port = await closedPort();
    const error = await connecting({ connectionString: changed({ host: `127.0.0.1:${port}`, password }) });
    expectConnectionError(
      error,
      'safe',
      `Cannot connect to PostgreSQL at 127.0.0.1:${port}, database "${bed.databaseName}"`,
      'ECONNREFUSED',
      'Check that the server is running there, and host, port and firewall.',
    );
  });

  it('is named from the options of the pool where there is no connection string', async () => {
    const port = await closedPort();
    const options = { connectionString: undefined, host: '127.0.0.1', port, database: 'atlas', user: 'u', password };
    expectConnectionError(await connecting(options), 'safe', `at 127.0.0.1:${port}, database "atlas"`);
  });

  it('is a host that nobody knows', async () => {
    const connectionString = `postgres://u:${password}@no-such-host.invalid/atlas`;
    const error = await connecting({ connectionString });
    expectConnectionError(error, 'safe', 'at no-such-host.invalid:5432, database "atlas"', 'no-such-host.invalid');
  });

  it('is a pool that has no connection to give in time', async () => {
    const { db } = bed.open({ pool: { max: 1, connectionTimeoutMillis: 500 } });
    const error = await db.connection().execute(() => failureOf(sql`select 1`.execute(db)));
    expectConnectionError(error, 'safe', url.port, bed.databaseName, 'timeout');
  });
});

describe('a login that is refused', () => {
  it('for a wrong password is never worth repeating, and says neither password', async () => {
    const error = await connecting({ connectionString: changed({ user: role, password: 'wrong-word' }) });
    expectConnectionError(error, 'never', url.hostname, url.port, bed.databaseName, role);
    expect(error).toMatchObject({ sqlstate: '28P01' });
    expect(String(error)).toContain('Check the user and the password.');
    expect(String(error)).not.toContain('wrong-word');
  });

  it('for an unknown database names it', async () => {
    const error = await connecting({ connectionString: changed({ database: 'no such atlas' }) });
    expectConnectionError(error, 'never', 'database "no such atlas"', 'Create the database or name another one.');
    expect(error).toMatchObject({ sqlstate: '3D000' });
  });

  it('for too many connections can be tried again', async () => {
    const { db } = bed.open({ pool: { connectionString: changed({ user: role, password }), max: 2 } });
    const error = await db.connection().execute(async (first) => {
      await sql`select 1`.execute(first);
      return failureOf(sql`select 1`.execute(db));
    });
    expectConnectionError(error, 'safe', 'Lower the size of the pools or raise max_connections.');
    expect(error).toMatchObject({ sqlstate: '53300' });
    await db.destroy();
  });
});
