import { describe, expect, it } from '@jest/globals';
import { EndOfCall } from '@uno/domain';
import fc from 'fast-check';
import type { Chunk } from '../../src/engine/chunk.js';
import { ListedChunks, readAll, StreamedChunks } from '../../src/engine/chunk-source.js';
import type { ReadRecords } from '../../src/engine/record-reader.js';
import { openSource } from '../../src/source/batch-source.js';
import { FixedSize } from '../../src/tuning/chunk-sizes.js';
import { ScriptedSizes } from '../tuning/support/scripted-sizes.js';
import { engineCall } from './support/engine-call.js';
import { type StubItem, type StubJob, stubJob } from './support/stub-job.js';
import { TrackedSource } from './support/tracked-source.js';

async function listed<C>(chunks: AsyncIterable<C>): Promise<C[]> {
  const list: C[] = [];
  for await (const chunk of chunks) list.push(chunk);
  return list;
}

function texts(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `text ${i}`);
}

function streamed(
  source: Iterable<string> | AsyncIterable<string>,
  job: StubJob = stubJob(),
  said: Parameters<typeof engineCall>[0] = {},
) {
  return new StreamedChunks(job, engineCall(said), openSource('batchTest', source));
}

/** Makes one item of those with the same name. */
function foldNames(items: readonly StubItem[]): StubItem[] {
  const names = [...new Set(items.map(({ name }) => name))];
  return names.map((name) => ({
    name,
    indices: items.filter((item) => item.name === name).flatMap(({ indices }) => indices),
  }));
}

/** The chunks of items that were read. */
function chunksOf<I>(read: ReadRecords<I>, size: number): Promise<Chunk<I, unknown>[]> {
  return listed(new ListedChunks(read, new FixedSize(size), read.items.length).chunks());
}

describe('ListedChunks', () => {
  it('are cut in order into chunks of the size, the last one of the rest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(40), fc.integer({ min: 1, max: 12 }), async (count, size) => {
        const items = texts(count);
        const chunks = await chunksOf({ items, dropped: [], refused: [] }, size);
        expect(chunks.flatMap((chunk) => chunk.items)).toEqual(items);
        expect(chunks.map(({ number }) => number)).toEqual(chunks.map((_, i) => i));
        expect(chunks.slice(0, -1).every((chunk) => chunk.items.length === size)).toBe(true);
        expect(chunks.every((chunk) => chunk.items.length > 0)).toBe(true);
      }),
    );
  });

  it('are one chunk of everything without a limit', async () => {
    const read = { items: texts(100), dropped: [], refused: [] };
    expect(await chunksOf(read, Number.POSITIVE_INFINITY)).toHaveLength(1);
  });

  it('tell of records that were dropped once, even where no record is left', async () => {
    const dropped = [9];
    const four = await chunksOf({ items: texts(4), dropped, refused: [] }, 2);
    expect(four.map((chunk) => chunk.dropped)).toEqual([[9], []]);
    const none = { number: 0, items: [], taken: 0, dropped, refused: [] };
    expect(await chunksOf({ items: [], dropped, refused: [] }, 2)).toEqual([none]);
    expect(await chunksOf({ items: [], dropped: [], refused: [] }, 2)).toEqual([]);
  });

  it('are cut anew when they are asked for again, as large as is right by then', async () => {
    const sizes = new ScriptedSizes(6, 2);
    const chunks = new ListedChunks({ items: texts(8), dropped: [], refused: [] }, sizes, 8);
    expect((await listed(chunks.chunks())).map(({ items }) => items.length)).toEqual([6, 2]);
    sizes.done(6, 1);
    expect((await listed(chunks.chunks())).map(({ items }) => items.length)).toEqual([2, 2, 2, 2]);
  });

  it('stay a single one if they were said to be, as no transaction is begun for that', async () => {
    const sizes = new ScriptedSizes(8, 2);
    const chunks = new ListedChunks({ items: texts(8), dropped: [], refused: [] }, sizes, 8);
    expect(chunks.isSingle).toBe(true);
    sizes.done(8, 1);
    expect(await listed(chunks.chunks())).toHaveLength(1);
  });

  it('gives the same chunks again', async () => {
    const items = foldNames([{ name: 'a', indices: [0] }]);
    const chunks = new ListedChunks({ items, dropped: [1], refused: [] }, new FixedSize(2), 2);
    const first = await listed(chunks.chunks());
    expect(first).toHaveLength(1);
    expect(await listed(chunks.chunks())).toEqual(first);
  });
});

describe('readAll', () => {
  it('folds what is far apart, after everything was read', async () => {
    const source = new TrackedSource(['a', 'b', 'c', 'd', 'a']);
    const job = stubJob({ fold: foldNames });
    const { read, total } = await readAll(job, engineCall({ batchSize: 2 }), openSource('batchTest', source.async));
    expect(total).toBe(5);
    expect(read.items.map(({ indices }) => indices)).toEqual([[0, 4], [1], [2], [3]]);
    expect(source).toMatchObject({ opened: 1, taken: 5, closed: 0 });
  });

  it('takes the holes of an array for records', async () => {
    const holes: string[] = ['a'];
    holes[2] = 'c';
    const job = {
      ...stubJob(),
      read: ({ record, index }: { record: string; index: number }) => ({ name: String(record), indices: [index] }),
    };
    const { read } = await readAll(job, engineCall(), openSource('batchTest', holes));
    expect(read.items.map(({ name }) => name)).toEqual(['a', 'undefined', 'c']);
  });
});

describe('StreamedChunks', () => {
  it('takes no more from the source than the chunks that were asked for', async () => {
    const source = new TrackedSource(texts(10));
    const iterator = streamed(source.async).chunks()[Symbol.asyncIterator]();
    expect(source.taken).toBe(0);
    for (const taken of [3, 6, 9, 10]) {
      await iterator.next();
      expect(source.taken).toBe(taken);
    }
    expect(await iterator.next()).toMatchObject({ done: true });
    expect(source).toMatchObject({ opened: 1, closed: 0 });
  });

  it('knows the total of an array at once, that of another source at its end', async () => {
    expect(streamed(texts(7)).total).toBe(7);
    const chunks = streamed(new TrackedSource(texts(7)).sync);
    expect(chunks.total).toBeUndefined();
    await listed(chunks.chunks());
    expect(chunks.total).toBe(7);
  });

  it('gives no empty chunk when the source ends with a full one', async () => {
    expect((await listed(streamed(texts(6)).chunks())).map(({ items }) => items.length)).toEqual([3, 3]);
  });

  it('gives a chunk for records that were all dropped, so that they are counted', async () => {
    const chunks = await listed(streamed(texts(4), stubJob({ preProcess: () => null })).chunks());
    expect(chunks.map(({ items, dropped }) => [items.length, dropped])).toEqual([
      [0, [0, 1, 2]],
      [0, [3]],
    ]);
  });

  it('folds within a chunk only', async () => {
    const chunks = await listed(streamed(['a', 'b', 'a', 'a'], stubJob({ fold: foldNames })).chunks());
    expect(chunks.map(({ items }) => items.map(({ indices }) => indices))).toEqual([[[0, 2], [1]], [[3]]]);
  });

  it('gives the chunks of an array again, reading each record once', async () => {
    const seen: string[] = [];
    const preProcess = (record: string) => {
      seen.push(record);
      return record;
    };
    const chunks = streamed(texts(8), stubJob({ preProcess }));
    for await (const chunk of chunks.chunks()) if (chunk.number === 1) break;
    const again = await listed(chunks.chunks());
    expect(again.flatMap(({ items }) => items.map(({ name }) => name))).toEqual(texts(8));
    expect(seen).toEqual(texts(8));
    expect(chunks.isRepeatable).toBe(true);
  });

  it('does not lose the records of a chunk that could not be read when it is asked again', async () => {
    const chunks = streamed(['a', 'b', 'c', 'd', 'bad e', 'f', 'g']);
    await expect(listed(chunks.chunks())).rejects.toBeInstanceOf(EndOfCall);
    await expect(listed(chunks.chunks())).rejects.toMatchObject({ record: { index: 4 } });
  });
});
