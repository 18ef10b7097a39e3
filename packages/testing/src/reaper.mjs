/**
 * The reaper: a small process that owns everything a test server leaves behind, and takes it away when the process
 * that started it is gone.
 *
 * It runs in a session of its own (Ctrl-C in a terminal does not reach it) and reads requests from its stdin, one JSON
 * document a line. End of input means that the owner has closed the pipe or has died, by whatever cause, SIGKILL
 * included: the kernel closes the pipe in every case. The reaper then stops the processes, removes the directories,
 * drops the databases, and exits; with code 1 and a `{ failed }` line if anything is left.
 *
 * The reaper itself makes the directories and spawns the processes. Had the owner done so and told the reaper
 * afterwards, a SIGKILL between the two would leave something nobody knows of. And as the processes are its own
 * children, their process ids cannot have been given to somebody else when it signals them.
 *
 * Plain JavaScript on purpose: Node runs it as it is, from `src` as from `dist`.
 */
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { dropDatabases, until } from './drop-databases.mjs';

/**
 * @typedef {{ uid: number, gid: number }} Owner
 * @typedef {object} ChildCommand
 * @property {string} command
 * @property {string[]} args
 * @property {string} directory working directory
 * @property {Record<string, string>} env
 * @property {Owner} [owner] run as this user
 * @property {boolean} [server] a postmaster, to be shut down; anything else is given time to finish
 *
 * @typedef {{ do: 'make-directory', parent: string, owner?: Owner }
 *   | { do: 'adopt-directory', directory: string }
 *   | { do: 'spawn', child: ChildCommand }
 *   | { do: 'signal', pid: number, signal: NodeJS.Signals }
 *   | { do: 'drop-databases', url: string, prefix: string }} ReaperRequest
 *
 * @typedef {{ code: number | null, signal: string | null, output: string }} ReaperExit
 *
 * @typedef {{ reply: number, result: string }
 *   | { reply: number, error: { code: string, message: string } }
 *   | { exit: number, outcome: ReaperExit }
 *   | { failed: string }} ReaperMessage
 */

/** Each signal and how long it is given, in milliseconds. SIGINT is a postmaster's fast shutdown. */
const SHUTDOWN = /** @type {const} */ ([
  ['SIGINT', 10_000],
  ['SIGQUIT', 5_000],
  ['SIGKILL', 5_000],
]);
/**
 * How long initdb may take to finish by itself. It needs half a second; and the servers that it runs for a moment do
 * not catch signals, so that killing them would leave their shared memory (/dev/shm/PostgreSQL.*) until the next boot.
 */
const FINISHING_LIMIT_MS = 10_000;
const CLEANING_LIMIT_MS = 60_000;
const KEPT_OUTPUT_CHARACTERS = 16_384;

/** @type {Set<import('node:child_process').ChildProcess & { server?: boolean }>} */
const children = new Set();
/** @type {Set<string>} */
const directories = new Set();
/** Directories of a reaper that died: their postmaster is not our child. @type {Set<string>} */
const adopted = new Set();
/** @type {{ url: string, prefix: string }[]} */
const databases = [];
/** @type {string[]} */
const failures = [];
let cleaning = false;

/** @param {ReaperMessage} message @param {() => void} [then] */
function tell(message, then) {
  process.stdout.write(`${JSON.stringify(message)}\n`, () => then?.());
}

/**
 * Every request is carried out synchronously: when end of input is seen, nothing is half begun.
 * @param {{ id: number } & ReaperRequest} request
 */
function handle(request) {
  const { id } = request;
  try {
    switch (request.do) {
      case 'make-directory': {
        const directory = mkdtempSync(join(request.parent, 'uno-postgres-'));
        directories.add(directory);
        if (request.owner) chownSync(directory, request.owner.uid, request.owner.gid);
        return tell({ reply: id, result: directory });
      }
      case 'adopt-directory':
        directories.add(request.directory);
        adopted.add(request.directory);
        return tell({ reply: id, result: request.directory });
      case 'drop-databases':
        databases.push({ url: request.url, prefix: request.prefix });
        return tell({ reply: id, result: request.prefix });
      case 'signal':
        // Only while it is our child and has not ended: afterwards its process id may be somebody else's.
        if ([...children].some(({ pid }) => pid === request.pid)) signalProcess(request.pid, request.signal);
        return tell({ reply: id, result: String(request.pid) });
      case 'spawn':
        return spawnChild(id, request.child);
    }
  } catch (error) {
    tell({ reply: id, error: { code: codeOf(error), message: messageOf(error) } });
  }
}

/** @param {number} id @param {ChildCommand} request */
function spawnChild(id, request) {
  /** @type {import('node:child_process').ChildProcess & { server?: boolean }} */
  const child = spawn(request.command, request.args, {
    cwd: request.directory,
    env: request.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
    ...request.owner,
  });
  child.server = request.server ?? false;
  let output = '';
  /** @param {Buffer} chunk */
  const keep = (chunk) => {
    output = (output + chunk).slice(-KEPT_OUTPUT_CHARACTERS);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  child.once('error', (error) => tell({ reply: id, error: { code: codeOf(error), message: error.message } }));
  child.once('exit', () => children.delete(child));
  child.once('close', (code, signal) => tell({ exit: id, outcome: { code, signal, output } }));
  if (child.pid === undefined) return; // 'error' follows
  children.add(child);
  tell({ reply: id, result: String(child.pid) });
}

/** @param {import('node:child_process').ChildProcess & { server?: boolean }} child */
async function stopChild(child) {
  const group = child.pid === undefined || process.platform === 'win32' ? child.pid : -child.pid;
  if (group === undefined) return;
  if (!child.server && (await until(() => !children.has(child), FINISHING_LIMIT_MS))) return;
  for (const [signal, limitMs] of SHUTDOWN) {
    // The whole group, because initdb has children of its own; the processes of a postmaster end with it.
    signalProcess(group, signal);
    if (await until(() => !children.has(child), limitMs)) return;
  }
  throw new Error(`process ${child.pid} is still running`);
}

/** @param {string} directory */
async function stopAdopted(directory) {
  const pid = postmasterOf(directory);
  if (pid === undefined) return;
  for (const [signal, limitMs] of SHUTDOWN) {
    signalProcess(pid, signal);
    if (await until(() => postmasterOf(directory) === undefined, limitMs)) return;
  }
  throw new Error(`process ${pid} is still running`);
}

/**
 * The running postmaster of a directory. A process id read from a file may long be another process: its command line
 * has to name the directory, whose name is random.
 * @param {string} directory
 */
function postmasterOf(directory) {
  try {
    const pid = Number.parseInt(readFileSync(join(directory, 'data', 'postmaster.pid'), 'utf8'), 10);
    const line = execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
    return line.includes(directory) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** @param {number} pid @param {NodeJS.Signals} signal */
function signalProcess(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

/** @param {string} directory */
async function removeDirectory(directory) {
  // Processes of a killed postmaster notice its end a moment later, and may write until then: hence the retries.
  await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  if (existsSync(directory)) throw new Error(`${directory} is still there`);
}

async function clean() {
  if (cleaning) return;
  cleaning = true;
  const finish = () => {
    if (failures.length === 0) process.exit(0);
    tell({ failed: failures.join('; ') }, () => process.exit(1));
  };
  setTimeout(() => {
    failures.push(`cleaning up took more than ${CLEANING_LIMIT_MS} ms`);
    finish();
  }, CLEANING_LIMIT_MS);
  /** @template T @param {Iterable<T>} items @param {(item: T) => Promise<void>} work */
  const each = async (items, work) => {
    for (const outcome of await Promise.allSettled([...items].map(work))) {
      if (outcome.status === 'rejected') failures.push(messageOf(outcome.reason));
    }
  };
  await each(children, stopChild);
  await each(adopted, stopAdopted);
  await each(directories, removeDirectory);
  await each(databases, dropDatabases);
  finish();
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** @param {unknown} error @returns {string} */
function messageOf(error) {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}

// The owner may be gone when we speak: what we have to say then interests nobody, and must not end us.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
process.on('uncaughtException', (error) => {
  failures.push(`the reaper failed: ${messageOf(error)}`);
  void clean();
});
for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT', 'SIGHUP'])) process.on(signal, clean);
createInterface({ input: process.stdin })
  .on('line', (line) => handle(JSON.parse(line)))
  .on('close', clean);
