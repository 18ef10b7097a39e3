import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PostgresServer } from '@uno/testing';
import { type Options, parseArguments } from '../../src/operations/arguments.js';
import { runBenchmark } from '../../src/operations/run-benchmark.js';
import { psqlVersion } from '../../src/operations/ways/psql-process.js';
import { testServer } from '../support/test-server.js';

let server: PostgresServer;
let folder: string;
beforeAll(async () => {
  server = await testServer();
  folder = await mkdtemp(join(tmpdir(), 'uno-benchmark-test-'));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

function optionsOf(...argv: string[]): Options {
  const options = parseArguments(['--rounds', '1', '--warm-ups', '0', ...argv]);
  if (options === 'help') throw new Error('These are no options.');
  return options;
}

/** Runs a benchmark and gives what it printed. */
async function printed(options: Options): Promise<string> {
  let text = '';
  const output = {
    out: (more: string) => {
      text += more;
    },
    progress: () => undefined,
  };
  const verified = await runBenchmark(server, options, output, { small: 4, big: 12 });
  expect(verified).toBe(true);
  return text;
}

describe('runBenchmark', () => {
  it('has every way do every operation as it has to be done', async () => {
    const json = join(folder, 'results.json');
    const text = await printed(optionsOf('--rows', '2010', '--statements', '--json', json));
    expect(text).toContain('update of two columns');

    const { results } = JSON.parse(await readFile(json, 'utf8'));
    const found = new Map<string, Record<string, unknown>>();
    for (const result of results) found.set(`${result.operation} by ${result.way}`, result);
    const hasPsql = (await psqlVersion()) !== undefined;
    // Six operations by nine ways, ids by two means in the seven ways of uno, and one operation by psql in two formats.
    expect(found.size).toBe(6 * 9 + 7 + (hasPsql ? 2 : 0));
    expect([...found.values()].filter(({ verified }) => verified !== true)).toEqual([]);
    // Three chunks in a transaction, and a statement for each of a tenth of the records.
    expect(found.get('insert by expert')).toMatchObject({ library: 'pg-unnest', rows: 2010, statements: 5 });
    expect(found.get('get by expert')).toMatchObject({ statements: 3, ratioToExpert: 1 });
    expect(found.get('update by one-by-one')).toMatchObject({ extrapolatedFromRows: 201, statements: 201 });
    expect(found.get('insert-ids by uno-single models')).toMatchObject({
      library: 'uno',
      variant: 'single_query, models',
    });
  });

  it('compares what a record costs among many with what it costs among few', async () => {
    const text = await printed(optionsOf('--scale', '--only', 'get,delete', '--ways', 'uno'));
    expect(text).toContain('Cost of a record among 12, as a multiple of that among 4');
    expect(text).toMatch(/get by ids +│ uno /);
  });

  it('writes a profile of each way', async () => {
    const profile = join(folder, 'profiles');
    await printed(optionsOf('--rows', '10', '--only', 'insert-ids', '--ways', 'uno-5000', '--profile', profile));
    expect((await readdir(profile)).sort()).toEqual([
      'insert-ids-uno-5000-keys.cpuprofile',
      'insert-ids-uno-5000-models.cpuprofile',
    ]);
  });
});
