import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { TestServerError } from './test-server-error.js';

const run = promisify(execFile);

/** An existing account of this machine. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Accounts to run a server as when we are root, best first; `_postgres` is what macOS calls it. */
const ACCOUNTS = ['postgres', '_postgres', 'nobody'];

/**
 * The user to run the server as: PostgreSQL refuses to be root, so for root it is another account that exists
 * (none is ever created); for everybody else it is themselves, `undefined`.
 *
 * @throws {TestServerError} `no-server-user`
 */
export async function findServerUser(accounts: readonly string[] = ACCOUNTS): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of accounts) {
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
      return { name, uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {
      // No such account: try the next one.
    }
  }
  throw new TestServerError(
    'no-server-user',
    `PostgreSQL does not run as root, and none of the accounts ${accounts.join(', ')} exists. ` +
      'Run as another user, create one of these accounts, or set DATABASE_URL.',
  );
}

/**
 * A directory for temp files that the user can enter: root's own may be closed to everybody else.
 *
 * @throws {TestServerError} `start-failed`
 */
export async function tempParent(
  user: ServerUser | undefined,
  candidates: readonly string[] = [tmpdir(), '/tmp', '/var/tmp'],
): Promise<string> {
  const [first] = candidates;
  if (user === undefined && first !== undefined) return first;
  for (const directory of candidates) {
    try {
      await run('/bin/sh', ['-c', 'cd "$1"', 'sh', directory], { uid: user?.uid, gid: user?.gid, cwd: '/' });
      return directory;
    } catch {
      // Not there or closed: try the next one.
    }
  }
  throw new TestServerError(
    'start-failed',
    `The user ${user?.name} can enter none of ${candidates.join(', ')}: set TMPDIR to a directory that all users can enter.`,
  );
}
