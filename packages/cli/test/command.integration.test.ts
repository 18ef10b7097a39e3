import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type CommandDatabase, openCommandDatabase } from './support/command-database.js';

const script = fileURLToPath(new URL('support/uno.mjs', import.meta.url));

let database: CommandDatabase;
beforeAll(async () => {
  database = await openCommandDatabase();
  await database.run('create view endless as select generate_series(1, 1000000000) as n');
});
afterAll(() => database.close());

type Child = ChildProcessByStdio<null, Readable, Readable>;

function spawned(command: string, argv: readonly string[], env: NodeJS.ProcessEnv): Child {
  const { DATABASE_URL: _url, ...others } = process.env;
  return spawn(command, argv, { env: { ...others, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** What a child says from now on, and how it ends. */
async function ended(child: Child) {
  const [out, err, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { out, err, code, signal };
}

async function runningQueries(): Promise<unknown[]> {
  return database.run("select from pg_stat_activity where application_name = 'uno' and datname = current_database()");
}

describe('the command in a shell', () => {
  it('ends quietly when the program behind it in a pipe has enough', async () => {
    const line = '"$0" "$1" export endless | head -n 3; echo $PIPESTATUS';
    const child = spawned('bash', ['-c', line, process.execPath, script], database.env);
    expect(await ended(child)).toEqual({ out: 'n\n1\n2\n0\n', err: '', code: 0, signal: null });
    expect(await runningQueries()).toEqual([]);
  });

  it('ends with 130 after Ctrl-C, with nothing left on the server or in the folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'uno-export-'));
    try {
      const argv = [script, 'export', 'endless', '--out', join(folder, 'endless.csv')];
      const child = spawned(process.execPath, argv, database.env);
      const end = ended(child);
      while ((await readdir(folder)).length === 0) await new Promise(setImmediate);
      child.kill('SIGINT');
      expect(await end).toEqual({
        out: '',
        err: 'uno: Interrupted by SIGINT. [UNO_INTERRUPTED]\n',
        code: 130,
        signal: null,
      });
      expect(await readdir(folder)).toEqual([]);
      expect(await runningQueries()).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('runs a PostgreSQL to play with until Ctrl-C', async () => {
    const child = spawned(process.execPath, [script, 'db'], {});
    const errors = text(child.stderr);
    const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
    const url = String(line).trim();
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    const closed = once(child, 'close');
    child.kill('SIGINT');
    expect(await closed).toEqual([0, null]);
    const said = await errors;
    expect(said).toContain('keeps nothing');
    expect(said).toContain(`export DATABASE_URL=${url}`);
    const again = new pg.Client({ connectionString: url });
    await expect(again.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
