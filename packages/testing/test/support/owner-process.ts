import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { processesNaming, until } from './conditions.js';
import type { IsolatedInstall } from './isolated-install.js';

/** A Node process that starts a server, so that it can be killed. */
export interface OwnerProcess {
  readonly child: ChildProcess;
  /** Its own, so that whatever is left in it was left by this process. */
  readonly temp: string;
  /** What the script said by `say(value)`; rejects when it ends before. */
  heard(): Promise<Record<string, string>>;
  /** Everything it wrote to stderr. */
  complaints(): string;
  /** Settles when the process has ended. */
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  /** Waits until no process and no file of it is left. */
  nothingLeft(): Promise<void>;
  remove(): void;
}

const PRELUDE = `
import { startPostgres } from '@uno/testing';
const say = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
`;

/** Runs a script, in which `startPostgres` and `say` are defined, as a process group of its own. */
export function ownerProcess(
  install: IsolatedInstall,
  script: string,
  options: { env?: Record<string, string>; uid?: number; gid?: number } = {},
): OwnerProcess {
  const { env, ...identity } = options;
  const temp = mkdtempSync(join(tmpdir(), 'owner-'));
  chmodSync(temp, 0o1777);
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PRELUDE + script], {
    cwd: install.directory,
    env: { PATH: process.env['PATH'], TMPDIR: temp, UNO_POSTGRES: 'embedded', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...identity,
  });
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  const lines = child.stdout === null ? undefined : createInterface({ input: child.stdout });
  const heard = async (): Promise<Record<string, string>> => {
    const line = lines && once(lines, 'line').then(([said]) => JSON.parse(said));
    const tooSoon = ended.then(({ code, signal }) => {
      throw new Error(`ended (${code ?? signal}) without a word: ${complaints}`);
    });
    return Promise.race([line, tooSoon]);
  };
  return {
    child,
    temp,
    heard,
    complaints: () => complaints,
    ended,
    nothingLeft: () =>
      until(`nothing is left in ${temp}`, () => {
        return readdirSync(temp).length === 0 && processesNaming(temp).length === 0 && reapers(install).length === 0;
      }),
    remove: () => rmSync(temp, { recursive: true, force: true }),
  };
}

/** The reapers of this installation that are running. */
export function reapers(install: IsolatedInstall): string[] {
  return processesNaming(join(install.directory, 'node_modules/@uno/testing/dist/reaper.mjs'));
}
