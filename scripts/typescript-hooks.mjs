/** Module hooks (`module.register`) by which Node runs our TypeScript from `src`, without a build. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What was compiled stays here, by the text it was made of: a process that starts needs no compiler then. */
const cache = fileURLToPath(new URL('../node_modules/.cache/uno-typescript', import.meta.url));

/** @type {import('node:module').ResolveHook} */
export async function resolve(specifier, context, nextResolve) {
  // We import './x.js' as TypeScript wants it; in `src` that is './x.ts'. Looked for first: to be told that there is no
  // './x.js' takes longer than all the rest.
  if (context.parentURL?.endsWith('.ts') && /^\.{1,2}\/.*\.js$/.test(specifier)) {
    const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
    if (existsSync(source)) return { url: source.href, format: 'module', shortCircuit: true };
  }
  return nextResolve(specifier, { ...context, conditions: ['@uno/source', ...(context.conditions ?? [])] });
}

/** @type {import('node:module').LoadHook} */
export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context);
  const filename = fileURLToPath(url);
  const text = await readFile(filename, 'utf8');
  const cached = join(cache, createHash('sha1').update(`${url}\n${text}`).digest('hex'));
  const known = await readFile(cached, 'utf8').catch(() => undefined);
  const source = known ?? (await compiled(filename, text));
  if (known === undefined) await keep(cached, source);
  return { format: 'module', source, shortCircuit: true };
}

/** @param {string} filename @param {string} text */
async function compiled(filename, text) {
  const { transform } = await import('@swc/core');
  const { code } = await transform(text, {
    filename,
    configFile: false,
    swcrc: false,
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
    },
    module: { type: 'es6' },
  });
  return code;
}

/** Whoever reads it meanwhile finds all of it or nothing. @param {string} path @param {string} source */
async function keep(path, source) {
  await mkdir(cache, { recursive: true });
  const whole = `${path}.${process.pid}`;
  await writeFile(whole, source);
  await rename(whole, path);
}
