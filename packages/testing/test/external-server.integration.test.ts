import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withConnection } from '../src/connect.js';
import { type PostgresServer, startPostgres } from '../src/index.js';
import { until } from './support/conditions.js';
import { type IsolatedInstall, isolatedInstall } from './support/isolated-install.js';
import { type OwnerProcess, ownerProcess } from './support/owner-process.js';

/** Somebody else's server, so to speak. */
let external: PostgresServer;
let install: IsolatedInstall;

beforeAll(async () => {
  install = isolatedInstall();
  external = await startPostgres({ source: 'embedded' });
  await run('CREATE DATABASE precious');
  await run('CREATE DATABASE uno_precious');
  await run("CREATE ROLE plain LOGIN PASSWORD 's3cret'");
});
afterAll(async () => {
  await external.stop();
  install.remove();
});

function run(sql: string): Promise<Record<string, unknown>[]> {
  return withConnection(external.connectionString, async (client) => (await client.query(sql)).rows);
}

async function databases(): Promise<unknown[]> {
  const rows = await run("SELECT datname FROM pg_database WHERE datname LIKE '%\\_%' OR datname = 'precious'");
  return rows.map(({ datname }) => datname).sort();
}

const KEPT = ['precious', 'uno_precious'];

describe('the server of DATABASE_URL', () => {
  it('is taken before everything else, and loses only the databases of the run', async () => {
    const env = { DATABASE_URL: external.connectionString, UNO_POSTGRES: 'installed' };
    const server = await startPostgres({ env });
    const other = await startPostgres({ env });
    expect(server).toMatchObject({ source: 'database-url', version: external.version });
    const mine = await server.createDatabase({ name: 'mine' });
    await server.createDatabase();
    const theirs = await other.createDatabase();
    await withConnection(mine.connectionString, (client) => client.query('CREATE TABLE t (id int)'));
    await server.stop();
    expect(await databases()).toEqual([...KEPT, theirs.name].sort());
    await other.stop();
    expect(await databases()).toEqual(KEPT);
  });

  const START = `
    const server = await startPostgres();
    const database = await server.createDatabase();
    say({ name: database.name });
  `;
  const onExternal = (script: string): OwnerProcess =>
    ownerProcess(install, script, { env: { DATABASE_URL: external.connectionString } });

  it('loses the databases of a run that was killed', async () => {
    const owner = onExternal(`${START} setInterval(() => {}, 1000);`);
    const { name } = await owner.heard();
    expect(await databases()).toContain(name);
    owner.child.kill('SIGKILL');
    await owner.nothingLeft();
    expect(await databases()).toEqual(KEPT);
    owner.remove();
  });

  it('loses even a database whose creation was under way when the run was killed', async () => {
    const owner = onExternal(`${START} for (;;) await Promise.all([1, 2, 3, 4].map(() => server.createDatabase()));`);
    await owner.heard();
    await until('some are being created', async () => (await databases()).length > 8);
    owner.child.kill('SIGKILL');
    await owner.nothingLeft();
    expect(await databases()).toEqual(KEPT);
    owner.remove();
  });

  it('has to let us create databases', async () => {
    const url = new URL(external.connectionString);
    url.username = 'plain';
    url.password = 's3cret';
    const server = await startPostgres({ env: { DATABASE_URL: url.href } });
    const denied = await server.createDatabase().catch((error: unknown) => error);
    expect(denied).toMatchObject({ name: 'TestServerError', code: 'create-database-denied' });
    expect(String(denied)).toMatch(new RegExp(`127.0.0.1:${url.port}: plain lacks the right CREATEDB`));
    await server.stop();
  });

  it('is named by host and port, without its password, when it does not let us in', async () => {
    const url = new URL(external.connectionString);
    url.password = 's3cret';
    const refused = await startPostgres({ env: { DATABASE_URL: url.href } }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'connection-failed' });
    expect(String(refused)).toContain(`127.0.0.1:${url.port}`);
    expect(String(refused)).not.toContain('s3cret');
    url.port = '1';
    await expect(startPostgres({ env: { DATABASE_URL: url.href } })).rejects.toMatchObject({
      code: 'connection-failed',
      message: expect.stringContaining('ECONNREFUSED 127.0.0.1:1'),
    });
  });

  it('takes no settings, as it is running already', async () => {
    const env = { DATABASE_URL: external.connectionString };
    await expect(startPostgres({ env, settings: { work_mem: '1MB' } })).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining('cannot set work_mem'),
    });
  });

  it('has to be set when it is asked for', async () => {
    await expect(startPostgres({ source: 'database-url', env: {} })).rejects.toMatchObject({ code: 'invalid-option' });
  });

  it('reports it when the databases cannot be dropped in the end', async () => {
    const fleeting = await startPostgres({ source: 'embedded' });
    const server = await startPostgres({ env: { DATABASE_URL: fleeting.connectionString } });
    await fleeting.stop();
    await expect(server.stop()).rejects.toMatchObject({
      code: 'cleanup-failed',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});
