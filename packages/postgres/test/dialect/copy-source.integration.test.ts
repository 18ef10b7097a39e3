import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type FaultProxy, startFaultProxy } from '@uno/testing';
import type { Kysely } from 'kysely';
import { atomically, ConfigError, copyIn, executeText } from '../../src/index.js';
import { backendPid } from '../support/backend-pid.js';
import { cityIds, createCities, endlessLines, intoCities, kinds, line, lines } from '../support/cities.js';
import { failureOf, until, untilSteady } from '../support/conditions.js';
import { prepare, TestBed } from '../support/test-bed.js';

let bed: TestBed;
let proxy: FaultProxy;
let db: Kysely<unknown>;

beforeAll(async () => {
  bed = await TestBed.create();
  proxy = await startFaultProxy({ target: bed.connectionString });
  const opened = bed.open({ pool: { connectionString: proxy.connectionString, max: 1 } });
  db = opened.db;
  await prepare(opened.pool, createCities);
});
beforeEach(() => executeText(db, { sql: 'truncate city' }));
afterAll(async () => {
  await bed.close();
  await proxy.close();
});

const ofSource = new Error('of the source');

function* failingAfter(count: number): Generator<string> {
  yield* lines(count);
  throw ofSource;
}

async function* failingLaterAfter(count: number): AsyncGenerator<string> {
  for (const text of lines(count)) {
    if (text.startsWith('1\t')) await new Promise(setImmediate);
    yield text;
  }
  throw ofSource;
}

/** Iterables that cannot even be begun. */
const unopened = {
  [Symbol.iterator](): Iterator<string> {
    throw ofSource;
  },
};
const unopenedLater = {
  [Symbol.asyncIterator](): AsyncIterator<string> {
    throw ofSource;
  },
};

describe('data that cannot be read to its end', () => {
  it.each([
    ['an iterable, at once', () => failingAfter(0)],
    ['an iterable, after a few rows', () => failingAfter(3)],
    ['an iterable, after many', () => failingAfter(100_000)],
    ['an iterable that cannot be begun', () => unopened],
    ['an asynchronous iterable, at once', () => failingLaterAfter(0)],
    ['an asynchronous iterable, after a few rows', () => failingLaterAfter(3)],
    ['an asynchronous iterable, after many', () => failingLaterAfter(30_000)],
    ['an asynchronous iterable that cannot be begun', () => unopenedLater],
    ['a stream', () => Readable.from(failingAfter(3))],
  ])('is undone, its caller gets the very error, and the connection stays: %s', async (_what, source) => {
    const pid = await backendPid(db);
    proxy.clearMessages();
    expect(await failureOf(copyIn(db, intoCities, source()))).toBe(ofSource);
    expect(proxy.messages.map(({ name }) => name)).toEqual(expect.arrayContaining(['CopyFail']));
    expect(await cityIds(db)).toEqual([]);
    expect(await backendPid(db)).toBe(pid);
  });

  it('tells its bytes all the same', async () => {
    const told: number[] = [];
    const run = copyIn(db, intoCities, failingAfter(3), { onSent: (bytes) => told.push(bytes) });
    expect(await failureOf(run)).toBe(ofSource);
    expect(told).toEqual([expect.any(Number)]);
    expect(told[0]).toBeGreaterThan('copy city'.length);
  });

  it('leaves a transaction to be rolled back to its savepoint, and that goes on', async () => {
    await db.transaction().execute(async (trx) => {
      await copyIn(trx, intoCities, line(1));
      const run = atomically(trx, (inner) => copyIn(inner, intoCities, failingAfter(10)));
      expect(await failureOf(run)).toBe(ofSource);
      await copyIn(trx, intoCities, line(11));
    });
    expect(await cityIds(db)).toEqual([1, 11]);
  });

  it('gives the error of the source when the connection is lost meanwhile', async () => {
    const fault = proxy.inject({ when: { name: 'CopyFail' }, action: 'cut' });
    expect(await failureOf(copyIn(db, intoCities, failingAfter(3)))).toBe(ofSource);
    await fault.fired;
    expect(await cityIds(db)).toEqual([]);
  });

  it('is a ConfigError where it has other things than text and bytes', async () => {
    const pid = await backendPid(db);
    let isLeft = false;
    function* odd(): Generator<unknown> {
      try {
        yield line(1);
        yield 7;
        yield line(2);
      } finally {
        isLeft = true;
      }
    }
    const error = await failureOf(Reflect.apply(copyIn, undefined, [db, intoCities, odd()]));
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain('not of a number');
    expect(isLeft).toBe(true);
    expect(await cityIds(db)).toEqual([]);
    expect(await backendPid(db)).toBe(pid);
  });
});

describe('a source that is left before its end', () => {
  it('may fail then, which concerns nobody', async () => {
    let isLeft = false;
    function* source(): Generator<string> {
      try {
        yield line('seven');
        yield* endlessLines();
      } finally {
        isLeft = true;
        // biome-ignore lint/correctness/noUnsafeFinally: that is what is tried
        throw ofSource;
      }
    }
    async function* later(): AsyncGenerator<string> {
      yield* source();
    }
    for (const data of [source(), later()]) {
      isLeft = false;
      expect(await failureOf(copyIn(db, intoCities, data))).toMatchObject({ sqlstate: '22P02' });
      await until('it is left', async () => isLeft);
    }
  });

  it('may have no way to be told', async () => {
    const all = endlessLines();
    const bare = { [Symbol.asyncIterator]: () => ({ next: async () => all.next() }) };
    await copyIn(db, intoCities, line(1));
    expect(await failureOf(copyIn(db, intoCities, bare))).toMatchObject({ sqlstate: '23505' });
  });
});

describe('a server that takes no more for a while', () => {
  it.each(kinds)('has %s wait, so that the memory is not filled', async (_what, of) => {
    const all = 64_000;
    let taken = 0;
    function* source(): Generator<string> {
      for (let id = 1; id <= all; id++) {
        taken++;
        yield line(id, 'x'.repeat(1000));
      }
    }
    const stall = proxy.inject({ when: { name: 'CopyData', nth: 2 }, action: 'stall' });
    const run = copyIn(db, intoCities, of(source()));
    await stall.fired;
    await untilSteady('what is taken', () => taken);
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(all / 2);
    proxy.resume();
    expect(await run).toEqual({ affected: all });
    expect(taken).toBe(all);
  });

  it('lets the process do other things between pieces that take longer to make than to send', async () => {
    const pieces = 20;
    let turns = 0;
    let isOver = false;
    const turn = (): void => {
      turns++;
      if (!isOver) setImmediate(turn);
    };
    function* source(): Generator<string> {
      setImmediate(turn);
      for (let id = 1; id <= pieces; id++) {
        const until = performance.now() + 5;
        while (performance.now() < until);
        yield line(id, 'x'.repeat(70_000));
      }
      isOver = true;
    }
    await copyIn(db, intoCities, source());
    expect(turns).toBeGreaterThanOrEqual(pieces);
  });
});
