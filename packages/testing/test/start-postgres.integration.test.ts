import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { withConnection } from '../src/connect.js';
import { type PostgresServer, type PostgresSource, startPostgres } from '../src/index.js';
import { locateInstalled } from '../src/locate-installed.js';
import { family, processesNaming, stillRunning } from './support/conditions.js';

/** What of the environment a server needs; DATABASE_URL is not passed on, whoever runs the tests. */
const env = { PATH: process.env['PATH'] };

function ask(url: string, setting: string): Promise<string> {
  return withConnection(url, async (client) => {
    const { rows } = await client.query<{ value: string }>('SELECT current_setting($1) AS value', [setting]);
    return String(rows[0]?.value);
  });
}

async function whereabouts(server: PostgresServer): Promise<{ directory: string; pids: number[] }> {
  const directory = dirname(await ask(server.connectionString, 'data_directory'));
  const [postmaster] = processesNaming(`${directory}/data`);
  return { directory, pids: family(Number.parseInt(String(postmaster), 10)) };
}

async function livesAndLeavesNothing(source: PostgresSource, version: RegExp): Promise<void> {
  const server = await startPostgres({ source, env });
  expect(server).toMatchObject({ source, version: expect.stringMatching(version) });
  const { directory, pids } = await whereabouts(server);
  expect(pids.length).toBeGreaterThan(3);
  const database = await server.createDatabase({ name: 'mine' });
  expect(await ask(database.connectionString, 'server_encoding')).toBe('UTF8');
  await Promise.all([server.stop(), server.stop()]);
  await server[Symbol.asyncDispose]();
  expect(existsSync(directory)).toBe(false);
  expect(stillRunning(pids)).toEqual([]);
  expect(processesNaming(directory)).toEqual([]);
  await expect(server.createDatabase()).rejects.toMatchObject({ code: 'stopped' });
}

describe('startPostgres', () => {
  it('starts the embedded server, and stop() leaves neither process nor directory', () =>
    livesAndLeavesNothing('embedded', /^18\.\d+$/));

  it('starts an installed server, or says that there is none', async () => {
    const installed = await locateInstalled(env).catch(() => undefined);
    if (installed !== undefined) return livesAndLeavesNothing('installed', /^\d+\.\d+$/);
    await expect(startPostgres({ source: 'installed', env })).rejects.toMatchObject({ code: 'binaries-missing' });
  });

  it('runs two servers at once, each with its own data', async () => {
    const [one, two] = await Promise.all([
      startPostgres({ source: 'embedded', env }),
      startPostgres({ source: 'embedded', env }),
    ]);
    const places = await Promise.all([whereabouts(one), whereabouts(two)]);
    expect(places[0].directory).not.toBe(places[1].directory);
    await one.stop();
    expect(await ask(two.connectionString, 'fsync')).toBe('off');
    await two.stop();
    expect(places.map(({ directory }) => existsSync(directory))).toEqual([false, false]);
  });

  it('gives the server the settings asked for', async () => {
    const server = await startPostgres({
      source: 'embedded',
      env,
      settings: { shared_preload_libraries: 'pg_stat_statements', max_connections: '23' },
    });
    expect(await ask(server.connectionString, 'shared_preload_libraries')).toBe('pg_stat_statements');
    expect(await ask(server.connectionString, 'max_connections')).toBe('23');
    expect(await ask(server.connectionString, 'listen_addresses')).toBe('127.0.0.1');
    await server.stop();
  });

  it('refuses a password that is wrong: other users of the machine stay outside', async () => {
    const server = await startPostgres({ source: 'embedded', env });
    const url = new URL(server.connectionString);
    url.password = 'guess';
    await expect(ask(url.href, 'fsync')).rejects.toMatchObject({ code: '28P01' });
    await server.stop();
  });

  it('refuses an unknown source', async () => {
    const source = 'sqlite' as PostgresSource;
    await expect(startPostgres({ source, env })).rejects.toMatchObject({ code: 'invalid-option' });
  });
});
