import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createTestDatabase } from '@uno/testing';
import { run, runProgram, snippetsOf, withFiles } from '../scripts/snippets.mjs';

const pages = [
  'README.md',
  'docs/batch-operations.md',
  'docs/self-tuning.md',
  'docs/batch-processor.md',
  'docs/batch-update.md',
  'docs/batch-upsert.md',
  'docs/batch-compute.md',
  'docs/batch-sync.md',
  'docs/batch-execute-sql.md',
  'docs/set-based-writes.md',
  'docs/streams-and-pages.md',
  'docs/batch-import.md',
  'docs/plan.md',
  'docs/metrics.md',
  'docs/advice.md',
  'docs/copy.md',
  'docs/formats.md',
  'docs/mapping.md',
  'docs/queries.md',
  'docs/relations.md',
  'docs/read-table.md',
  'docs/cli.md',
  'docs/errors.md',
  'docs/cache.md',
  'docs/unit-of-work.md',
  'docs/kysely.md',
];
const snippets = await Promise.all(
  pages.map(async (page) => (await snippetsOf(page)).map(({ code, line }) => ({ title: `${page}:${line}`, code }))),
);
const all = snippets.flat();

describe('an example of the documentation', () => {
  it.each(all)('runs as printed: $title', async ({ code }) => {
    const database = await createTestDatabase();
    try {
      const { code: exit, output } = await runProgram(code, database.connectionString);
      expect({ exit, output }).toMatchObject({ exit: 0, output: expect.stringMatching(/\S/) });
    } finally {
      await database.drop();
    }
  });

  it('compiles as printed', async () => {
    const programs = all.map(({ code }) => code);
    const result = await withFiles(programs, (_files, folder) => {
      const project = JSON.stringify({ extends: '../tsconfig.test.json', include: ['*.ts'] });
      return writeFile(join(folder, 'tsconfig.json'), project).then(() => run('npx', ['tsc', '--project', folder]));
    });
    expect(result).toEqual({ code: 0, output: expect.not.stringContaining('error TS') });
  });
});

describe('the page on plans', () => {
  it('shows what its example prints', async () => {
    const text = await readFile(new URL('../docs/plan.md', import.meta.url), 'utf8');
    const [, shown = ''] = /```text\n(.*?)\n```/s.exec(text) ?? [];
    const [example] = await snippetsOf('docs/plan.md');
    const database = await createTestDatabase();
    try {
      const { output } = await runProgram(example?.code ?? '', database.connectionString);
      expect(output.trimEnd()).toBe(`[ 2000, 2000, 2000 ] [ 'aside 3', 'copy 3' ]\n${shown}`);
    } finally {
      await database.drop();
    }
  });
});

describe('the README', () => {
  it('names only commands that there are', async () => {
    const text = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const { scripts } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
    const named = [...text.matchAll(/(?:`|^|&& )npm (?:run )?([a-z:]+)/gm)].map(([, name = '']) => name);
    expect(named).toEqual(expect.arrayContaining(['ci', 'start', 'test', 'example']));
    expect(named.filter((name) => name !== 'ci' && !(name in scripts))).toEqual([]);
  });
});
