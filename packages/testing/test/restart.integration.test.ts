import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { withConnection } from '../src/connect.js';
import { type PostgresServer, type RestartMode, startFaultProxy, startPostgres } from '../src/index.js';
import { postgresServer } from '../src/postgres-server.js';
import { processesNaming } from './support/conditions.js';

let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres({ source: 'embedded', settings: { synchronous_commit: 'on', work_mem: '5MB' } });
});
afterAll(() => server.stop());

const run = (sql: string): Promise<Record<string, unknown>[]> =>
  withConnection(server.connectionString, async (client) => (await client.query(sql)).rows);

interface Facts {
  readonly directory: string;
  readonly started: string;
  readonly memory: string;
}
const facts = async (): Promise<Facts> => {
  const [row] = await run(
    "SELECT current_setting('data_directory') AS directory, current_setting('work_mem') AS memory, pg_postmaster_start_time()::text AS started",
  );
  return { directory: String(row?.['directory']), started: String(row?.['started']), memory: String(row?.['memory']) };
};
const postmasters = (directory: string) => processesNaming(directory).map((line) => Number.parseInt(line, 10));

describe('a server that is restarted', () => {
  beforeEach(() => run('CREATE TABLE logged (id int); CREATE UNLOGGED TABLE unlogged (id int)'));
  afterEach(() => run('DROP TABLE logged, unlogged'));

  /** A crash empties unlogged tables: what there is in them tells one end of a server from the other. */
  it.each<[RestartMode | undefined, number]>([
    [undefined, 1],
    ['fast', 1],
    ['immediate', 0],
  ])('answers again at the same place with what was committed (%s)', async (mode, unlogged) => {
    const before = await facts();
    const [postmaster] = postmasters(before.directory);
    await run('INSERT INTO logged VALUES (1)');
    await run('INSERT INTO unlogged VALUES (1)');
    await server.restart(mode);
    const after = await facts();
    expect(after.started).not.toBe(before.started);
    expect(after).toEqual({ ...before, started: after.started });
    expect(after.memory).toBe('5MB');
    expect(postmasters(after.directory)).toHaveLength(1);
    expect(postmasters(after.directory)).not.toContain(postmaster);
    expect(await run('SELECT * FROM logged')).toHaveLength(1);
    expect(await run('SELECT * FROM unlogged')).toHaveLength(unlogged);
  });

  it.each<[RestartMode, RegExp]>([
    ['fast', /terminating connection due to administrator command/],
    ['immediate', /terminated unexpectedly|ECONNRESET/],
  ])('ends its sessions, and what they were about to do is rolled back (%s)', async (mode, message) => {
    const client = new pg.Client({ connectionString: server.connectionString });
    const lost = new Promise<Error>((resolve) => client.on('error', resolve));
    await client.connect();
    await client.query('BEGIN');
    await client.query('INSERT INTO logged VALUES (1)');
    const waiting = client.query('SELECT pg_sleep(600)').catch((error: unknown) => error);
    await server.restart(mode);
    expect(String(await waiting)).toMatch(message);
    await lost;
    expect(await run('SELECT * FROM logged')).toEqual([]);
  });

  it('is there when a pool behind a proxy asks again', async () => {
    await using proxy = await startFaultProxy({ target: server.connectionString });
    const pool = new pg.Pool({ connectionString: proxy.connectionString, max: 1 });
    const lost = new Promise((resolve) => pool.once('error', resolve));
    await pool.query('INSERT INTO logged VALUES (1)');
    await server.restart('immediate');
    await lost;
    await expect(pool.query('SELECT id FROM logged')).resolves.toMatchObject({ rows: [{ id: 1 }] });
    await pool.end();
  });

  it('takes calls at the same time one after the other', async () => {
    const { directory } = await facts();
    await Promise.all([server.restart('immediate'), server.restart('fast'), server.restart('immediate')]);
    expect(postmasters(directory)).toHaveLength(1);
    expect(await run('SELECT * FROM logged')).toEqual([]);
  });

  it('may have died by itself', async () => {
    const { directory } = await facts();
    const [postmaster] = postmasters(directory);
    process.kill(Number(postmaster), 'SIGQUIT');
    await server.restart();
    expect(postmasters(directory)).not.toContain(postmaster);
    expect(await run('SELECT * FROM logged')).toEqual([]);
  });

  it('is not restarted in a mode that there is not', async () => {
    const { started } = await facts();
    await expect(server.restart('smart' as RestartMode)).rejects.toMatchObject({ code: 'invalid-option' });
    expect((await facts()).started).toBe(started);
  });
});

describe('restart', () => {
  it('is over before a stop that is asked for at the same time', async () => {
    const own = await startPostgres({ source: 'embedded' });
    const outcomes = await Promise.allSettled([own.restart(), own.stop()]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    await expect(own.restart()).rejects.toMatchObject({ code: 'stopped' });
    await expect(withConnection(own.connectionString, async () => {})).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('does not touch a server of DATABASE_URL', async () => {
    const { started } = await facts();
    await using borrowed = await startPostgres({ env: { DATABASE_URL: server.connectionString } });
    await expect(borrowed.restart()).rejects.toMatchObject({
      name: 'TestServerError',
      code: 'restart-unsupported',
      message: expect.stringMatching(/of DATABASE_URL cannot be restarted.*embedded/),
    });
    expect((await facts()).started).toBe(started);
  });

  it('is not for a server in a container', async () => {
    const contained = postgresServer({
      connectionString: server.connectionString,
      source: 'testcontainers',
      version: server.version,
      release: async () => {},
    });
    await expect(contained.restart('immediate')).rejects.toMatchObject({
      code: 'restart-unsupported',
      message: expect.stringContaining('in a container cannot be restarted'),
    });
  });
});
