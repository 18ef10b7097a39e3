import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openYard, type Yard } from '../failure/support/yard.js';
import { crateOperations, someCrates } from './support/crate-yard.js';

let yard: Yard;

beforeAll(async () => {
  yard = await openYard();
});

afterAll(() => yard.close());

beforeEach(() => yard.reset(someCrates(3)));

const keys = { keys: [1] };

/** A call as it may come from JavaScript, or with what TypeScript cannot know. */
function call(source: unknown, options: object = {}, compute: unknown = () => undefined): Promise<unknown> {
  return crateOperations(yard).batchCompute(source as never, compute as never, options as never);
}

describe('a call that cannot be meant is refused before anything is sent', () => {
  it.each([
    ['no source', undefined, {}, '{ keys } or { filters }'],
    ['keys alone', [1, 2], {}, '{ keys } or { filters }'],
    // Either of them would be the whole table.
    ['neither keys nor filters', {}, {}, '{ filters: {} } is the whole table'],
    ['keys that are undefined by mistake', { keys: undefined }, {}, '{ filters: {} } is the whole table'],
    ['filters that are undefined by mistake', { filters: undefined }, {}, '{ filters: {} } is the whole table'],
    ['both', { keys: [1], filters: {} }, {}, 'either { keys } or { filters }'],
    ['a misspelt source', { keys: [1], filter: {} }, {}, 'no option "filter"'],
    ['an unknown option', keys, { concurency: 2 }, 'no option "concurency"'],
    ['no concurrency', keys, { concurrency: 0 }, 'concurrency takes a whole number from 1'],
    ['another writeBack', keys, { writeBack: 'all' }, 'writeBack takes true, false or a list of fields'],
    ['an unknown field', keys, { writeBack: ['wieght'] }, 'no field "wieght"'],
    ['the key as a field', keys, { writeBack: ['id'] }, 'cannot be updated'],
    ['an atomicity without a write', keys, { atomicity: 'all' }, 'atomicity is about what is written'],
    ['outcomes without a write', keys, { outcomes: true }, 'outcomes is about what is written'],
    ['a lock without a write', keys, { lock: true, writeBack: false }, 'lock is about what is written'],
    ['results without a write', keys, { returnResults: true }, 'returnResults is about what is written'],
    ['two ways for the values', keys, { writeBack: true, onResult: () => 1 }, 'onResult and writeBack contradict'],
    ['maxFailures without skip', keys, { maxFailures: 1 }, "needs onRecordError: 'skip'"],
    ['parallel in one', keys, { writeBack: true, parallel: true, atomicity: 'all' }, 'commits chunk by chunk'],
  ])('%s', async (_, source, options, message) => {
    await expect(call(source, options)).rejects.toMatchObject({
      code: 'UNO_CONFIG',
      message: expect.stringContaining(message),
    });
    expect(yard.statements).toEqual([]);
  });

  it('no function', async () => {
    await expect(call(keys, {}, { weight: 1 })).rejects.toMatchObject({ code: 'UNO_CONFIG' });
  });

  it('keys that are no source', async () => {
    await expect(call({ keys: 5 })).rejects.toMatchObject({ code: 'UNO_VALIDATION' });
    expect(yard.statements).toEqual([]);
  });
});

describe('the configuration', () => {
  it.each(['single_query', 'chunked', 'parallel', 'pipelined', 'optimistic'] as const)(
    'may name the strategy %s, whatever is computed',
    async (executionStrategy) => {
      const operations = crateOperations(yard, { executionStrategy, batchSize: 2 });
      const options = { onResult: () => undefined };
      expect(await operations.batchCompute({ filters: {} }, ({ id }) => id)).toMatchObject({ results: [1, 2, 3] });
      expect(await operations.batchCompute({ filters: {} }, () => 1, options)).toMatchObject({ computed: 3 });
      expect(
        await operations.batchCompute({ filters: {} }, () => ({ note: 'new' }), { writeBack: true }),
      ).toMatchObject({ updated: 3 });
    },
  );
});
