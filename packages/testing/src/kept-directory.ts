import { chown, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newPassword } from './postgres-server.js';
import type { ServerUser } from './server-user.js';
import { codeOf, messageOf, TestServerError } from './test-server-error.js';

/** A directory of a server whose data outlives it. */
export interface KeptDirectory {
  /** The cluster. */
  readonly data: string;
  readonly password: string;
  /** Whether the cluster is yet to be made. */
  readonly isNew: boolean;
  /** Called when it is: before, a later start would find half of it. */
  complete(): Promise<void>;
}

/**
 * Makes the directory, or finds what an earlier server has left in it: the cluster and its password.
 *
 * @throws {TestServerError} `invalid-option` for a directory that cannot be used, or holds something else
 */
export async function openKeptDirectory(directory: string, user: ServerUser | undefined): Promise<KeptDirectory> {
  const data = join(directory, 'data');
  const passwordFile = join(directory, 'password');
  const entries = await entriesOf(directory, user);
  if (entries.includes('password')) {
    return { data, password: (await readPassword(passwordFile)).trim(), isNew: false, complete: async () => {} };
  }
  if (entries.length > 0) {
    const what = entries.includes('data') ? 'a database that was not finished' : 'something else';
    throw new TestServerError(
      'invalid-option',
      `${directory} holds ${what}: take an empty directory, or one of an earlier run.`,
    );
  }
  const password = newPassword();
  return {
    data,
    password,
    isNew: true,
    complete: async () => {
      await writeFile(`${passwordFile}.part`, `${password}\n`, { mode: 0o600 });
      await rename(`${passwordFile}.part`, passwordFile);
    },
  };
}

async function entriesOf(directory: string, user: ServerUser | undefined): Promise<string[]> {
  try {
    const made = await mkdir(directory, { recursive: true, mode: 0o700 });
    const entries = await readdir(directory);
    // The server's user makes the cluster in it.
    if (user !== undefined && (made !== undefined || entries.length === 0)) await chown(directory, user.uid, user.gid);
    return entries;
  } catch (cause) {
    throw new TestServerError('invalid-option', `${directory} cannot be used: ${messageOf(cause)}`, { cause });
  }
}

async function readPassword(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const whose = codeOf(cause) === 'EACCES' ? ' It belongs to another user.' : '';
    throw new TestServerError('invalid-option', `${file} cannot be read: ${messageOf(cause)}.${whose}`, { cause });
  }
}
