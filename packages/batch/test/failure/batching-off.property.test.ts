import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BatchOperationsPort } from '@uno/batch';
import {
  BatchError,
  type RecordOutcome,
  UnoContext,
  UnoDBRepository,
  type WithOutcomes,
  type WriteResult,
} from '@uno/domain';
import { UnoError, ValidationError } from '@uno/postgres';
import fc from 'fast-check';
import { before, cargoOf, kinds, sealed } from './support/cargo-arbitrary.js';
import { type Cargo, CargoModel, type Kind } from './support/cargo-model.js';
import { inputOf } from './support/give.js';
import { crates, openYard, type Yard } from './support/yard.js';

let yard: Yard;
let repository: UnoDBRepository<typeof crates>;

beforeAll(async () => {
  yard = await openYard();
  repository = new UnoDBRepository(new UnoContext({ db: yard.db, batch: new BatchOperationsPort() }), crates);
});

afterAll(() => yard.close());

/** What a repository can do. */
const writes = kinds.filter(([kind]) => kind !== 'upsert');

const options = fc.record({
  batchSize: fc.integer({ min: 1, max: 9 }),
  atomicity: fc.constantFrom('all', 'chunk'),
  maxFailures: fc.option(fc.nat(4), { nil: undefined }),
});

interface Call {
  readonly batchSize: number;
  readonly atomicity: 'all' | 'chunk';
  readonly maxFailures: number | undefined;
}

function run(kind: Kind, records: readonly Cargo[], useBatchOperations: boolean, call: Call) {
  const input = inputOf(kind, records);
  const said = { ...call, useBatchOperations, outcomes: true, onRecordError: 'skip' } as const;
  if (kind === 'insert') return repository.batchAdd(input, said);
  return kind === 'update' ? repository.batchUpdate(input, said) : repository.batchRemove(input, said);
}

/** What an error says of a record, in words that a caller sees. */
function wordsOf(error: unknown): unknown {
  if (!UnoError.is(error)) return error;
  const { code, retry, message } = error;
  const field = error instanceof ValidationError ? error.field : undefined;
  const sqlstate: unknown = Reflect.get(error, 'sqlstate');
  const constraint: unknown = Reflect.get(error, 'constraint');
  return { code, retry, message, field, sqlstate, constraint };
}

function outcomeOf({ index, key, status, error }: RecordOutcome): unknown {
  return { index, key, status, error: wordsOf(error) };
}

function resultOf({ outcomes, failures, individually, ...totals }: WriteResult & WithOutcomes): unknown {
  return { ...totals, outcomes: outcomes.map(outcomeOf), failures: failures.map(outcomeOf) };
}

/** Too many records failed. Which one is said to be too much is the order in which they were found. */
function limitOf(error: unknown): unknown {
  if (!(error instanceof BatchError)) throw error;
  const { code, operation, entity, total, retry, written } = error;
  return { code, operation, entity, total, retry, written: [...written] };
}

describe('a repository without batching', () => {
  it.each(writes)(
    'does exactly what doing the records one by one does, and tells of every one (%s)',
    async (kind, by) => {
      await fc.assert(
        fc.asyncProperty(cargoOf(kind, by), options, async (records, { batchSize, atomicity }) => {
          await yard.reset(before, sealed);
          const call = { batchSize, atomicity, maxFailures: undefined };
          const { total, failed, outcomes, failures } = await run(kind, records, false, call);
          const model = new CargoModel(before, sealed);
          model.run({ kind, by, foldedEvery: 1 }, records);
          expect(await yard.rows()).toEqual(model.table());
          expect(outcomes.map(({ index, status }) => [index, status])).toEqual([...model.statuses.entries()]);
          expect({ total, failed }).toEqual({ total: records.length, failed: failures.length });
          expect(outcomes.filter(({ status }) => status === 'failed')).toEqual(failures);
        }),
        { numRuns: 30 },
      );
    },
  );

  it.each(writes)(
    'gives the results, outcomes, entities, errors and table of one with batching (%s)',
    async (kind, by) => {
      await fc.assert(
        fc.asyncProperty(cargoOf(kind, by), options, async (all, call) => {
          // Of records that are made one, a value that a later one overwrites is never looked at.
          const records = all.filter((record, i) => all.findIndex(({ id }) => id === record.id) === i);
          const seen: unknown[] = [];
          for (const useBatchOperations of [false, true]) {
            await yard.reset(before, sealed);
            const result = await run(kind, records, useBatchOperations, call).then(resultOf, limitOf);
            seen.push({ result, rows: await yard.rows() });
          }
          expect(seen[1]).toEqual(seen[0]);
        }),
        { numRuns: 40 },
      );
    },
  );
});
