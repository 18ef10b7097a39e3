import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Interruption } from '../../src/frame/interruption.js';
import { called, calledForJson } from '../support/called.js';
import { type CommandDatabase, openCommandDatabase } from '../support/command-database.js';
import { RecordedStream } from '../support/recorded-stream.js';

let database: CommandDatabase;
let folder: string;
beforeAll(async () => {
  database = await openCommandDatabase();
  await database.run(`
    create table "Odd" (id bigint primary key, "a b" text, n numeric, at timestamptz, doc json, words text[]);
    insert into "Odd" values
      (9007199254740993, e'say "hi",\\nthen\\t\\\\', 1.10, '2026-01-02 03:04:05.123456+00', e'{"a":\\n 1}', '{x,NULL}'),
      (2, '', 'NaN', 'infinity', null, '{}'),
      (3, null, null, null, null, null);
    create view many as select generate_series(1, 20000) as n, repeat('x', 100) as text;
    create view endless as select generate_series(1, 1000000000) as n, repeat('x', 100) as text;
  `);
});
afterAll(() => database.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'uno-export-'));
});
afterEach(() => rm(folder, { recursive: true }));

const odd = '"Odd"';

async function runningQueries(): Promise<unknown[]> {
  return database.run(
    "select query from pg_stat_activity where datname = current_database() and application_name = 'uno' and state = 'active'",
  );
}

describe('uno export', () => {
  it('writes CSV that tells NULL from empty text', async () => {
    expect(await called(['export', odd], database)).toEqual({
      code: 0,
      err: '',
      out: `id,a b,n,at,doc,words
9007199254740993,"say ""hi"",
then\t\\",1.10,2026-01-02 03:04:05.123456+00,"{""a"":
 1}","{x,NULL}"
2,"",NaN,infinity,,{}
3,,,,,
`,
    });
  });

  it('writes NDJSON, an object a line, in which numbers keep their digits', async () => {
    const { code, out } = await called(['export', odd, '--format', 'ndjson'], database);
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      '{"id":9007199254740993,"a b":"say \\"hi\\",\\nthen\\t\\\\","n":1.10,"at":"2026-01-02T03:04:05.123456+00:00","doc":{"a":  1},"words":["x",null]}',
      '{"id":2,"a b":"","n":"NaN","at":"infinity","doc":null,"words":[]}',
      '{"id":3,"a b":null,"n":null,"at":null,"doc":null,"words":null}',
      '',
    ]);
  });

  it('takes a query as somebody types it', async () => {
    const query = 'select 1 as a -- one\n union select 2 order by 1 desc ;\n';
    expect(await called(['export', '--query', query], database)).toMatchObject({ code: 0, out: 'a\n2\n1\n' });
    const lines = await called(['export', '--query', query, '--format', 'ndjson'], database);
    expect(lines.out).toBe('{"a":2}\n{"a":1}\n');
    const twice = ['export', '--query', 'select 1 as a, 2 as a'];
    expect((await called(twice, database)).out).toBe('a,a\n1,2\n');
    expect((await called([...twice, '--format', 'ndjson'], database)).err).toMatch(/two columns called "a".*UNO_USAGE/);
  });

  it('reads only', async () => {
    const { code, out, err } = await called(['export', '--query', 'delete from "Odd" returning id'], database);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('read-only transaction');
    expect(await database.run('select from "Odd"')).toHaveLength(3);
  });

  it.each([
    ['rows.csv', [], 'csv'],
    ['rows.csv.gz', [], 'csv'],
    ['rows.jsonl', [], 'ndjson'],
    ['rows.ndjson.gz', [], 'ndjson'],
    ['rows', ['--format', 'ndjson', '--gzip'], 'ndjson'],
  ])('writes a file in the format of its name: %s', async (name, argv, format) => {
    const out = join(folder, name);
    const { code, value, err } = await calledForJson(['export', 'many', '--out', out, ...argv], database);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const written = await readFile(out);
    const text = (written[0] === 0x1f ? gunzipSync(written) : written).toString();
    expect(value).toEqual({ rows: 20_000, bytes: text.length, file: out, format, elapsedMs: expect.any(Number) });
    expect(text.split('\n')).toHaveLength(format === 'csv' ? 20_002 : 20_001);
    expect(written[0] === 0x1f).toBe(name.endsWith('.gz') || argv.includes('--gzip'));
    expect(await readdir(folder)).toEqual([name]);
  });

  it('says on stderr what it has written, in the place of what was there', async () => {
    const out = join(folder, 'rows.csv');
    await writeFile(out, 'old');
    await symlink(out, join(folder, 'link.csv'));
    let time = 0;
    const now = () => (time += 700);
    const said = await called(['export', odd, '--out', join(folder, 'link.csv')], { ...database, now });
    expect(said).toMatchObject({ code: 0, out: '' });
    expect(said.err).toMatch(/^3 rows, \d+ B, to .*link\.csv in 0:0\d\n$/);
    expect(await readFile(out, 'utf8')).toMatch(/^id,a b/);
  });

  it('leaves no half of a file when it fails, and the old one as it was', async () => {
    const out = join(folder, 'rows.csv');
    await writeFile(out, 'old');
    const query = 'select 1 / (5000 - n) as n, text from many';
    const { code, err } = await called(['export', '--query', query, '--out', out], database);
    expect(code).toBe(1);
    expect(err).toMatch(/SQLSTATE 22012.*\[UNO_VALIDATION\]\nWith --debug/);
    expect(await readFile(out, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['rows.csv']);
    expect((await called(['export', '--query', query, '--debug'], database)).err).toContain('division by zero');
  });

  it('makes no file for a table that is not there, nor in a folder that is not', async () => {
    expect(await called(['export', 'nope', '--out', join(folder, 'x.csv')], database)).toMatchObject({ code: 1 });
    expect(await readdir(folder)).toEqual([]);
    const { code, err } = await called(['export', odd, '--out', join(folder, 'no', 'x.csv')], database);
    expect(code).toBe(1);
    expect(err).toMatch(/^uno: Cannot write .*ENOENT.*\[UNO_FILE\]\n$/);
  });

  it('writes to a device as it is', async () => {
    const { code, value } = await calledForJson(['export', odd, '--out', '/dev/null'], database);
    expect({ code, value }).toMatchObject({ code: 0, value: { rows: 3 } });
    expect(await calledForJson(['export', 'many', '--out', '/dev/full'], database)).toMatchObject({
      code: 1,
      value: { error: { code: 'UNO_FILE', message: expect.stringContaining('ENOSPC') } },
    });
  });

  it('ends on the server, silently, when nobody reads any more', async () => {
    let taken = 0;
    const stdout = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        taken += chunk.length;
        done(taken > 200_000 ? Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }) : null);
      },
    });
    expect(await called(['export', 'endless'], { ...database, stdout })).toEqual({ code: 0, out: '', err: '' });
    expect(await runningQueries()).toEqual([]);
  });

  it.each([[[]], [['--gzip']]])(
    'ends on the server when it is interrupted, also while nothing is taken %j',
    async (argv) => {
      const controller = new AbortController();
      const stdout = new Writable({
        // Never done, as a pager does that waits for its user.
        write: () => controller.abort(new Interruption('Interrupted by SIGINT.', 130)),
      });
      const argvAll = ['export', 'endless', ...argv];
      expect(await called(argvAll, { ...database, stdout, signal: controller.signal })).toEqual({
        code: 130,
        out: '',
        err: 'uno: Interrupted by SIGINT. [UNO_INTERRUPTED]\n',
      });
      expect(await runningQueries()).toEqual([]);
    },
  );

  it('does not send what is compressed to a terminal', async () => {
    const stdout = new RecordedStream({ isTTY: true });
    expect(await called(['export', odd, '--gzip'], { ...database, stdout })).toMatchObject({ code: 2 });
    expect(stdout.text).toBe('');
  });
});
