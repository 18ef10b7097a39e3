import { chown, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { childEnvironment } from './child-environment.js';
import { openKeptDirectory } from './kept-directory.js';
import { type PostgresSource, settingArguments, THROWAWAY_SETTINGS } from './options.js';
import { type PostgresBinaries, programs } from './postgres-binaries.js';
import { newPassword, type PostgresServer, postgresServer, type RestartMode } from './postgres-server.js';
import { type ReaperChild, ReaperClient } from './reaper-client.js';
import { findServerUser, type ServerUser, tempParent } from './server-user.js';
import { messageOf, TestServerError } from './test-server-error.js';
import { usableBinaries } from './usable-binaries.js';
import { type Readiness, waitUntilReady } from './wait-until-ready.js';

const READY_LIMIT_MS = 30_000;
const END_LIMIT_MS = 30_000;
const PORT_ATTEMPTS = 5;
const SUPERUSER = 'postgres';

/** What to launch. */
export interface LaunchOptions {
  readonly binaries: PostgresBinaries;
  readonly source: PostgresSource;
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** Where to listen; injected by tests. */
  readonly pickPort?: () => Promise<number>;
  /** Where the data stays; in the temp directory if not said. */
  readonly keep?: string | undefined;
}

/** The signal by which a postmaster ends so. */
const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const satisfies Record<RestartMode, NodeJS.Signals>;

interface Place {
  readonly reaper: ReaperClient;
  readonly binaries: PostgresBinaries;
  readonly directory: string;
  readonly data: string;
  readonly user: ServerUser | undefined;
  readonly password: string;
  readonly settings: readonly string[];
  /** Whether the data is to outlive a crash of the machine. */
  readonly isKept: boolean;
}

interface RunningServer {
  readonly process: ReaperChild;
  readonly port: number;
  readonly connectionString: string;
  readonly readiness: Readiness;
}

/**
 * Makes a cluster in a temp directory, or goes on with one that is kept, and runs a server on it, on a free port of 127.0.0.1, under a random password,
 * with settings for throwaway data if it is. Needs no rights; as root it runs the server as another user. Whatever way this ends,
 * the reaper takes the server and its directory away when this process is gone.
 *
 * @throws {TestServerError} `binaries-unusable`, `no-server-user`, `start-failed`, `invalid-option`; nothing is left.
 */
export async function launchServer(options: LaunchOptions): Promise<PostgresServer> {
  const settings = settingArguments(options.settings, options.keep === undefined ? THROWAWAY_SETTINGS : {});
  const user = await findServerUser();
  const parent = await tempParent(user);
  const reaper = new ReaperClient();
  try {
    const directory = await reaper.makeDirectory(parent, user && { uid: user.uid, gid: user.gid });
    const binaries = await usableBinaries(options.binaries, directory, user);
    const kept = options.keep === undefined ? undefined : await openKeptDirectory(options.keep, user);
    const { data, password } = kept ?? { data: join(directory, 'data'), password: newPassword() };
    const isKept = kept !== undefined;
    const place: Place = { reaper, binaries, directory, data, user, password, settings, isKept };
    if (kept?.isNew !== false) await makeCluster(place);
    await kept?.complete();
    let { server, version } = await startServer(place, options.pickPort ?? freePort);
    return postgresServer({
      connectionString: server.connectionString,
      source: options.source,
      version,
      restart: async (mode) => {
        server = await restartServer(place, server, mode);
      },
      release: () => reaper.close(),
    });
  } catch (error) {
    await reaper.close().catch((cleaning: unknown) => {
      throw new TestServerError('start-failed', `${messageOf(error)} And then: ${messageOf(cleaning)}`, {
        cause: error,
      });
    });
    if (error instanceof TestServerError) throw error;
    throw new TestServerError('start-failed', `Could not start PostgreSQL: ${messageOf(error)}`, { cause: error });
  }
}

async function makeCluster(place: Place): Promise<void> {
  const { user, data, directory } = place;
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, place.password, { mode: 0o600 });
  if (user !== undefined) await chown(passwordFile, user.uid, user.gid);
  const initialise = (locale: string) =>
    place.reaper.run({
      ...surroundings(place),
      command: programs(place.binaries).initdb,
      args: [
        ...['-D', data, '-U', SUPERUSER, '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
        ...['--encoding=UTF8', `--locale=${locale}`, '--lc-messages=C', ...(place.isKept ? [] : ['--no-sync'])],
      ],
    });
  let outcome = await initialise('C.UTF-8');
  // Not every system has it. C sorts the same and knows only ASCII letters as letters.
  if (outcome.code !== 0 && /invalid locale/i.test(outcome.output)) outcome = await initialise('C');
  if (outcome.code !== 0) {
    const how = outcome.code === null ? `by ${outcome.signal}` : `with code ${outcome.code}`;
    throw new TestServerError('start-failed', `initdb ended ${how} in ${directory}. It said:\n${outcome.output}`);
  }
  await rm(passwordFile);
}

async function startServer(
  place: Place,
  pickPort: () => Promise<number>,
): Promise<{ server: RunningServer; version: string }> {
  let said = '';
  for (let attempt = 1; attempt <= PORT_ATTEMPTS; attempt += 1) {
    const server = await runServer(place, await pickPort());
    const { readiness } = server;
    if (readiness.state === 'ready') return { server, version: readiness.version };
    if (readiness.state === 'timeout') throw new TestServerError('start-failed', silence(place, readiness.lastError));
    said = readiness.outcome.output;
    if (!isPortTaken(said)) break;
  }
  throw new TestServerError('start-failed', `PostgreSQL did not start. It said:\n${said}`);
}

/** Fails with the old server still known: another try begins by ending what is left of this one. */
async function restartServer(place: Place, old: RunningServer, mode: RestartMode): Promise<RunningServer> {
  await endServer(place, old.process, SIGNALS[mode]);
  const deadline = Date.now() + READY_LIMIT_MS;
  for (;;) {
    const server = await runServer(place, old.port);
    const { readiness } = server;
    if (readiness.state === 'ready') return server;
    if (readiness.state === 'timeout') {
      await endServer(place, server.process, 'SIGQUIT');
      throw new TestServerError('restart-failed', silence(place, readiness.lastError));
    }
    // Whoever looks for a free port may hold ours for a moment.
    if (!isPortTaken(readiness.outcome.output) || Date.now() > deadline) {
      throw new TestServerError(
        'restart-failed',
        `PostgreSQL did not come back. It said:\n${readiness.outcome.output}`,
      );
    }
  }
}

async function endServer({ reaper }: Place, server: ReaperChild, signal: NodeJS.Signals): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<'running'>((resolve) => {
    timer = setTimeout(resolve, END_LIMIT_MS, 'running');
  });
  const outcome = await Promise.race([reaper.end(server, signal), tooLong]).finally(() => clearTimeout(timer));
  if (outcome !== 'running') return;
  throw new TestServerError('restart-failed', `PostgreSQL did not end within ${END_LIMIT_MS} ms of ${signal}.`);
}

async function runServer(place: Place, port: number): Promise<RunningServer> {
  const { reaper, data, password, settings } = place;
  const where = { port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: '' };
  const server = await reaper.spawn({
    ...surroundings(place),
    command: programs(place.binaries).postgres,
    args: ['-D', data, ...Object.entries(where).flatMap(([name, value]) => ['-c', `${name}=${value}`]), ...settings],
    server: true,
  });
  const connectionString = `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;
  const readiness = await waitUntilReady(connectionString, server.exited, READY_LIMIT_MS);
  return { process: server, port, connectionString, readiness };
}

/** Somebody took the port between our looking and the server's binding it. */
function isPortTaken(said: string): boolean {
  return /could not bind|could not create any TCP\/IP sockets/i.test(said);
}

function silence({ data }: Place, lastError: string): string {
  return `PostgreSQL did not accept connections within ${READY_LIMIT_MS} ms (${lastError}). Its data was in ${data}.`;
}

function surroundings({ directory, user }: Place) {
  return { directory, env: childEnvironment(), ...(user && { owner: { uid: user.uid, gid: user.gid } }) };
}

/** A port that is free now; it may be taken a moment later. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
