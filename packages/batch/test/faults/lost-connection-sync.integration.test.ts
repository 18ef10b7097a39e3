import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CanceledError } from '@uno/postgres';
import { FaultBed, type Finding } from './support/fault-bed.js';
import type { FaultedOperation } from './support/operations.js';
import type { Parcel } from './support/parcels.js';
import { losses, sweep } from './support/sweep.js';
import { combinations, ways } from './support/ways.js';

/** Of four records in a row, one is new, two are changed, and the last one is missing in the source. */
const isDoomed = (index: number) => index % 4 === 3;
const sync: Omit<FaultedOperation, 'name' | 'run'> = {
  isIdempotent: false,
  isOneStatement: false,
  before: (index) => (index % 4 === 0 ? undefined : 0),
  after: (index) => (isDoomed(index) ? undefined : 100 + index),
};
const ofList: FaultedOperation = {
  ...sync,
  name: 'batchSync',
  run: async (on, records, { strategy, ...options }) => {
    const source = records.filter((_, index) => !isDoomed(index));
    const done = await on.batchSync(source, { ...options, ...strategyOf(strategy), maxDeletions: 9 });
    // What is deleted is no record of the source.
    return { ...done, total: done.total + done.deleted };
  },
};
const ofStream: FaultedOperation = {
  ...ofList,
  name: 'batchSync of a stream',
  run: async (on, records, options) => ofList.run(streaming(on), records, options),
};

function streaming(on: Parameters<FaultedOperation['run']>[0]): typeof on {
  const batchSync = on.batchSync.bind(on);
  return new Proxy(on, {
    get: (target, name) =>
      name === 'batchSync'
        ? (source: Iterable<Parcel>, options: object) => batchSync(iterated(source), options)
        : Reflect.get(target, name),
  });
}

async function* iterated(source: Iterable<Parcel>): AsyncIterableIterator<Parcel> {
  yield* source;
}

function strategyOf(strategy: string | undefined) {
  if (strategy === 'chunked' || strategy === 'pipelined' || strategy === 'single_query') return { strategy } as const;
  throw new Error(`A sync is not ${strategy}.`);
}

let bed: FaultBed;

beforeAll(async () => {
  bed = await FaultBed.open();
});
afterAll(() => bed.close());

const whole = ways.filter(({ byChunk }) => !byChunk);
const mustSucceed = ({ error }: Finding) => (error === undefined ? undefined : `it failed: ${error}`);

describe('a connection that is lost at any message of a sync', () => {
  it.each(combinations([ofList], whole))(
    'costs nothing where it is tried again: $label',
    async ({ operation, way }) => {
      for (const loss of losses) {
        const { met, complaints } = await sweep(bed, { operation, way, count: 8 }, loss, mustSucceed);
        expect(complaints).toEqual([]);
        expect(met.length).toBeGreaterThan(0);
      }
    },
  );

  it.each(combinations([ofList, ofStream], whole.slice(0, 1)))(
    'leaves behind what the error says where it is not: $label',
    async ({ operation, way }) => {
      let failed = 0;
      const judge = ({ error }: Finding) => {
        if (error !== undefined) failed++;
        return undefined;
      };
      for (const loss of losses) {
        const trial = { operation, way, config: { retryCount: 0 }, count: 8 };
        expect((await sweep(bed, trial, loss, judge)).complaints).toEqual([]);
      }
      expect(failed).toBeGreaterThan(0);
    },
  );

  it.each(combinations([ofList], whole.slice(0, 1)))(
    'undoes it with the transaction of the caller: $label',
    async ({ operation, way }) => {
      for (const loss of losses.filter(({ action }) => action !== 'cut-after')) {
        expect((await sweep(bed, { operation, way, count: 8, isJoined: true }, loss)).complaints).toEqual([]);
      }
    },
  );
});

describe('a sync that is cancelled', () => {
  afterAll(() => bed.untouched());

  it.each([
    ['while it writes', 5],
    ['while it deletes', 3],
  ] as const)('%s leaves everything as it was', async (_, index) => {
    await bed.hold(index, 'row');
    const ending = new AbortController();
    const [way] = whole;
    if (way === undefined) throw new Error('There is no way.');
    const { error, complaints } = await bed.try({
      operation: ofList,
      way,
      count: 8,
      options: { signal: ending.signal },
      meanwhile: async () => {
        await bed.untilHeld();
        ending.abort();
      },
      afterwards: () => bed.letGo(),
    });
    expect(error).toBeInstanceOf(CanceledError);
    expect(complaints).toEqual([]);
  });
});
