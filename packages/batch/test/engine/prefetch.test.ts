import { describe, expect, it } from '@jest/globals';
import { prefetch } from '../../src/engine/prefetch.js';
import { Gate } from './support/gate.js';
import { settle } from './support/settle.js';
import { TrackedSource } from './support/tracked-source.js';

async function listed<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}

const numbers = Array.from({ length: 20 }, (_, i) => i);

describe('prefetch', () => {
  it.each([1, 2, 7, 100])('gives everything in order, with a capacity of %i', async (capacity) => {
    expect(await listed(prefetch(new TrackedSource(numbers).async, capacity, true))).toEqual(numbers);
  });

  it('takes nothing before somebody reads', async () => {
    const source = new TrackedSource(numbers);
    void prefetch(source.async, 2, true);
    await settle();
    expect(source.opened).toBe(0);
  });

  it.each([1, 2, 5])('takes %i values ahead of the one that is being worked on, and no more', async (capacity) => {
    const source = new TrackedSource(numbers);
    let given = 0;
    for await (const _ of prefetch(source.async, capacity, true)) {
      given++;
      await settle();
      expect(source.taken).toBe(Math.min(numbers.length, given + capacity));
    }
    expect(given).toBe(numbers.length);
  });

  it('gives what was read before the source failed, and then that failure', async () => {
    const error = new Error('the source broke');
    const given: number[] = [];
    const read = async () => {
      for await (const value of prefetch(new TrackedSource(numbers, { at: 5, error }).async, 3, true)) {
        await settle();
        given.push(value);
      }
    };
    await expect(read()).rejects.toBe(error);
    expect(given).toEqual([0, 1, 2, 3, 4]);
  });

  it('closes the source when the reader stops early', async () => {
    const source = new TrackedSource(numbers);
    for await (const value of prefetch(source.async, 3, true)) if (value === 4) break;
    expect(source.closed).toBe(1);
    expect(source.taken).toBeLessThanOrEqual(8);
  });

  it('waits, if asked to, for what the source is just doing when the reader stops early', async () => {
    const gate = new Gate();
    let ended = false;
    async function* source() {
      yield 1;
      await gate.passed;
      ended = true;
      yield 2;
    }
    let stopped = false;
    const reading = (async () => {
      for await (const _ of prefetch(source(), 2, true)) break;
      stopped = true;
    })();
    await settle();
    expect(stopped).toBe(false);
    gate.open();
    await reading;
    expect(ended).toBe(true);
  });

  it('does not wait otherwise, for a source that may never go on', async () => {
    async function* source() {
      yield 1;
      await new Promise(() => undefined);
    }
    for await (const _ of prefetch(source(), 2, false)) break;
  });

  it('keeps to itself what the source throws after the reader has stopped', async () => {
    const gate = new Gate();
    async function* source() {
      yield 1;
      await gate.passed;
    }
    for await (const _ of prefetch(source(), 2, false)) break;
    gate.fail(new Error('too late'));
    await settle();
  });
});
