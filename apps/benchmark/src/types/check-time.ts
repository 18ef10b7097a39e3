import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

/** What the compiler says of one run. */
export interface CheckTime {
  /** Of the whole process, in ms. */
  readonly totalMs: number;
  /** Types that were made. */
  readonly types: number;
}

/**
 * Has the project's compiler check a program as a user's project would be: strict, against the packages as they are built.
 *
 * @throws Error with what the compiler says, when the program does not compile
 */
export async function checkTime(program: string): Promise<CheckTime> {
  const folder = await mkdtemp(join(root, '.types-'));
  try {
    await writeFile(join(folder, 'program.ts'), program);
    const compilerOptions = { composite: false, declaration: false, declarationMap: false, noEmit: true };
    const project = { extends: '../tsconfig.base.json', compilerOptions, include: ['program.ts'] };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(project));
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const began = performance.now();
    const { stdout } = await promisify(execFile)(process.execPath, [compiler, '--extendedDiagnostics', '-p', folder], {
      maxBuffer: 2 ** 26,
    });
    return { totalMs: performance.now() - began, types: Number(/^Types:\s+(\d+)/m.exec(stdout)?.[1]) };
  } catch (error) {
    const said = typeof error === 'object' && error !== null && 'stdout' in error ? String(error.stdout) : '';
    throw said === '' ? error : new Error(said, { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
