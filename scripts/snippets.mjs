/** The TypeScript examples of the project's pages, taken out as they are printed there. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * @typedef {object} Snippet
 * @property {string} code
 * @property {number} line where it begins in the page
 */

/**
 * @param {string} page path from the project's root
 * @returns {Promise<Snippet[]>}
 */
export async function snippetsOf(page) {
  const text = await readFile(join(root, page), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((match) => ({
    code: match[1] ?? '',
    line: text.slice(0, match.index).split('\n').length,
  }));
}

/**
 * Puts programs into a folder of the project, so that they find its packages, for as long as a function runs.
 * @template T
 * @param {readonly string[]} programs
 * @param {(files: string[], folder: string) => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function withFiles(programs, use) {
  const folder = await mkdtemp(join(root, '.snippets-'));
  try {
    const files = programs.map((_, i) => join(folder, `snippet-${i}.ts`));
    await Promise.all(files.map((file, i) => writeFile(file, programs[i] ?? '')));
    return await use(files, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Runs a command in the project's root and gives what it printed.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ code: number | null, output: string }>}
 */
export function run(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env } });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

/**
 * Runs one program against the packages' sources.
 * @param {string} program
 * @param {string} databaseUrl
 */
export function runProgram(program, databaseUrl) {
  const hooks = new URL('register-typescript.mjs', import.meta.url).href;
  return withFiles([program], ([file = '']) =>
    run(process.execPath, ['--import', hooks, file], { DATABASE_URL: databaseUrl }),
  );
}
