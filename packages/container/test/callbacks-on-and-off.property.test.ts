import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BatchConfig } from '@uno/batch';
import type { UnoContainer } from '@uno/container';
import fc from 'fast-check';
import { sql } from 'kysely';
import { openPlants, outcomeOf, type PlantDatabase, PlantRepository, plants } from './support/plants.js';

/** What the functions of the configuration were told, and what they are to do. */
interface Callbacks {
  readonly told: unknown[];
  /** Which way of failing each of them is in; nothing if none. */
  fails: { readonly in: 'preProcess' | 'postProcess' | 'onError'; readonly id: number } | undefined;
  readonly config: BatchConfig;
}

function idOf(of: object | undefined): number {
  return of !== undefined && 'id' in of && typeof of.id === 'number' ? of.id : -1;
}

/** Every seventh plant is left out, the others grow; half of them are done at once, half as promises. */
function callbacks(): Callbacks {
  const stop = new Error('stop');
  const state: Callbacks = {
    told: [],
    fails: undefined,
    config: {
      batchSize: 5,
      preProcess: (record, index) => {
        const id = idOf(record);
        state.told.push(['preProcess', id, index]);
        if (state.fails?.in === 'preProcess' && state.fails.id === id) throw stop;
        const grown = 'height' in record ? { ...record, height: Number(record.height) + 1 } : record;
        const result = id % 7 === 0 ? null : grown;
        return index % 2 === 0 ? result : Promise.resolve(result);
      },
      postProcess: ({ index, key, status }, model) => {
        state.told.push(['postProcess', index, key, status, model && { ...model }, model instanceof plants.entity]);
        if (state.fails?.in !== 'postProcess' || `${state.fails.id}` !== key) return undefined;
        if (index % 2 === 0) throw stop;
        return Promise.reject(stop);
      },
      onError: (error, record) => {
        state.told.push(['onError', error.code, error.message, record?.index, record?.key]);
        if (state.fails?.in === 'onError' && `${state.fails.id}` === record?.key) throw stop;
      },
    },
  };
  return state;
}

let database: PlantDatabase;
const ways = [true, false].map((isOn) => ({ isOn, heard: callbacks() }));
let containers: UnoContainer[];

beforeAll(async () => {
  database = await openPlants();
  containers = ways.map(({ isOn, heard }) => database.open(isOn, undefined, heard.config));
});
afterAll(async () => {
  for (const container of containers) await container.dispose();
  await database.close();
});

const id = fc.integer({ min: 1, max: 15 });
/** 12 grows to be 13, which is refused. */
const height = fc.constantFrom(1, 2, 12);
const newPlants = fc.uniqueArray(fc.record({ id, height, name: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz') }), {
  maxLength: 14,
  selector: (plant) => plant.id,
});
const changes = fc.uniqueArray(fc.record({ id, height }), { maxLength: 14, selector: (change) => change.id });
const keys = fc.uniqueArray(id, { maxLength: 14 });
const fails = fc.option(
  fc.record({ in: fc.constantFrom('preProcess' as const, 'postProcess' as const, 'onError' as const), id }),
  {
    nil: undefined,
  },
);
const how = fc
  .constantFrom(
    { onRecordError: 'skip' as const },
    { onRecordError: 'abort' as const },
    { onRecordError: 'skip' as const, maxFailures: 2 },
  )
  .map((rest) => ({ ...rest, outcomes: true as const }));

/** What a call comes to with batching on, and off. */
async function both(
  run: (repository: PlantRepository) => Promise<unknown>,
  failing: Callbacks['fails'],
): Promise<{ outcome: object; told: unknown[]; rows: object[] }[]> {
  const seen: { outcome: object; told: unknown[]; rows: object[] }[] = [];
  for (const [i, { heard }] of ways.entries()) {
    await sql`truncate plant`.execute(database.db);
    await sql`insert into plant select i, 'old ' || i, i from generate_series(1, 15, 2) as i where i <> 13`.execute(
      database.db,
    );
    heard.told.length = 0;
    heard.fails = failing;
    const repository = containers[i]?.get(PlantRepository);
    const outcome = await outcomeOf(async () => repository && run(repository));
    seen.push({ outcome, told: [...heard.told], rows: await database.rows() });
  }
  return seen;
}

/** A call that fails has called functions for a part of the records, of which only the last word counts. */
function comparable({ outcome, told, rows }: { outcome: object; told: unknown[]; rows: object[] }): unknown {
  const hasFailed = 'message' in outcome;
  const last = told.filter((one) => Array.isArray(one) && one[0] === 'onError').at(-1);
  return { outcome, rows, told: hasFailed ? last : told.map(textOf).sort() };
}

function textOf(one: unknown): string {
  return JSON.stringify(one);
}

async function expectSame(run: (repository: PlantRepository) => Promise<unknown>, failing: Callbacks['fails']) {
  const [on, off] = await both(run, failing);
  if (on === undefined || off === undefined) throw new Error('there are two ways');
  expect(comparable(off)).toEqual(comparable(on));
}

describe('the functions of the configuration are called, and heeded, with batching on and off', () => {
  const runs = { numRuns: 60 };

  it('by batchAdd', async () => {
    await fc.assert(
      fc.asyncProperty(newPlants, how, fails, (records, options, failing) =>
        expectSame((repository) => repository.batchAdd(records, options), failing),
      ),
      runs,
    );
  });

  it('by batchUpdate', async () => {
    await fc.assert(
      fc.asyncProperty(changes, how, fails, (records, options, failing) =>
        expectSame((repository) => repository.batchUpdate(records, options), failing),
      ),
      runs,
    );
  });

  it('by batchRemove, whose keys are not processed before', async () => {
    await fc.assert(
      fc.asyncProperty(keys, how, fails, (some, options, failing) =>
        expectSame((repository) => repository.batchRemove(some, options), failing),
      ),
      runs,
    );
    expect(ways.flatMap(({ heard }) => heard.told).filter((one) => textOf(one).includes('preProcess'))).toEqual([]);
  });

  it('by batchGet, which tells why it failed', async () => {
    await expectSame((repository) => repository.batchGet([1, 2, 3], { useCache: false }), undefined);
    const signal = AbortSignal.abort();
    const [on] = await both((repository) => repository.batchGet([1, 2], { signal, useCache: false }), undefined);
    expect(on?.told).toMatchObject([['onError', 'UNO_CANCELED', 'batchGet was cancelled.', undefined, undefined]]);
    await expectSame((repository) => repository.batchGet([1, 2], { signal, useCache: false }), undefined);
  });
});
