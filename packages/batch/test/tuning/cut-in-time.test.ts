import { describe, expect, it } from '@jest/globals';
import { settle } from '../engine/support/settle.js';
import type { StubItem } from '../engine/support/stub-job.js';
import { stubJob } from '../engine/support/stub-job.js';
import { engineCall } from '../engine/support/engine-call.js';
import { BatchRun } from '../../src/engine/batch-run.js';
import type { EngineCall } from '../../src/engine/engine-call.js';
import { ScriptedSizes } from './support/scripted-sizes.js';

const texts = Array.from({ length: 30 }, (_, i) => `text ${i}`);

async function* streamed(): AsyncIterableIterator<string> {
  yield* texts;
}

/** Does the texts in chunks of scripted sizes, and gives these chunks. */
async function chunksOf(
  source: string[] | AsyncIterable<string>,
  sizes: ScriptedSizes,
  said: Partial<EngineCall> = {},
  parts: Parameters<typeof stubJob>[0] = {},
): Promise<string[][]> {
  const chunks: string[][] = [];
  const job = stubJob(parts);
  const prepare = (items: readonly StubItem[]) => ({
    isOneStatement: true,
    send: async () => {
      chunks.push(items.map(({ name }) => name));
      // The server is busy with it for a while.
      await settle();
      return undefined;
    },
  });
  await new BatchRun({ ...job, prepare }, engineCall({ ...said, sizes })).run(source, () => undefined);
  return chunks;
}

const preProcess = (record: string) => record;

describe('the size of a chunk', () => {
  it.each<[string, () => string[] | AsyncIterable<string>, Partial<EngineCall>, object]>([
    ['an array', () => texts, {}, {}],
    ['an array that is all read before', () => texts, {}, { preProcess }],
    ['an array in a pipeline', () => texts, { strategy: 'pipelined' }, {}],
    ['chunks that commit by themselves', () => texts, { byChunk: true }, {}],
  ])('is decided when its turn comes, one chunk ahead: %s', async (_, source, said, parts) => {
    const sizes = new ScriptedSizes(2, 4, 8, 1);
    const chunks = await chunksOf(source(), sizes, said, parts);
    expect(chunks.flat()).toEqual(texts);
    // Of what is at hand, the next chunk is cut while the server is busy with the one before it.
    expect(chunks.slice(0, 5).map(({ length }) => length)).toEqual([2, 2, 4, 8, 1]);
    expect(sizes.told).toEqual(chunks.map(({ length }) => length));
  });

  it('is decided for a stream when the chunk before it is done', async () => {
    const sizes = new ScriptedSizes(2, 4, 8, 1);
    const chunks = await chunksOf(streamed(), sizes);
    expect(chunks.flat()).toEqual(texts);
    expect(chunks.slice(0, 4).map(({ length }) => length)).toEqual([2, 4, 8, 1]);
  });

  it('counts the records of the source, of which some are dropped, and several one item', async () => {
    const sizes = new ScriptedSizes(10);
    const odd = (record: string, index: number) => (index % 2 === 0 ? record : null);
    const chunks = await chunksOf(streamed(), sizes, {}, { preProcess: odd });
    expect(chunks.map(({ length }) => length)).toEqual([5, 5, 5]);
    expect(sizes.told).toEqual([10, 10, 10]);
  });

  it('is found out after the server has been waited for, where there is one transaction', async () => {
    const sizes = new ScriptedSizes(10);
    await chunksOf(texts, sizes);
    expect(sizes.waits).toBe(1);
  });

  it('makes no difference to what one chunk can take: that needs no transaction', async () => {
    const sizes = new ScriptedSizes(30);
    await chunksOf(texts, sizes);
    expect([sizes.waits, sizes.told]).toEqual([0, [30]]);
  });
});
