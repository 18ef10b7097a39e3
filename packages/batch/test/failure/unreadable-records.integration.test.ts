import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations, BatchOperationsPort } from '@uno/batch';
import { UnoContext, UnoDBRepository } from '@uno/domain';
import { batchErrorOf, failureOf } from '../support/failure-of.js';
import { crates, openYard, type Yard } from './support/yard.js';

let yard: Yard;
let repository: UnoDBRepository<typeof crates>;

beforeAll(async () => {
  yard = await openYard();
  repository = new UnoDBRepository(new UnoContext({ db: yard.db, batch: new BatchOperationsPort() }), crates);
});

afterAll(() => yard.close());

beforeEach(() => yard.reset());

const broken = new Error('lazy field broke');

/** A record with a field that cannot be read. */
function unreadable(name: 'id' | 'weight', rest: object): never {
  return Object.defineProperty({ ...rest }, name, {
    enumerable: true,
    get: () => {
      throw broken;
    },
  }) as never;
}

describe.each([true, false])(
  'a record whose field throws when it is read (with batching: %s)',
  (useBatchOperations) => {
    it.each(['id', 'weight'] as const)('is named, and nothing is written: %s', async (name) => {
      const records = [{ id: 1, weight: 1 }, unreadable(name, { id: 7, weight: 1 }), { id: 3, weight: 1 }];
      const error = await batchErrorOf(repository.batchAdd(records, { useBatchOperations }));
      expect(error).toMatchObject({ index: 1, field: name, cause: { code: 'UNO_VALIDATION', cause: broken } });
      expect(error.cause.message).toBe(`Crate record 1: reading "${name}" threw.`);
      expect(await yard.rows()).toEqual([]);
    });

    it.each(['chunked', 'pipelined', 'parallel', 'single_query', 'optimistic'] as const)(
      'is left out where that is asked: %s',
      async (strategy) => {
        const records = [{ id: 1, weight: 1 }, unreadable('weight', { id: 7 }), { id: 3, weight: 1 }];
        const options = { useBatchOperations, strategy, outcomes: true, onRecordError: 'skip' } as const;
        const { failures, inserted } = await repository.batchAdd(records, options);
        expect([failures.map(({ index }) => index), inserted]).toEqual([[1], 2]);
      },
    );
  },
);

describe('operations that are made of the wrong things', () => {
  it.each<[string, object, string]>([
    ['no database', { table: crates }, 'A Kysely database or transaction is expected, not undefined.'],
    ['a pool', { table: crates, db: {} }, 'A Kysely database or transaction is expected, not'],
    ['no table', { db: undefined }, 'BatchOperations: table takes a mapping, not undefined.'],
    ['a misspelt option', { table: crates, confg: {} }, 'BatchOperations has no option "confg". Known are: table, db,'],
  ])('are refused: %s', async (_, options, message) => {
    const failure = await failureOf((async () => new BatchOperations(options as never))());
    expect(failure).toMatchObject({ code: 'UNO_CONFIG', message: expect.stringContaining(message) });
  });
});
