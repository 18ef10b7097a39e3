import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Interruption } from '../../src/frame/interruption.js';
import { called, calledForJson } from '../support/called.js';
import { type CommandDatabase, openCommandDatabase } from '../support/command-database.js';

let database: CommandDatabase;
let folder: string;

beforeAll(async () => {
  database = await openCommandDatabase();
  folder = await mkdtemp(join(tmpdir(), 'uno-import-'));
});

afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

beforeEach(async () => {
  await database.run(`
    drop table if exists place, twin, uno_import, uno_import_chunk;
    create table place (
      code text primary key, "City name" text not null, at timestamptz, area numeric(6,2), tags text[], facts jsonb,
      kind text not null default 'city', loaded integer generated always as identity
    )`);
});

async function fileOf(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const rows = () =>
  database.run('select code, "City name" as name, at::text, area::text, tags, facts, kind from place order by code');

const zurich = {
  code: 'ZRH',
  name: 'Zürich, "the"\ncity',
  at: '2026-01-02 03:04:05.123456+00',
  area: '87.88',
  tags: ['a', 'b'],
  facts: { n: 1 },
  kind: 'city',
};
const csv = `\ufeffcode,city NAME,at,area,tags,facts\r\nZRH,"Zürich, ""the""\ncity",2026-01-02 03:04:05.123456Z,87.88,"{a,b}","{""n"": 1}"\r\nBRN,Bern,,,,\r\n`;

describe('uno import', () => {
  it('refuses a column that is like two of the table but for case', async () => {
    await database.run('create table twin (name text, "NAME" text)');
    const file = await fileOf('twins.csv', 'Name\nx\n');
    const { code, err } = await called(['import', file, '--table', 'twin'], database);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('may be for "name" or "NAME"') });
    const exact = await fileOf('exact.csv', 'NAME\nx\n');
    expect(await called(['import', exact, '--table', 'twin'], database)).toMatchObject({ code: 0 });
    expect(await database.run('select * from twin')).toEqual([{ name: null, NAME: 'x' }]);
  });

  it('takes a file into a table by the types of the table', async () => {
    const file = await fileOf('places.csv', csv);
    const { code, out, err } = await called(['import', file, '--table', 'place'], database);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^2 records in 0:0\d: 2 inserted\.\n$/);
    expect(await rows()).toMatchObject([{ code: 'BRN', name: 'Bern', kind: 'city' }, zurich]);
  });

  it.each([
    ['csv', csv],
    ['csv', gzipSync(csv)],
    [
      'ndjson',
      `{"code":"ZRH","City name":${JSON.stringify(zurich.name)},"at":"2026-01-02T03:04:05.123456Z","area":87.88,"tags":["a","b"],"facts":{"n":1}}\n`,
    ],
    [
      'json',
      `[{"code":"ZRH","City name":${JSON.stringify(zurich.name)},"at":"2026-01-02T03:04:05.123456Z","area":"87.88","tags":["a","b"],"facts":{"n":1}}]`,
    ],
  ])('takes what comes from stdin: %s', async (format, stdin) => {
    const { code } = await called(['import', '-', '--format', format, '--table', 'place'], { ...database, stdin });
    expect(code).toBe(0);
    expect(await rows()).toContainEqual(zurich);
  });

  it('brings back what uno export writes', async () => {
    await called(['import', await fileOf('places.csv', csv), '--table', 'place'], database);
    const before = await rows();
    for (const format of ['csv', 'ndjson']) {
      const query = 'select code, "City name", at, area, tags, facts, kind from place';
      const { out } = await called(['export', '--query', query, '--format', format], database);
      await database.run('truncate place');
      const { code } = await called(['import', '-', '--format', format, '--table', 'place'], {
        ...database,
        stdin: out,
      });
      expect(code).toBe(0);
      expect(await rows()).toEqual(before);
    }
  });

  it('leaves rows alone that are there, or updates them', async () => {
    await database.run(`insert into place (code, "City name", kind) values ('BRN', 'Berne', 'capital')`);
    const file = await fileOf('bern.csv', 'code,City name\nBRN,Bern\nGVA,Geneva\n');
    const unique = ['import', file, '--table', 'place', '--unique', 'code'];
    expect(await calledForJson(unique, database)).toMatchObject({ code: 0, value: { inserted: 1, skipped: 1 } });
    expect(await calledForJson([...unique, '--update'], database)).toMatchObject({
      value: { total: 2, inserted: 0, updated: 1, unchanged: 1 },
    });
    expect(await rows()).toMatchObject([{ name: 'Bern', kind: 'capital' }, { name: 'Geneva' }]);
  });

  it('updates by columns that are no key', async () => {
    await database.run(`create table loose (n integer unique, word text); insert into loose values (1, 'one')`);
    const file = await fileOf('loose.csv', 'n,word\n1,uno\n2,due\n');
    const argv = ['import', file, '--table', 'loose', '--unique', 'n', '--update'];
    expect(await calledForJson(argv, database)).toMatchObject({ value: { inserted: 1, updated: 1 } });
    await database.run('drop table loose');
  });

  it('leaves out what is wrong, and writes down what and why, to be mended and imported', async () => {
    const file = await fileOf('wrong.csv', 'code,City name,area\nA,a,1\nB,b,large\nC,c\nD,d,123456\nA,again,2\n');
    const rejects = join(folder, 'rejects.csv');
    const argv = ['import', file, '--table', 'place', '--skip-errors', '--rejects', rejects];
    const { code, out, err } = await called(argv, database);
    expect(code).toBe(3);
    expect(out).toContain('5 records');
    expect(out).toContain(`1 inserted, 4 rejected (${rejects}).`);
    expect(err.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^line 3, area: .*"large"/),
      'line 4: 3 columns were expected, 2 found',
      expect.stringMatching(/^line 5, area: .*overflow/),
      expect.stringMatching(/^line 6: .*place_pkey/),
    ]);
    const mended = (await readFile(rejects, 'utf8'))
      .replace('b,large', 'b,2')
      .replace(',C,c\n', ',C,c,3\n')
      .replace('123456', '4')
      .replace('A,again', 'E,e');
    await writeFile(rejects, mended);
    expect(await calledForJson(['import', rejects, '--table', 'place'], database)).toMatchObject({
      code: 0,
      value: { total: 4, inserted: 4 },
    });
  });

  it('takes all records or none, and says which line is wrong', async () => {
    const file = await fileOf('one-wrong.csv', 'code,City name,area\nA,a,1\nB,b,large\n');
    const { code, err } = await called(['import', file, '--table', 'place'], database);
    expect(code).toBe(1);
    expect(err).toMatch(
      /^line 3, area: invalid input syntax for type numeric: "large"\nuno: .*line 3.* \[UNO_BATCH\]\n/,
    );
    expect(await rows()).toEqual([]);
  });

  it('takes everything back in a dry run', async () => {
    const file = await fileOf('places.csv', csv);
    const { code, out } = await called(['import', file, '--table', 'place', '--dry-run'], database);
    expect(code).toBe(0);
    expect(out).toContain('2 inserted. A dry run: nothing was kept.');
    expect(await rows()).toEqual([]);
  });

  it.each([
    [['--map', 'x=code'], /--map: the file has no column "x"/],
    [['--map', 'code=nowhere'], /--map: public\.place has no column "nowhere"/],
    [['--unique', 'nowhere'], /--unique: .*no column "nowhere"/],
    [['--update'], /--update needs --unique/],
    [['--rejects', 'x'], /--rejects needs --skip-errors/],
    [['--parallel', 'many'], /--parallel takes a whole number/],
    [['--dry-run', '--resume', 'x'], /--dry-run is one transaction/],
    [['--format', 'xml'], /csv, ndjson, json/],
    [['--unique', 'city NAME'], /no unique constraint.*--unique code/],
    [['--map', 'area=code'], /"area" and "code".*both for "code"/],
    [['--delimiter', ';;'], /delimiter/],
    [['--rejects', 'x.json', '--skip-errors'], /which is csv/],
    [['--map', 'area=loaded'], /always makes by itself/],
    [['--delimiter', ';'], /no column for|--delimiter/],
    [['--map', 'code=', '--map', 'city NAME='], /no column for "code", "City name"/],
  ])('says what is wrong with its options: %j', async (options, message) => {
    const { code, err } = await called(
      ['import', await fileOf('places.csv', csv), '--table', 'place', ...options],
      database,
    );
    expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(message) });
  });

  it.each([
    ['an unknown column', 'code,City name,mayor\n', /has "mayor".*--map "mayor=COLUMN"/],
    ['the same name twice', 'code,code\n', /code/],
    ['nothing in it', '', /empty/],
    ['other delimiters', 'code;City name\nA;a\n', /--delimiter ';'/],
  ])('says what is wrong with a file that has %s', async (_, content, message) => {
    const { code, err } = await called(['import', await fileOf('odd.csv', content), '--table', 'place'], database);
    expect({ isDone: code === 0, err }).toEqual({ isDone: false, err: expect.stringMatching(message) });
  });

  it('creates a table by the first records, and shows how', async () => {
    const file = await fileOf('new.csv', 'Id,When,size,"odd ""name"""\n1,2026-01-01,1.5,x\n2,,2,007\n');
    const argv = ['import', file, '--table', 'made', '--create-table', '--unique', 'Id'];
    const dry = await called([...argv, '--dry-run'], database);
    expect(dry.err).toContain('create table "made" (\n  "Id" integer,\n  "When" date,\n  "size" numeric,');
    expect(dry).toMatchObject({ code: 0, out: expect.stringContaining('2 inserted. A dry run') });
    const wrong = await fileOf('wrong-later.csv', `Id\n${'1\n'.repeat(1_000)}x\n`);
    // Neither the records nor the table: the same command can be given again.
    expect((await called(['import', wrong, '--table', 'made', '--create-table'], database)).code).toBe(1);
    const { code, err } = await called(argv, database);
    expect(code).toBe(0);
    expect(err).toContain('primary key ("Id")');
    expect(await database.run('select * from made order by 1')).toMatchObject([
      { Id: 1, 'odd "name"': 'x' },
      { size: '2' },
    ]);
    expect(await called(argv, database)).toMatchObject({ code: 2, err: expect.stringContaining('is there already') });
    await database.run('drop table made');
  });

  it('keeps its checkpoint when it is interrupted, and goes on from it', async () => {
    const lines = Array.from({ length: 400 }, (_, i) => `P${i},place ${i},${i === 150 ? 'x' : i}\n`);
    const file = await fileOf('many.csv', `code,City name,area\n${lines.join('')}`);
    const rejects = join(folder, 'many-rejects.csv');
    const argv = [
      'import',
      file,
      '--table',
      'place',
      '--resume',
      'many',
      '--batch-size',
      '20',
      '--skip-errors',
      '--rejects',
      rejects,
    ];
    const interruption = new AbortController();
    await database.run(`
      create function stop() returns trigger language plpgsql as 'begin perform pg_sleep(60); return null; end';
      create trigger stop after insert on place for each row when (new.code = 'P250') execute function stop()`);
    const running = called(argv, { ...database, signal: interruption.signal });
    for (;;) {
      const found = await database.run(
        `select from pg_stat_activity where application_name = 'uno' and wait_event = 'PgSleep' and datname = current_database()`,
      );
      if (found.length > 0) break;
    }
    interruption.abort(new Interruption('Interrupted.', 130));
    const { code, err } = await running;
    expect(code).toBe(130);
    expect(err).toContain('the same command goes on from there');
    await database.run('drop trigger stop on place; drop function stop');
    const resumed = await calledForJson([...argv, '--parallel', '2'], database);
    expect(resumed).toMatchObject({ code: 3, value: { total: 400, inserted: 399, failed: 1, resumed: 240 } });
    expect((await readFile(rejects, 'utf8')).split('\n')[1]).toMatch(/^152,area,/);
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
    await writeFile(file, `code,City name,area\n${lines.toReversed().join('')}`);
    expect(await called(argv, database)).toMatchObject({
      code: 1,
      err: expect.stringContaining('[UNO_SOURCE_CHANGED]'),
    });
  });
});

describe('uno import --resume', () => {
  it('goes on past a record that has ended it, with what was left out before', async () => {
    const lines = Array.from({ length: 60 }, (_, i) => `P${i},place ${i},${i === 30 ? 'x' : i}\n`);
    const file = await fileOf('stopped.csv', `code,City name,area\n${lines.join('')}`);
    const argv = ['import', file, '--table', 'place', '--resume', 'stopped', '--batch-size', '20'];
    const { code, err } = await called(argv, database);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('with --skip-errors past this record') });
    const failed = await calledForJson(argv, database);
    expect(failed.value).toMatchObject({
      error: { code: 'UNO_BATCH', line: 32, index: 30, field: 'area', written: 0 },
    });
    const rejects = join(folder, 'stopped-rejects.csv');
    const patient = [...argv, '--skip-errors', '--rejects', rejects];
    expect(await calledForJson(patient, database)).toMatchObject({
      code: 3,
      value: { inserted: 59, failed: 1, resumed: 20 },
    });
    expect(await calledForJson([...patient, '--restart', '--unique', 'code'], database)).toMatchObject({
      code: 3,
      value: { inserted: 0, skipped: 59, failed: 1, resumed: 0 },
    });
  });

  it('rejects what was mended wrongly with one set of notes', async () => {
    const first = await fileOf('again.csv', 'code,City name,area\nA,a,x\n');
    const names = ['one.csv', 'two.csv', 'three.csv'].map((name) => join(folder, name));
    let file = first;
    for (const rejects of names) {
      const argv = ['import', file, '--table', 'place', '--skip-errors', '--rejects', rejects];
      expect(await called(argv, database)).toMatchObject({ code: 3 });
      file = rejects;
    }
    const [header, record] = (await readFile(file, 'utf8')).split('\n');
    expect(header).toBe('uno_line,uno_field,uno_reason,code,City name,area');
    expect(record).toMatch(/^2,area,".*",A,a,x$/);
  });

  it('keeps the digits of numbers in documents', async () => {
    const stdin =
      '{"code":"A","City name":5,"facts":9007199254740993}\n{"code":"B","City name":true,"facts":0.12345678901234567890}\n';
    const argv = ['import', '-', '--format', 'ndjson', '--table', 'place'];
    expect(await called(argv, { ...database, stdin })).toMatchObject({ code: 0 });
    const found = await database.run(
      'select "City name" as name, facts::text, jsonb_typeof(facts) as type from place order by code',
    );
    expect(found).toEqual([
      { name: '5', facts: '9007199254740993', type: 'number' },
      { name: 'true', facts: '0.12345678901234567890', type: 'number' },
    ]);
  });
});

describe('uno plan', () => {
  it('says what the import would do, and does nothing', async () => {
    const file = await fileOf('places.csv', csv);
    const argv = ['plan', file, '--table', 'place', '--unique', 'code', '--update'];
    const { code, out } = await called(argv, database);
    expect(code).toBe(0);
    expect(out).toContain('batchImport on public.place: 2 records');
    expect(out).toContain('on conflict (code) do update');
    expect(await calledForJson(argv, database)).toMatchObject({ value: { operation: 'batchImport', records: 2 } });
    expect(await rows()).toEqual([]);
  });
});
