import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { family, processesNaming, stillRunning, until } from './support/conditions.js';
import { type IsolatedInstall, isolatedInstall } from './support/isolated-install.js';
import { type OwnerProcess, ownerProcess, reapers } from './support/owner-process.js';

const START = `
const server = await startPostgres();
say({ url: server.connectionString });
`;
const STAY = 'const staying = setInterval(() => {}, 1000);';
/** Does something when the test says so, once it has seen the server. */
const onSignal = (act: string) => `${STAY} process.once('SIGUSR2', async () => { clearInterval(staying); ${act} });`;
const signal = ({ child }: OwnerProcess) => child.kill('SIGUSR2');

let install: IsolatedInstall;
let owner: OwnerProcess;

beforeAll(() => {
  install = isolatedInstall();
});
afterEach(() => owner.remove());
afterAll(() => install.remove());

/** The process ids of the server in the owner's temp directory, its workers included. */
function serverProcesses({ temp }: OwnerProcess): number[] {
  const [directory] = readdirSync(temp);
  expect(directory).toMatch(/^uno-postgres-/);
  const pid = Number.parseInt(readFileSync(join(temp, String(directory), 'data/postmaster.pid'), 'utf8'), 10);
  const pids = family(pid);
  expect(pids.length).toBeGreaterThan(3);
  return pids;
}

async function startAndEnd(script: string, end: (owner: OwnerProcess) => unknown): Promise<void> {
  owner = ownerProcess(install, START + script);
  await owner.heard();
  const pids = serverProcesses(owner);
  end(owner);
  await owner.ended;
  await owner.nothingLeft();
  expect(stillRunning(pids)).toEqual([]);
}

describe('when the process that started a server ends', () => {
  it('leaves nothing after SIGKILL', () => startAndEnd(STAY, ({ child }) => child.kill('SIGKILL')));

  it('leaves nothing after Ctrl-C, which reaches the whole process group', () =>
    startAndEnd(STAY, ({ child }) => process.kill(-Number(child.pid), 'SIGINT')));

  it('leaves nothing after SIGTERM', () => startAndEnd(STAY, ({ child }) => child.kill('SIGTERM')));

  it('leaves nothing after process.exit', () => startAndEnd(onSignal('process.exit(3);'), signal));

  it('leaves nothing after an uncaught exception', () =>
    startAndEnd(onSignal("throw new Error('as a failing test would')"), signal));

  it('ends by itself without stop(): nothing keeps its event loop alive', async () => {
    await startAndEnd(onSignal(''), signal);
    await expect(owner.ended).resolves.toEqual({ code: 0, signal: null });
  });

  it('stops at once with a client still connected', () =>
    startAndEnd(
      `const { default: pg } = await import(import.meta.resolve('pg'));
       const client = new pg.Client(server.connectionString); client.on('error', () => {});
       await client.connect(); client.query('SELECT pg_sleep(600)').catch(() => {}); ${STAY}`,
      ({ child }) => child.kill('SIGKILL'),
    ));
});

describe('when it is killed while the server starts', () => {
  const moments = {
    'the directory has been made': () => readdirSync(owner.temp).length > 0,
    'initdb runs': () => processesNaming(owner.temp).some((line) => line.includes('initdb')),
    'the server has been launched': () => processesNaming(owner.temp).some((line) => line.includes('listen_addresses')),
  };
  for (const [moment, condition] of Object.entries(moments)) {
    it(`leaves nothing, killed when ${moment}`, async () => {
      owner = ownerProcess(install, START + STAY);
      await until(moment, condition);
      owner.child.kill('SIGKILL');
      await owner.ended;
      await owner.nothingLeft();
    });
  }
});

describe('when it has restarted its server', () => {
  /** Has it do so. @returns the processes of the second server */
  async function restarted(mode: string): Promise<number[]> {
    owner = ownerProcess(
      install,
      START + onSignal(`await server.restart('${mode}'); say({ restarted: 'yes' }); setInterval(() => {}, 1000);`),
    );
    await owner.heard();
    const before = serverProcesses(owner);
    const answer = owner.heard();
    signal(owner);
    await expect(answer).resolves.toEqual({ restarted: 'yes' });
    expect(stillRunning(before)).toEqual([]);
    return serverProcesses(owner);
  }

  it.each(['fast', 'immediate'])('leaves nothing of the second one after SIGKILL (%s)', async (mode) => {
    const pids = await restarted(mode);
    owner.child.kill('SIGKILL');
    await owner.ended;
    await owner.nothingLeft();
    expect(stillRunning(pids)).toEqual([]);
  });

  it('ends by itself all the same', async () => {
    await startAndEnd(onSignal('await server.restart();'), signal);
    await expect(owner.ended).resolves.toEqual({ code: 0, signal: null });
  });

  it('leaves nothing after SIGKILL amid one restart after the other', async () => {
    owner = ownerProcess(install, START + onSignal("for (;;) await server.restart('immediate');"));
    await owner.heard();
    const first = serverProcesses(owner);
    signal(owner);
    await until('the first server is gone', () => stillRunning(first).length === 0);
    owner.child.kill('SIGKILL');
    await owner.ended;
    await owner.nothingLeft();
  });
});

describe('when the reaper is killed', () => {
  it.each([
    ['', ''],
    [', of a restarted server as well', 'await server.restart();'],
  ])('does no harm to the owner, and stop() still leaves nothing%s', async (_what, restart) => {
    const start = START.replace('say(', `${restart} say(`);
    owner = ownerProcess(install, start + onSignal("await server.stop(); say({ stopped: 'yes' });"));
    await owner.heard();
    const pids = serverProcesses(owner);
    const [reaper] = reapers(install);
    process.kill(Number.parseInt(String(reaper), 10), 'SIGKILL');
    await until('the reaper is gone', () => reapers(install).length === 0);
    expect(stillRunning(pids)).toEqual(pids);
    const stopped = owner.heard();
    signal(owner);
    await expect(stopped).resolves.toEqual({ stopped: 'yes' });
    await owner.nothingLeft();
    expect(stillRunning(pids)).toEqual([]);
    await expect(owner.ended).resolves.toEqual({ code: 0, signal: null });
    expect(owner.complaints()).toBe('');
  });

  it('cleans up when it is told to end by SIGTERM', async () => {
    owner = ownerProcess(install, START + STAY);
    await owner.heard();
    process.kill(Number.parseInt(String(reapers(install)[0]), 10), 'SIGTERM');
    await owner.nothingLeft();
    expect(owner.child.exitCode).toBeNull();
    owner.child.kill('SIGKILL');
    await owner.ended;
  });
});
