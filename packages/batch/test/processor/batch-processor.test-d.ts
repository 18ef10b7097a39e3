import type { BatchProcessor, ChunkContext, ProcessResult } from '@uno/batch';
import { expectTypeOf } from 'expect-type';

interface Word {
  readonly text: string;
}

export async function withoutPreProcess(processor: BatchProcessor, words: Word[], more: AsyncIterable<Word>) {
  const lengths = await processor.process(words, (chunk, context) => {
    expectTypeOf(chunk).toEqualTypeOf<readonly Word[]>();
    expectTypeOf(context).toEqualTypeOf<ChunkContext>();
    return chunk.map(({ text }) => text.length);
  });
  expectTypeOf(lengths).toEqualTypeOf<ProcessResult<number>>();

  const later = await processor.process(more, async (chunk) => chunk.map(({ text }) => text));
  expectTypeOf(later.results).toEqualTypeOf<readonly string[]>();

  const stages = await processor.process(words, {
    execute: async (chunk: readonly Word[]) => chunk.map(({ text }) => text.length),
    postProcess: (result, index) => {
      expectTypeOf(result).toEqualTypeOf<number>();
      expectTypeOf(index).toEqualTypeOf<number>();
    },
    keyOf: (word) => {
      expectTypeOf(word).toEqualTypeOf<Word>();
      return word.text;
    },
  });
  expectTypeOf(stages.results).toEqualTypeOf<readonly number[]>();
}

export async function withPreProcess(processor: BatchProcessor, lines: Iterable<string>) {
  const { results } = await processor.process(lines, {
    preProcess: (line: string, index: number): Word | null => (index === 0 ? null : { text: line }),
    execute: async (chunk: readonly Word[]) => chunk.map(({ text }) => text.length),
    postProcess: (result) => {
      expectTypeOf(result).toEqualTypeOf<number>();
    },
  });
  expectTypeOf(results).toEqualTypeOf<readonly number[]>();

  const later = await processor.process(lines, {
    preProcess: async (line: string): Promise<Word | null> => ({ text: line }),
    execute: (chunk: readonly Word[]) => chunk.map(({ text }) => text),
  });
  expectTypeOf(later.results).toEqualTypeOf<readonly string[]>();
}

export async function mistakes(processor: BatchProcessor, words: Word[]) {
  // @ts-expect-error a function of other records
  await processor.process(words, (chunk: readonly number[]) => chunk);
  // @ts-expect-error a chunk function that gives no list
  await processor.process(words, (chunk: readonly Word[]) => chunk.length);
  const numbers = (chunk: readonly number[]) => chunk;
  // @ts-expect-error preProcess gives other records than execute takes
  await processor.process(words, { preProcess: ({ text }: Word) => text, execute: numbers });
  const same = (chunk: readonly Word[]) => chunk;
  // @ts-expect-error postProcess takes another result
  await processor.process(words, { execute: same, postProcess: (result: number) => void result });
  // @ts-expect-error an option of writes
  await processor.process(words, () => undefined, { atomicity: 'all' });
  // @ts-expect-error a strategy that does not exist
  await processor.process(words, () => undefined, { strategy: 'fast' });
  // @ts-expect-error no source
  await processor.process(7, () => undefined);
}
