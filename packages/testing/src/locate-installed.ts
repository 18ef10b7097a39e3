import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { isComplete, type PostgresBinaries } from './postgres-binaries.js';
import { TestServerError } from './test-server-error.js';

/** Directories whose entries are named by version: Debian's, and Homebrew's `postgresql@17`. */
const INSTALLATION_ROOTS: readonly string[] = Object.freeze(['/usr/lib/postgresql', '/opt/homebrew/opt']);

/**
 * The newest PostgreSQL installed on this machine: the directory UNO_POSTGRES_BIN if that is set; else the highest
 * version below the roots; else what `pg_config --bindir` says; else the `postgres` on PATH.
 *
 * @throws {TestServerError} `binaries-missing`, saying where it looked.
 */
export async function locateInstalled(
  env: NodeJS.ProcessEnv,
  roots: readonly string[] = INSTALLATION_ROOTS,
): Promise<PostgresBinaries> {
  const named = env['UNO_POSTGRES_BIN'];
  const looked = named ? [named] : [...roots.flatMap(installationsIn), ...(await pgConfigBin(env)), ...onPath(env)];
  const bin = looked.find(isComplete);
  if (bin !== undefined) return { bin };
  const places = named ? `UNO_POSTGRES_BIN (${named})` : `${roots.join(', ')}, pg_config --bindir and PATH`;
  throw new TestServerError(
    'binaries-missing',
    `No installed PostgreSQL server: looked for initdb and postgres in ${places}. Install one ` +
      '(Debian: apt-get install postgresql), or set UNO_POSTGRES_BIN to the directory of its initdb and postgres, ' +
      'or use the embedded one: source embedded, or UNO_POSTGRES=embedded.',
  );
}

/** The `bin` directories below a root, highest version first. */
function installationsIn(root: string): string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .map((name) => ({ name, version: Number(/^(?:postgresql@)?(\d+(?:\.\d+)?)$/.exec(name)?.[1]) }))
    .filter(({ version }) => !Number.isNaN(version))
    .sort((a, b) => b.version - a.version)
    .map(({ name }) => join(root, name, 'bin'));
}

async function pgConfigBin(env: NodeJS.ProcessEnv): Promise<string[]> {
  try {
    const { stdout } = await promisify(execFile)('pg_config', ['--bindir'], { env, timeout: 5_000 });
    return [stdout.trim()];
  } catch {
    return []; // Not there is the common case; the other places may still have one.
  }
}

function onPath(env: NodeJS.ProcessEnv): string[] {
  return (env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '');
}
