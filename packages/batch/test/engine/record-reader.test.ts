import { describe, expect, it } from '@jest/globals';
import { CallbackError, Deadline, EndOfCall } from '@uno/domain';
import { ValidationError } from '@uno/postgres';
import fc from 'fast-check';
import type { Entry } from '../../src/engine/chunk.js';
import { RecordReader } from '../../src/engine/record-reader.js';
import { engineCall } from './support/engine-call.js';
import { Gate } from './support/gate.js';
import { settle } from './support/settle.js';
import { type StubJob, stubJob } from './support/stub-job.js';

const first = 10;

function read(
  records: readonly string[],
  preProcess?: StubJob['preProcess'],
  said: Parameters<typeof engineCall>[0] = {},
) {
  return new RecordReader(stubJob(preProcess === undefined ? {} : { preProcess }), engineCall(said)).read(
    records,
    first,
  );
}

async function endOf(reading: Promise<unknown>): Promise<EndOfCall> {
  const error = await reading.catch((thrown: unknown) => thrown);
  if (error instanceof EndOfCall) return error;
  throw new Error('an EndOfCall was expected', { cause: error });
}

describe('RecordReader', () => {
  it('makes items of records', async () => {
    expect(await read(['a', 'b'])).toEqual({
      items: [
        { name: 'a', indices: [10] },
        { name: 'b', indices: [11] },
      ],
      dropped: [],
      refused: [],
    });
  });

  it('ends the call with the first record that is wrong', async () => {
    const end = await endOf(read(['a', 'bad b', 'bad c']));
    expect(end.record).toEqual({ index: 11, key: 'key of bad b' });
    expect(end.cause).toBeInstanceOf(ValidationError);
  });

  it('leaves out what is wrong, if it may', async () => {
    const { items, refused } = await read(['a', 'bad b', 'c'], undefined, { skips: true });
    expect(items.map(({ name }) => name)).toEqual(['a', 'c']);
    expect(refused).toEqual([{ index: 11, key: 'key of bad b', status: 'failed', error: expect.any(ValidationError) }]);
  });

  it.each([
    ['sync', (record: string) => (record === 'b' ? null : record.toUpperCase())],
    ['async', async (record: string) => (record === 'b' ? null : record.toUpperCase())],
  ])('takes what a %s preProcess gives, and drops the record for which it gives null', async (_, preProcess) => {
    const { items, dropped } = await read(['a', 'b', 'c'], preProcess);
    expect(items.map(({ name }) => name)).toEqual(['A', 'C']);
    expect(dropped).toEqual([11]);
  });

  it('calls preProcess once for each record, with its position', async () => {
    const calls: [string, number][] = [];
    await read(['a', 'b'], (record, index) => {
      calls.push([record, index]);
      return record;
    });
    expect(calls).toEqual([
      ['a', 10],
      ['b', 11],
    ]);
  });

  it.each([
    [
      'throws',
      (record: string) => {
        if (record === 'b') throw new TypeError('my own');
        return record;
      },
    ],
    ['rejects', async (record: string) => (record === 'b' ? Promise.reject(new TypeError('my own')) : record)],
  ])('blames the record for which preProcess %s', async (_, preProcess) => {
    const about = { callback: 'preProcess', cause: expect.objectContaining({ message: 'my own' }) };
    const end = await endOf(read(['a', 'b', 'c'], preProcess));
    expect(end.record).toEqual({ index: 11, key: 'key of b' });
    expect(end.cause).toBeInstanceOf(CallbackError);
    expect(end.cause).toMatchObject(about);
    const { items, refused } = await read(['a', 'b', 'c'], preProcess, { skips: true });
    expect(items.map(({ name }) => name)).toEqual(['a', 'c']);
    expect(refused).toEqual([{ index: 11, key: 'key of b', status: 'failed', error: expect.objectContaining(about) }]);
  });

  it('names the first in order of those for which preProcess fails, whichever fails first', async () => {
    const first = new Gate();
    const reading = endOf(
      read(['a', 'b'], async (record) => {
        if (record === 'a') await first.passed;
        throw new Error(record);
      }),
    );
    await settle();
    first.open();
    expect((await reading).record.index).toBe(10);
  });

  it('checks what preProcess gives as if the caller had given it', async () => {
    const end = await endOf(read(['a'], () => 'bad'));
    expect(end).toMatchObject({ record: { index: 10 }, cause: expect.any(ValidationError) });
  });

  it('does not begin preProcess for further records when one has failed and ends the call', async () => {
    const begun: string[] = [];
    await endOf(
      read(['a', 'b', 'c', 'd'], (record) => {
        begun.push(record);
        if (record === 'b') throw new Error('no');
        return record;
      }),
    );
    expect(begun).toEqual(['a', 'b']);
  });

  it('takes an undefined that preProcess gives, which is no null, for a record', async () => {
    const seen: unknown[] = [];
    const job = {
      ...stubJob(),
      read: ({ record, index }: Entry<string>) => ({ name: String(seen.push(record)), indices: [index] }),
    };
    const forgetful = (() => undefined) as unknown as NonNullable<StubJob['preProcess']>;
    const { items, dropped } = await new RecordReader({ ...job, preProcess: forgetful }, engineCall()).read(
      ['a'],
      first,
    );
    expect(seen).toEqual([undefined]);
    expect(items).toHaveLength(1);
    expect(dropped).toEqual([]);
  });

  it('keeps the order, and never calls more at once than there are workers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.constantFrom('kept', 'dropped', 'bad', 'throws', 'sync')),
        fc.scheduler(),
        async (maxWorkers, kinds, scheduler) => {
          let underWay = 0;
          let most = 0;
          const preProcess = (record: string, index: number) => {
            if (record === 'sync') return `${record} ${index}`;
            most = Math.max(most, ++underWay);
            return scheduler.schedule(Promise.resolve()).then(() => {
              underWay--;
              if (record === 'throws') throw new Error('no');
              return record === 'dropped' ? null : `${record} ${index}`;
            });
          };
          const { items, dropped, refused } = await scheduler.waitFor(
            read(kinds, preProcess, { maxWorkers, skips: true }),
          );
          const at = (...wanted: readonly string[]) =>
            kinds.flatMap((kind, i) => (wanted.includes(kind) ? [first + i] : []));
          expect(items.map(({ indices }) => indices[0])).toEqual(at('kept', 'sync'));
          expect(items.map(({ name }) => name)).toEqual(at('kept', 'sync').map((i) => `${kinds[i - first]} ${i}`));
          expect(dropped).toEqual(at('dropped'));
          expect(refused.map(({ index }) => index)).toEqual(at('bad', 'throws'));
          const asynchronous = kinds.filter((kind) => kind !== 'sync').length;
          expect(most).toBe(Math.min(maxWorkers, asynchronous));
        },
      ),
    );
  });

  it('ends with the call, however long preProcess takes', async () => {
    const controller = new AbortController();
    const deadline = new Deadline('batchTest', { signal: controller.signal });
    const reading = read(['a', 'b', 'c'], () => new Promise(() => undefined), { deadline });
    await settle();
    controller.abort();
    await expect(reading).rejects.toMatchObject({ code: 'UNO_CANCELED' });
  });
});
