import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ReaperClient } from '../src/reaper-client.js';
import { stillRunning, until } from './support/conditions.js';

let parent: string;
let reaper: ReaperClient;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'reaper-'));
  reaper = new ReaperClient();
});
afterEach(() => rmSync(parent, { recursive: true }));

const shell = (script: string) => ({ command: '/bin/sh', args: ['-c', script], directory: parent, env: {} });

describe('the reaper', () => {
  it('removes the directories it has made, with what is in them', async () => {
    const directory = await reaper.makeDirectory(parent);
    writeFileSync(join(directory, 'data'), 'x');
    await reaper.close();
    expect(readdirSync(parent)).toEqual([]);
  });

  it('tells how a process has ended and what it said', async () => {
    await expect(reaper.run(shell('echo out; echo err >&2; exit 3'))).resolves.toEqual({
      code: 3,
      signal: null,
      output: expect.stringMatching(/out\n[\s\S]*err\n|err\n[\s\S]*out\n/),
    });
    await reaper.close();
  });

  it('rejects what cannot be spawned, and goes on', async () => {
    await expect(reaper.spawn({ ...shell(''), command: '/none' })).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(reaper.makeDirectory('/none')).rejects.toMatchObject({ code: 'ENOENT' });
    await reaper.close();
  });

  it('lets initdb and the like finish: killed, it would leave shared memory', async () => {
    await reaper.spawn(shell('while [ ! -e go ]; do :; done; : > finished'));
    const closed = reaper.close();
    writeFileSync(join(parent, 'go'), '');
    await closed;
    expect(existsSync(join(parent, 'finished'))).toBe(true);
  });

  it('interrupts a server', async () => {
    const { pid } = await reaper.spawn({ ...shell('trap "exit 0" INT; : > ready; while :; do :; done'), server: true });
    await until('the trap is set', () => existsSync(join(parent, 'ready')));
    await reaper.close();
    expect(stillRunning([pid])).toEqual([]);
  });

  it('ends a process by a signal, once: one that has ended is left alone', async () => {
    const child = await reaper.spawn(shell('trap "exit 4" QUIT; : > ready; while :; do :; done'));
    await until('the trap is set', () => existsSync(join(parent, 'ready')));
    const outcome = { code: 4, signal: null, output: '' };
    await expect(reaper.end(child, 'SIGQUIT')).resolves.toEqual(outcome);
    await expect(reaper.end(child, 'SIGQUIT')).resolves.toEqual(outcome);
    await reaper.close();
  });

  it('signals nobody but its own children', async () => {
    const exited = Promise.resolve({ code: 0, signal: null, output: '' });
    let signals = 0;
    const count = () => {
      signals += 1;
    };
    process.on('SIGUSR2', count);
    await reaper.end({ pid: process.pid, exited }, 'SIGUSR2');
    await reaper.close();
    process.off('SIGUSR2', count);
    expect(signals).toBe(0);
  });

  it('rejects requests when it is dead, whose writes fail with EPIPE', async () => {
    process.kill(Number(reaper.pid), 'SIGKILL');
    const requests = Array.from({ length: 3 }, () => reaper.makeDirectory(parent));
    for (const outcome of await Promise.allSettled(requests)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'reaper-failed' } });
    }
    await expect(reaper.makeDirectory(parent)).rejects.toMatchObject({ code: 'reaper-failed' });
    await expect(reaper.close()).rejects.toMatchObject({ code: 'cleanup-failed' });
  });
});
