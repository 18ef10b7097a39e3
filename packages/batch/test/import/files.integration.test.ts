import { mkdtemp, readFile as readBytes, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BatchImportFileOptions, BatchOperations, type RejectedRecord, SourceChangedError } from '@uno/batch';
import { BatchError, column, mapEntity } from '@uno/domain';
import { FileError, readCsv, readFile, readJson, readNdjson } from '@uno/formats';
import { ConfigError, type Json } from '@uno/postgres';
import { failureOf } from '../support/failure-of.js';
import { openTestContext, type TestContext } from '../support/test-context.js';

class Place {
  code!: string;
  name!: string;
  people!: bigint | null;
  area!: string | null;
  isCapital!: boolean;
  founded!: Date | null;
  tags!: string[] | null;
  facts!: Json | null;
}

const places = mapEntity(Place, {
  table: 'place',
  key: 'code',
  columns: {
    code: column.varchar(4),
    name: column.text(),
    people: column.bigint().nullable(),
    area: column.numeric().nullable(),
    isCapital: column.boolean().named('is_capital').default(false),
    founded: column.timestamptz().nullable(),
    tags: column.array(column.text()).nullable(),
    facts: column.jsonb().nullable(),
  },
});

let context: TestContext;
let folder: string;
let operations: BatchOperations<typeof places>;

beforeAll(async () => {
  context = await openTestContext([places]);
  folder = await mkdtemp(join(tmpdir(), 'uno-files-'));
  operations = new BatchOperations({ table: places, db: context.db, config: { batchSize: 2 } });
});

afterAll(async () => {
  await context.close();
  await rm(folder, { recursive: true });
});

beforeEach(() => context.run('truncate place'));

const bytes = (text: string) => [Buffer.from(text)];
const rowsOf = (...codes: string[]) => operations.batchGet(codes);

const zurich = {
  code: 'ZRH',
  name: 'Zürich, "the" city\nby the lake',
  people: 9007199254740993n,
  area: '87.880000000000000001',
  isCapital: false,
  founded: new Date('1218-01-01T00:00:00Z'),
  tags: ['a,b', 'c'],
  facts: { river: 'Limmat' },
};

const csv =
  'code,NAME,people,area,is_capital,founded,tags,facts\r\n' +
  'ZRH,"Zürich, ""the"" city\nby the lake",9007199254740993,87.880000000000000001,no,1218-01-01T00:00:00Z,"{""a,b"",c}","{""river"":""Limmat""}"\r\n' +
  'BRN,Bern,,,,,,\r\n';

const bern = { code: 'BRN', name: 'Bern', people: null, area: null, isCapital: false, founded: null };

describe('an import of a file', () => {
  it.each([
    ['CSV', () => readCsv(bytes(csv))],
    ['CSV with a byte-order mark', () => readCsv([Buffer.from(`\ufeff${csv}`)])],
    ['CSV in UTF-16', () => readCsv([Buffer.from(`\ufeff${csv}`, 'utf16le')])],
    ['CSV in Latin-1', () => readCsv([Buffer.from(csv, 'latin1')], { encoding: 'latin1' })],
    ['gzip', () => readCsv([gzipSync(csv)])],
    [
      'NDJSON',
      () =>
        readNdjson(
          bytes(
            `{"code":"ZRH","name":${JSON.stringify(zurich.name)},"people":9007199254740993,"area":87.880000000000000001,"isCapital":false,"founded":"1218-01-01T00:00:00Z","tags":["a,b","c"],"facts":{"river":"Limmat"}}\n` +
              '{"code":"BRN","name":"Bern"}\n',
          ),
        ),
    ],
    [
      'a JSON array',
      () =>
        readJson(
          bytes(
            `[{"code":"ZRH","name":${JSON.stringify(zurich.name)},"people":9007199254740993,"area":"87.880000000000000001","founded":"1218-01-01T00:00:00Z","tags":["a,b","c"],"facts":{"river":"Limmat"}},\n{"code":"BRN","name":"Bern","tags":null}]`,
          ),
        ),
    ],
  ])('reads texts as the mapping says: %s', async (_, file) => {
    expect(await operations.batchImport(file())).toMatchObject({ total: 2, inserted: 2 });
    expect(await rowsOf('ZRH', 'BRN')).toMatchObject([zurich, bern]);
  });

  it('finds columns by what is said of them', async () => {
    const file = readCsv(bytes('Kürzel;Stadt;Bemerkung\nBSL;Basel;x\n'), { delimiter: ';' });
    const columns = { Kürzel: 'code', Stadt: 'name', Bemerkung: null } as const;
    await operations.batchImport(file, { columns });
    expect(await rowsOf('BSL')).toMatchObject([{ name: 'Basel' }]);
  });

  it.each<[string, string, BatchImportFileOptions<typeof places>, RegExp]>([
    ['a column of which nothing is known', 'code,name,mayor\n', {}, /has "mayor".*columns/s],
    ['a column that is missing', 'code\n', {}, /no column for "name"/],
    ['two columns of one field', 'code,name,NAME\n', {}, /"name" and "NAME".*both for "name"/],
    ['columns that the file does not have', 'code,name\n', { columns: { Name: 'name' } }, /names "Name"/],
    ['a field that is none', 'code,name\n', { columns: { name: 'nom' } as never }, /no such field/],
  ])('refuses %s before anything is sent', async (_, text, options, message) => {
    const failure = await failureOf(operations.batchImport(readCsv(bytes(text)), options), ConfigError);
    expect(failure.message).toMatch(message);
  });

  it('refuses a column that is like two fields but for case, and takes one that is exactly one of them', async () => {
    class Shouted {
      code!: string;
      name!: string;
      Name!: string;
    }
    const shouted = mapEntity(Shouted, {
      table: 'place',
      key: 'code',
      columns: { code: column.varchar(4), name: column.text(), Name: column.text().named('is_capital') },
    });
    const ofBoth = new BatchOperations({ table: shouted, db: context.db });
    const failure = await failureOf(ofBoth.batchImport(readCsv(bytes('code,NAME\n'))), ConfigError);
    expect(failure.message).toContain('"NAME" of the file may be for "name" or "Name"');
    const { total } = await ofBoth.batchImport(readCsv(bytes('code,name,Name\n')));
    expect(total).toBe(0);
  });

  it('gives preProcess the texts, and reads those that it gives back', async () => {
    const seen: unknown[] = [];
    await operations.batchImport(readCsv(bytes('code,name,lat,founded\nBRN,Bern,47,1191\nX,,,\n')), {
      preProcess: (record) => {
        seen.push(record);
        const { lat, founded, ...rest } = record;
        return rest['name'] === null
          ? null
          : { ...rest, facts: { lat: Number(lat) }, founded: `${founded}-01-01T00:00Z`.replace('Z', ':00Z') };
      },
    });
    expect(seen[0]).toEqual({ code: 'BRN', name: 'Bern', lat: '47', founded: '1191' });
    expect(await rowsOf('BRN')).toMatchObject([{ facts: { lat: 47 }, founded: new Date('1191-01-01T00:00:00Z') }]);
  });

  it('names the line of the record at fault, and its column', async () => {
    const file = readCsv(bytes('code,name,people\nA,"two\nlines",1\nB,b,many\n'));
    const failure = await failureOf(operations.batchImport(file), BatchError);
    expect(failure).toMatchObject({ index: 1, line: 4, field: 'people' });
    expect(failure.message).toContain('record 1, line 4');
    expect(await rowsOf('A')).toEqual([undefined]);
  });

  it('fails with what is wrong with the file', async () => {
    expect(await failureOf(operations.batchImport(readCsv(bytes(''))), FileError)).toMatchObject({ reason: 'empty' });
    await failureOf(operations.batchImport(readFile(join(folder, 'none.csv'))), FileError);
    await failureOf(operations.batchImport(readCsv(bytes('code,code\n'))), FileError);
    const broken = operations.batchImport(readCsv(bytes('code,name\nA,a\nB,"never closed\n')));
    expect(await failureOf(broken, FileError)).toMatchObject({ line: 3 });
    expect(await rowsOf('A')).toEqual([undefined]);
  });
});

describe('what is rejected of a file', () => {
  const latin = Buffer.from('D,Genève,4\n', 'latin1');
  const wrong = Buffer.concat([
    Buffer.from('code,name,people\nA,a,1\n"B","b ""quoted""\nlines",many\nC,c\n'),
    latin,
    Buffer.from('E,e,5\nTOOLONG,f,6\nA,again,7'),
  ]);

  it('is told of with line, field and reason, and stands in a file that can be mended and imported', async () => {
    const rejected: RejectedRecord[] = [];
    const rejects = join(folder, 'rejects.csv');
    const options = {
      onRecordError: 'skip',
      rejects,
      onReject: (one: RejectedRecord) => {
        rejected.push(one);
      },
    } as const;
    const result = await operations.batchImport(readCsv([wrong]), options);
    expect(result).toMatchObject({ total: 7, inserted: 2, failed: 5 });
    expect(rejected.map(({ line, field, reason }) => [line, field, reason])).toEqual([
      [3, 'people', expect.stringContaining('whole number')],
      [5, undefined, expect.stringContaining('3 columns were expected, 2 found')],
      [6, 'name', expect.stringContaining('its encoding is to be said: latin1')],
      [8, 'code', expect.stringContaining('4 characters')],
      [9, undefined, expect.stringContaining('place_pkey')],
    ]);
    const written = await readBytes(rejects);
    expect(written.toString('latin1').split('\n')[0]).toBe('uno_line,uno_field,uno_reason,code,name,people');
    expect(written.includes(Buffer.from('"B","b ""quoted""\nlines",many\n'))).toBe(true);
    expect(written.includes(latin)).toBe(true);
    const mended = written
      .toString('latin1')
      .replace('lines",many', 'lines",2')
      .replace(',C,c\n', ',C,c,3\n')
      .replace('TOOLONG', 'F')
      .replace('A,again', 'G,again');
    await writeFile(rejects, Buffer.from(mended, 'latin1'));
    const again = await operations.batchImport(readCsv(rejects, { encoding: 'latin1' }));
    expect(again).toMatchObject({ total: 5, inserted: 5 });
    expect(await rowsOf('B', 'D', 'G')).toMatchObject([{ people: 2n }, { name: 'Genève' }, { people: 7n }]);
  });

  it.each([
    ['ndjson', '{"code":"A","name":"a"}\n{"code":"B","name":[5]}\nno json\n  {"code":"C","name":null}\n'],
    ['json', '[{"code":"A","name":"a"},{"code":"B","name":[5]},7,\n  {"code":"C","name":null}]'],
  ])('is in the format of the source: %s', async (format, text) => {
    const source = join(folder, `source.${format}`);
    const rejects = join(folder, `rejects.${format}`);
    await writeFile(source, text);
    const result = await operations.batchImport(readFile(source), { onRecordError: 'skip', rejects });
    expect(result).toMatchObject({ total: 4, inserted: 1, failed: 3 });
    const mended = (await readBytes(rejects, 'utf8'))
      .replace('"name":[5]', '"name":"five"')
      .replace('"name":null', '"name":"c"')
      .replace(/"uno_record":"(no json|7)"/, '"code":"D","name":"d"');
    await writeFile(rejects, mended);
    expect(await operations.batchImport(readFile(rejects))).toMatchObject({ total: 3, inserted: 3 });
  });

  it('is never written over the file that is read', async () => {
    const path = join(folder, 'same.csv');
    await writeFile(path, 'code,name\nA,a\n');
    const options = { onRecordError: 'skip', rejects: `${folder}/../${folder.split('/').at(-1)}/same.csv` } as const;
    await failureOf(operations.batchImport(readFile(path), options), ConfigError);
  });
});

describe('a file that is imported with a checkpoint', () => {
  it('is noticed to have changed, wherever that is, and not when only its time has', async () => {
    await context.run('drop table if exists uno_import, uno_import_chunk');
    const path = join(folder, 'changing.csv');
    const lines = Array.from({ length: 9 }, (_, i) => `P${i},place ${i},${i}\n`);
    const write = (records: readonly string[]) => writeFile(path, `code,name,people\n${records.join('')}`);
    const options = { checkpoint: 'changing', strategy: 'chunked' } as const;
    await write(lines);
    const onProgress = ({ processed }: { readonly processed: number }) => {
      if (processed >= 4) throw new RangeError('enough');
    };
    await failureOf(operations.batchImport(readFile(path), { ...options, onProgress }));
    await write(lines.with(8, 'P8,place 8,9\n'));
    await failureOf(operations.batchImport(readFile(path), options), SourceChangedError);
    await write(lines);
    expect(await operations.batchImport(readFile(path), options)).toMatchObject({ total: 9, inserted: 9, resumed: 4 });
  });
});
