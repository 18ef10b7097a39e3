import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { UnoContext, UnoDBRepository } from '@uno/domain';
import { ConfigError } from '@uno/postgres';
import fc from 'fast-check';
import { batchErrorOf, failureOf } from '../support/failure-of.js';
import { given } from './support/give.js';
import { load, range } from './support/load.js';
import { countOf, crates, openYard, through, type Yard } from './support/yard.js';

let yard: Yard;

beforeAll(async () => {
  yard = await openYard();
});

afterAll(() => yard.close());

const source = fc.constantFrom('array', 'generator', 'stream');

/** A call with one record at fault, of which its position is known. */
const failing = fc
  .record({ count: fc.integer({ min: 1, max: 60 }), batchSize: fc.integer({ min: 1, max: 20 }), source })
  .chain((call) => fc.integer({ min: 0, max: call.count - 1 }).map((bad) => ({ ...call, bad })));

/** The records are wrong for nobody but the table. */
function inputOf(count: number, bad: readonly number[]): readonly never[] {
  return load(count, bad) as readonly unknown[] as readonly never[];
}

async function idsOf(): Promise<number[]> {
  return (await yard.rows()).map(({ id }) => id);
}

describe('a write of all or nothing', () => {
  it('writes nothing and names the record, under every strategy but parallel and from every source', async () => {
    const strategy = fc.constantFrom('single_query', 'chunked', 'pipelined', 'optimistic');
    await fc.assert(
      fc.asyncProperty(failing, strategy, async ({ count, bad, batchSize, source: kind }, said) => {
        await yard.reset();
        const operations = new BatchOperations({ table: crates, db: yard.db, config: { batchSize } });
        const records = given(kind, inputOf(count, [bad]));
        const error = await batchErrorOf(operations.batchInsert(records, { strategy: said }));
        expect(error).toMatchObject({ index: bad, key: `${bad + 1}`, constraint: 'unlucky', retry: 'never' });
        expect([error.written.size, error.unknown.size, await countOf(yard)]).toEqual([0, 0, 0]);
        if (kind === 'array' || said === 'single_query' || said === 'optimistic') expect(error.total).toBe(count);
        else expect(error.total).toBeGreaterThan(bad);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves the transaction of the caller as it was, and usable', async () => {
    const strategy = fc.constantFrom('single_query', 'chunked', 'pipelined', 'optimistic', 'parallel');
    await fc.assert(
      fc.asyncProperty(failing, strategy, async ({ count, bad, batchSize, source: kind }, said) => {
        await yard.reset();
        await yard.db.transaction().execute(async (transaction) => {
          const operations = new BatchOperations({ table: crates, db: transaction, config: { batchSize } });
          await through(transaction, 'insert into crate (id, weight) values (1000, 1)');
          const records = given(kind, inputOf(count, [bad]));
          const atomicity = said === 'parallel' ? 'all' : undefined;
          const error = await batchErrorOf(operations.batchInsert(records, { strategy: said, atomicity }));
          expect([error.index, error.written.size]).toEqual([bad, 0]);
          await operations.batchInsert([{ id: 1001, weight: 1 }]);
        });
        expect(await idsOf()).toEqual([1000, 1001]);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a write that commits chunk by chunk', () => {
  it.each([false, true])('says exactly which records are in the table (in a transaction: %s)', async (joined) => {
    const strategy = fc.constantFrom('single_query', 'chunked', 'pipelined', 'optimistic', 'parallel');
    await fc.assert(
      fc.asyncProperty(failing, strategy, async ({ count, bad, batchSize, source: kind }, said) => {
        await yard.reset();
        const insert = (db: Yard['db']) => {
          const operations = new BatchOperations({ table: crates, db, config: { batchSize } });
          const call = { strategy: said, atomicity: 'chunk' } as const;
          return batchErrorOf(operations.batchInsert(given(kind, inputOf(count, [bad])), call));
        };
        const error = joined ? await yard.db.transaction().execute(insert) : await insert(yard.db);
        expect(error).toMatchObject({ index: bad, constraint: 'unlucky' });
        expect(await idsOf()).toEqual([...error.written].map((index) => index + 1));
        expect(error.written.has(bad)).toBe(false);
        expect(error.unknown.size).toBe(0);
        const all = said === 'single_query' || said === 'optimistic';
        const whole = all ? 0 : bad - (bad % batchSize);
        if (said !== 'parallel' || joined) expect([...error.written]).toEqual(range(0, whole - 1));
        // Chunks that are done side by side may be done or not, but never in part.
        for (const index of error.written) {
          const first = index - (index % batchSize);
          expect(error.written.has(first) && error.written.has(Math.min(first + batchSize, count) - 1)).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('says so of batching off, too', async () => {
    const repository = new UnoDBRepository(new UnoContext({ db: yard.db }), crates);
    await fc.assert(
      fc.asyncProperty(failing, async ({ count, bad, batchSize }) => {
        await yard.reset();
        const call = { batchSize, atomicity: 'chunk' } as const;
        const error = await batchErrorOf(repository.batchAdd(load(count, [bad]), call));
        expect(error).toMatchObject({ index: bad, total: count });
        expect(await idsOf()).toEqual([...error.written].map((index) => index + 1));
        expect([...error.written]).toEqual(range(0, bad - (bad % batchSize) - 1));
      }),
      { numRuns: 25 },
    );
  });

  it('can be gone on with from where it failed', async () => {
    await yard.reset();
    const operations = new BatchOperations({ table: crates, db: yard.db, config: { batchSize: 7 } });
    const records = load(100, [50]);
    const error = await batchErrorOf(operations.batchInsert(records, { strategy: 'parallel' }));
    const rest = records.map((record) => ({ ...record, weight: 1 })).filter((_, index) => !error.written.has(index));
    await operations.batchInsert(rest);
    expect(await idsOf()).toEqual(range(1, 100));
  });
});

describe('parallel as one transaction', () => {
  it('is refused outside of one, whatever the rest of the call says', async () => {
    await yard.reset();
    const operations = new BatchOperations({
      table: crates,
      db: yard.db,
      config: { executionStrategy: 'parallel' },
    });
    const repository = new UnoDBRepository(new UnoContext({ db: yard.db }), crates);
    const calls = [
      operations.batchInsert(load(3), { atomicity: 'all' }),
      operations.batchUpdate([], { atomicity: 'all', parallel: true }),
      repository.batchAdd(load(3), { atomicity: 'all', strategy: 'parallel' }),
    ];
    for (const call of calls) expect(await failureOf(call)).toBeInstanceOf(ConfigError);
    expect(yard.statements).toEqual([]);
  });
});
