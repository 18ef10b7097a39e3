import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import type { RecordStatus, WithOutcomes, WriteResult } from '@uno/domain';
import fc from 'fast-check';
import { before, cargoOf, kinds, sealed } from './support/cargo-arbitrary.js';
import { type Cargo, CargoModel } from './support/cargo-model.js';
import { given, inputOf, write } from './support/give.js';
import { crates, openYard, type Yard } from './support/yard.js';

let yard: Yard;

beforeAll(async () => {
  yard = await openYard();
});

afterAll(() => yard.close());

const call = fc.record({
  strategy: fc.constantFrom('single_query', 'chunked', 'pipelined', 'optimistic', 'parallel'),
  batchSize: fc.integer({ min: 1, max: 9 }),
  atomicity: fc.constantFrom('all', 'chunk'),
  source: fc.constantFrom('array', 'generator', 'stream'),
  inTransaction: fc.boolean(),
});

const statuses: readonly RecordStatus[] = ['inserted', 'updated', 'unchanged', 'deleted', 'skipped', 'failed'];

/** How many records have which outcome. */
function tally(outcomes: readonly RecordStatus[]): Record<string, number> {
  return Object.fromEntries(statuses.map((status) => [status, outcomes.filter((one) => one === status).length]));
}

/** What has to hold whatever the order in which things are done. */
function expectOneContract(result: WriteResult & Partial<WithOutcomes>, records: readonly Cargo[]): void {
  const { total, inserted, updated, unchanged, deleted, skipped, failed, failures, individually } = result;
  expect(inserted + updated + unchanged + deleted + skipped + failed).toBe(total);
  expect(total).toBe(records.length);
  expect(failures).toHaveLength(failed);
  expect(individually).toBe(0);
  expect(failures.map(({ index }) => index)).toEqual(failures.map(({ index }) => index).toSorted((a, b) => a - b));
  const { outcomes } = result;
  if (outcomes === undefined) return;
  expect(outcomes.map(({ index }) => index)).toEqual(records.map((_, index) => index));
  expect(tally(outcomes.map(({ status }) => status))).toEqual({
    inserted,
    updated,
    unchanged,
    deleted,
    skipped,
    failed,
  });
  expect(outcomes.filter(({ status }) => status === 'failed')).toEqual(failures);
}

/** Runs a function in a transaction of the caller, or not. */
function maybeIn<T>(isWanted: boolean, run: (db: Yard['db']) => Promise<T>): Promise<T> {
  return isWanted ? yard.db.transaction().execute(run) : run(yard.db);
}

describe('a write that leaves out the records at fault', () => {
  it.each(kinds)('tells of every record, and does what doing them one by one would do (%s by %s)', async (kind, by) => {
    await fc.assert(
      fc.asyncProperty(cargoOf(kind, by), call, fc.boolean(), async (records, said, outcomes) => {
        const { strategy, batchSize, source, inTransaction } = said;
        const atomicity = strategy === 'parallel' && !inTransaction ? 'chunk' : said.atomicity;
        await yard.reset(before, sealed);
        const input = inputOf(kind, records);
        const result = await maybeIn(inTransaction, (db) =>
          write(new BatchOperations({ table: crates, db }), { kind, by }, given(source, input), {
            strategy,
            batchSize,
            atomicity,
            onRecordError: 'skip',
            outcomes,
          }),
        );
        expectOneContract(result, records);
        if (strategy === 'parallel' && !inTransaction) return;
        const readsAll = strategy === 'single_query' || strategy === 'optimistic';
        const isListed = source === 'array' && strategy !== 'pipelined';
        // Only who is told of every record needs to know which of two equal keys a delete has found.
        const foldedEvery = readsAll || isListed ? Math.max(1, records.length) : batchSize;
        const model = new CargoModel(before, sealed);
        model.run({ kind, by, foldedEvery }, records);
        expect(await yard.rows()).toEqual(model.table());
        expect(result).toMatchObject(tally(model.statuses));
        const failed = [...model.statuses.keys()].filter((index) => model.statuses[index] === 'failed');
        expect(result.failures.map(({ index }) => index)).toEqual(failed);
        if (outcomes) expect(result.outcomes?.map(({ status }) => status)).toEqual(model.statuses);
        if (by === 'id') {
          const keys = (result.outcomes ?? result.failures).map(({ index, key }) => [index, key]);
          expect(keys).toEqual(keys.map(([index]) => [index, records[Number(index)]?.id?.toString()]));
        }
      }),
      { numRuns: 50 },
    );
  });

  it.each(kinds)('stores under parallel exactly what it says it has (%s by %s)', async (kind, by) => {
    await fc.assert(
      fc.asyncProperty(cargoOf(kind, by), call, async (records, { batchSize, source }) => {
        await yard.reset(before, sealed);
        const operations = new BatchOperations({ table: crates, db: yard.db });
        const options = { strategy: 'parallel', batchSize, onRecordError: 'skip', outcomes: true } as const;
        const result = await write(operations, { kind, by }, given(source, inputOf(kind, records)), options);
        expectOneContract(result, records);
        const { inserted, deleted, outcomes = [] } = result;
        const rows = new Map((await yard.rows()).map((row) => [row.id, row]));
        expect(rows.size).toBe(before.length + inserted - deleted);
        for (const { index, status, key } of outcomes) {
          if (status === 'inserted' || status === 'updated') expect(rows.has(Number(key))).toBe(true);
          if (status === 'deleted') expect(rows.has(Number(key))).toBe(false);
          if (status === 'inserted' && kind === 'insert')
            expect(rows.get(Number(key))).toMatchObject({ ...records[index] });
        }
      }),
      { numRuns: 15 },
    );
  });
});
