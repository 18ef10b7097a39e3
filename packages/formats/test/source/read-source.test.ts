import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConfigError, ValidationError } from '@uno/postgres';
import { type ByteSource, readCsv, readJson, readNdjson } from '../../src/index.js';
import { entriesOf, errorOf, latin1, pieces, saidBy } from '../support/entries.js';

const text = 'a,b\n1,x\n2,y\n';
const expected = [
  [2, ['1', 'x']],
  [3, ['2', 'y']],
];
let folder: string;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'uno-formats-'));
  path = join(folder, 'some file.csv');
  await writeFile(path, text);
});
afterAll(() => rm(folder, { recursive: true }));

describe('a source', () => {
  it.each<[kind: string, source: () => ByteSource]>([
    ['a path', () => path],
    ['a file URL', () => pathToFileURL(path)],
    ['a stream', () => createReadStream(path)],
    ['bytes', () => new TextEncoder().encode(text)],
    ['a list of bytes', () => [latin1(text.slice(0, 5)), latin1(''), latin1(text.slice(5))]],
    ['an iterable', () => pieces(latin1(text), [1])],
    ['an async iterable', () => Readable.from(pieces(latin1(text), [2]))],
    ['compressed bytes', () => gzipSync(text)],
    ['compressed bytes, cut anywhere', () => pieces(gzipSync(text), [1])],
    [
      'compressed members one after the other',
      () => Buffer.concat([gzipSync(text.slice(0, 6)), gzipSync(text.slice(6))]),
    ],
  ])('can be %s', async (_kind, source) => {
    expect(await saidBy(readCsv(source()))).toEqual(expected);
  });

  it('is known by its path', () => {
    expect(readCsv(path).path).toBe(path);
    expect(readCsv(pathToFileURL(path)).path).toBe(path);
    expect(readCsv(Readable.from([])).path).toBeUndefined();
  });

  it('is not decompressed if that is not wanted', async () => {
    expect(await saidBy(readNdjson(Buffer.from('\x1f\x8b{}\n', 'latin1'), { gzip: false }))).toEqual([
      [1, expect.objectContaining({ reason: expect.stringContaining('0x8B') })],
    ]);
  });

  it.each<[title: string, source: () => ByteSource, error: object]>([
    [
      'is not there',
      () => join(folder, 'no.csv'),
      { reason: 'missing', message: expect.stringMatching(/no\.csv: there is no such file\.$/) },
    ],
    ['is a directory', () => folder, { reason: 'directory', message: expect.stringMatching(/: it is a directory\.$/) }],
    ['fails', () => failing(), { reason: 'unreadable', line: 2, cause: expect.objectContaining({ code: 'EIO' }) }],
    [
      'is cut off in its gzip data',
      () => gzipSync(text.repeat(9)).subarray(0, -9),
      { reason: 'compression', why: 'its gzip data end in the middle' },
    ],
    ['is damaged', () => damaged(), { reason: 'compression', why: 'its gzip data are damaged' }],
    ['is no gzip though it was said to be', () => latin1(text), { reason: 'compression' }],
  ])('that %s ends with an error', async (title, source, error) => {
    const options = title.includes('said') ? { gzip: true } : {};
    expect(await errorOf(readCsv(source(), options))).toMatchObject({ code: 'UNO_FILE', ...error });
  });

  it.each<[kind: string, source: unknown, message: RegExp]>([
    ['texts', ['a,b\n'], /gives bytes.*Buffer\.from\(text\)/],
    ['objects', Readable.from([{ a: 1 }]), /gives bytes/],
  ])('of %s is refused', async (_kind, source, message) => {
    const error = await errorOf(readCsv(source as ByteSource));
    expect(error).toBeInstanceOf(ValidationError);
    expect(String(error)).toMatch(message);
  });

  it.each([[7], [null], [{}]])('is not %j', async (source) => {
    expect(await errorOf(readCsv(source as unknown as ByteSource))).toBeInstanceOf(ConfigError);
  });

  it('is no URL of the web', () => {
    expect(() => readCsv(new URL('https://example.org/a.csv'))).toThrow(ConfigError);
  });
});

describe('a reader', () => {
  it('opens once, before or while it is iterated', async () => {
    const reader = readCsv(path);
    expect(await reader.open()).toBe(await reader.open());
    expect(await entriesOf(reader)).toHaveLength(2);
    expect(await reader.open()).toEqual({ columns: ['a', 'b'], raw: 'a,b\n' });
  });

  it('has no header of JSON, and finds an error in opening', async () => {
    expect(await readNdjson(latin1('{}')).open()).toBeUndefined();
    expect(await readJson(latin1('[]')).open()).toBeUndefined();
    await expect(readJson(latin1('{}')).open()).rejects.toMatchObject({ reason: 'json' });
    await expect(readNdjson(join(folder, 'no')).open()).rejects.toMatchObject({ reason: 'missing' });
  });

  it('is iterated once', async () => {
    const reader = readCsv(path);
    await entriesOf(reader);
    expect(() => reader[Symbol.asyncIterator]()).toThrow('A file is read once');
  });

  it('closes its source when it is left early', async () => {
    const stream = createReadStream(path, { highWaterMark: 8 });
    for await (const block of readCsv(stream)) {
      expect(block).toHaveLength(1);
      break;
    }
    expect(stream.destroyed).toBe(true);
  });

  it('closes what is below gzip when it is left early', async () => {
    const stream = new PassThrough();
    const zipped = gzipSync(Buffer.from(`a\n${Array.from({ length: 400_000 }, (_, i) => i).join('\n')}`));
    stream.write(zipped.subarray(0, -20));
    for await (const _block of readCsv(stream)) break;
    expect(stream.destroyed).toBe(true);
  });

  it('closes its source after an error', async () => {
    let closed = false;
    function* source() {
      try {
        yield latin1('a,a\n');
        yield latin1('1,2\n');
        yield latin1('3,4\n');
      } finally {
        closed = true;
      }
    }
    expect(await errorOf(readCsv(source()))).toMatchObject({ reason: 'header' });
    expect(closed).toBe(true);
  });

  it('can be closed while it waits for a stream', async () => {
    const stream = new PassThrough();
    stream.write('a,b\n1,2\n');
    const reader = readCsv(stream);
    await reader.open();
    const blocks = reader[Symbol.asyncIterator]();
    expect(await blocks.next()).toMatchObject({ value: [{ line: 2 }] });
    const waiting = blocks.next();
    // It has come to wait for the stream when everything else is done.
    await setImmediate();
    await reader.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(stream.destroyed).toBe(true);
  });

  it.each<[title: string, end: (answer: Answer) => void]>([
    ['does not like to be closed', ({ reject }) => reject(new Error('closed too early'))],
    ['still gives bytes', ({ resolve }) => resolve({ value: latin1('3,'), done: false })],
  ])('ends without an error or half a record when its source %s', async (_title, end) => {
    const given = [latin1('a,b\n1,2\n')];
    let answer: Answer | undefined;
    const source: AsyncIterableIterator<Uint8Array> = {
      [Symbol.asyncIterator]: () => source,
      next: () => {
        const value = given.pop();
        if (value !== undefined) return Promise.resolve({ value });
        return new Promise((resolve, reject) => {
          answer = { resolve, reject };
        });
      },
      return: async () => {
        if (answer !== undefined) end(answer);
        return { done: true, value: undefined };
      },
    };
    const reader = readCsv(source);
    await reader.open();
    const blocks = reader[Symbol.asyncIterator]();
    await blocks.next();
    const waiting = blocks.next();
    await setImmediate();
    await reader.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it('takes no more from its source than its records are taken', async () => {
    let taken = 0;
    function* source() {
      yield latin1('a\n');
      for (;;) {
        taken++;
        yield Buffer.alloc(1000, '1234567\n');
      }
    }
    const blocks = readCsv(source())[Symbol.asyncIterator]();
    await blocks.next();
    await blocks.next();
    expect(taken).toBe(2);
    await blocks.return?.(undefined);
  });
});

/** How a promise of bytes is kept. */
interface Answer {
  resolve(result: IteratorResult<Uint8Array>): void;
  reject(error: Error): void;
}

async function* failing(): AsyncGenerator<Buffer> {
  yield latin1(text.slice(0, 6));
  throw Object.assign(new Error('bad sector'), { code: 'EIO' });
}

function damaged(): Buffer {
  const bytes = gzipSync(text.repeat(99));
  bytes.fill(0xff, 20, 30);
  return bytes;
}
