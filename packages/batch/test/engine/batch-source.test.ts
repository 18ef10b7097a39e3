import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { CallbackError } from '@uno/domain';
import { ValidationError } from '@uno/postgres';
import { type BatchSource, type OpenSource, openSource } from '../../src/source/batch-source.js';
import { Gate } from './support/gate.js';
import { settle } from './support/settle.js';
import { TrackedSource } from './support/tracked-source.js';

function opened<R>(source: BatchSource<R>): OpenSource<R> {
  return openSource('batchTest', source);
}

async function listed<R>(source: OpenSource<R>): Promise<R[]> {
  const records: R[] = [];
  for (;;) {
    const next = await source.next();
    if (next === undefined) return records;
    records.push(next.record);
  }
}

async function* generated() {
  yield* ['a', 'b', 'c'];
}

const sources: [string, () => BatchSource<string>][] = [
  ['an array', () => ['a', 'b', 'c']],
  ['a Set', () => new Set(['a', 'b', 'c'])],
  ['the values of a Map', () => new Map(['a', 'b', 'c'].map((text) => [text, text])).values()],
  ['a generator', () => ['a', 'b', 'c'].values()],
  ['an async generator', generated],
  ['a stream', () => Readable.from(['a', 'b', 'c'])],
  ['an iterable', () => new TrackedSource(['a', 'b', 'c']).sync],
  ['an async iterable', () => new TrackedSource(['a', 'b', 'c']).async],
];

describe('openSource', () => {
  it.each(sources)('gives the records of %s in order', async (_, source) => {
    expect(await listed(opened(source()))).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['a string', 'abc'],
    ['nothing', undefined],
    ['null', null],
    ['a number', 3],
    ['a plain object', { length: 2 }],
    ['a function', () => ['a']],
  ])('refuses %s', (_, source) => {
    expect(() => openSource('batchTest', source as unknown as string[])).toThrow(ValidationError);
    expect(() => openSource('batchTest', source as unknown as string[])).toThrow(
      /^batchTest takes an array, an iterable/,
    );
  });

  it('takes a source that is async and not for an async one', async () => {
    const sync = new TrackedSource(['wrong']);
    const both = Object.assign(new TrackedSource(['right']).async, sync.sync);
    expect(await listed(opened(both))).toEqual(['right']);
    expect(sync.opened).toBe(0);
  });

  it('copies an array', async () => {
    const records = ['a', 'b', 'c'];
    const source = opened(records);
    records.length = 1;
    records.push('x');
    expect(source.list).toEqual(['a', 'b', 'c']);
    expect(await listed(source)).toEqual(['a', 'b', 'c']);
  });

  it('takes undefined and holes for records', async () => {
    const holes: (string | undefined)[] = ['a'];
    holes[3] = undefined;
    expect(await listed(opened(holes))).toEqual(['a', undefined, undefined, undefined]);
    expect(await listed(opened([undefined].values()))).toEqual([undefined]);
  });

  it('blames a source that cannot be iterated on the source', () => {
    const cause = new Error('read twice');
    const source = {
      [Symbol.iterator](): Iterator<string> {
        throw cause;
      },
    };
    expect(() => opened(source)).toThrow(CallbackError);
    expect(() => opened(source)).toThrow(expect.objectContaining({ callback: 'source', cause }));
  });
});

describe.each(['sync', 'async'] as const)('a source that is %s', (kind) => {
  it('is not closed at its end', async () => {
    const tracked = new TrackedSource(['a', 'b']);
    const source = opened(tracked[kind]);
    await listed(source);
    source.close();
    expect(tracked).toMatchObject({ opened: 1, taken: 2, closed: 0, late: 0 });
  });

  it('is closed once before its end', async () => {
    const tracked = new TrackedSource(['a', 'b']);
    const source = opened(tracked[kind]);
    await source.next();
    source.close();
    source.close();
    expect(tracked).toMatchObject({ opened: 1, taken: 1, closed: 1, late: 0 });
  });

  it('is not closed after it has failed, which is its end, too', async () => {
    const error = new Error('broken');
    const tracked = new TrackedSource(['a', 'b'], { at: 1, error });
    const source = opened(tracked[kind]);
    await expect(listed(source)).rejects.toBe(error);
    source.close();
    expect(tracked).toMatchObject({ taken: 1, closed: 0, late: 0 });
  });

  it('is left alone after it was closed', async () => {
    const tracked = new TrackedSource(['a', 'b']);
    const source = opened(tracked[kind]);
    source.close();
    await source.next().catch(() => undefined);
    expect(tracked).toMatchObject({ taken: 0, late: 0 });
  });
});

describe('closing a source', () => {
  it('runs what a generator does at last', async () => {
    let isCleanedUp = false;
    const source = opened(
      (function* () {
        try {
          yield 'a';
          yield 'b';
        } finally {
          isCleanedUp = true;
        }
      })(),
    );
    await source.next();
    source.close();
    expect(isCleanedUp).toBe(true);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no'))],
    ['is no function', undefined],
  ])('is not stopped by a return that %s', async (_, end) => {
    const source = opened({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined), return: end }),
    } as AsyncIterable<string>);
    source.close();
    await settle();
  });

  it('destroys a stream that was not read yet', async () => {
    const stream = Readable.from(['a', 'b']);
    opened(stream).close();
    await settle();
    expect(stream.destroyed).toBe(true);
  });

  it('destroys a stream that was read in part', async () => {
    const stream = Readable.from(['a', 'b']);
    const source = opened(stream);
    await source.next();
    source.close();
    await settle();
    expect(stream.destroyed).toBe(true);
  });

  it('destroys a stream that gives nothing', async () => {
    const stream = new Readable({ objectMode: true, read: () => undefined });
    const source = opened(stream);
    const next = source.next().catch(() => 'ended');
    await settle();
    source.close();
    await settle();
    expect(stream.destroyed).toBe(true);
    await next;
  });

  it('does not take what an async iterable gives after it was closed', async () => {
    const gate = new Gate();
    const source = opened(
      (async function* () {
        await gate.passed;
        yield 'a';
      })(),
    );
    const next = source.next().catch(() => undefined);
    source.close();
    gate.open();
    expect(await next).toBeUndefined();
  });

  it('tells of a stream that failed before it was read, instead of ending the process', async () => {
    const error = new Error('no such file');
    const stream = new Readable({ objectMode: true, read: () => undefined });
    const source = opened(stream);
    stream.destroy(error);
    await settle();
    await expect(source.next()).rejects.toBe(error);
  });
});
