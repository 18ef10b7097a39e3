import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BatchOperations, type SqlParameter } from '@uno/batch';
import { BatchError } from '@uno/domain';
import { sqlstateOf, UnoError } from '@uno/postgres';
import fc from 'fast-check';
import { CompiledQuery, type Kysely } from 'kysely';
import { strategies } from '../engine/support/strategies.js';
import { crates, openYard, type Yard } from '../failure/support/yard.js';

let together: Yard;
let awaited: Yard;

beforeAll(async () => {
  [together, awaited] = await Promise.all([openYard(), openYard()]);
  const late = 'alter table crate drop constraint crate_label_key, add unique (label) deferrable';
  await Promise.all([together.run(late), awaited.run(late)]);
});
afterAll(() => Promise.all([together.close(), awaited.close()]));

/** A statement, and sets of which some are refused in one way or another. */
interface Work {
  readonly sql: string;
  readonly sets: readonly (readonly SqlParameter[])[];
}

const id = fc.nat(8);
const label = fc.constantFrom('a', 'b', 'c', "it's", 'ä"\\', null);
const weight = fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 5 }) }, fc.constantFrom(13, 2 ** 31, -1));
const dock = fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 3 }) }, fc.constant(9));

function work(sql: string, ...parameters: fc.Arbitrary<SqlParameter>[]): fc.Arbitrary<Work> {
  return fc.array(fc.tuple(...parameters), { maxLength: 15 }).map((sets) => ({ sql, sets }));
}

const works = fc.oneof(
  work('insert into crate (id, label, weight, dock_id) values ($1, $2, $3, $4) returning *', id, label, weight, dock),
  work('update crate set label = $2, weight = weight + $3 where id >= $1', id, label, weight),
  work('update crate set label = coalesce($2, label) where id = $1 returning label, id', id, label),
  work('delete from crate where id = $1 returning weight', id),
  work('select id, label, $1::int as asked from crate where weight >= $1 order by id', weight),
  work(
    'insert into crate (id, weight) values ($1, $2) on conflict (id) do update set weight = excluded.weight',
    id,
    weight,
  ),
  work('select 10 / ($1::int - 3) as share, $2::text as label', id, label),
);

/** What one statement gives. */
type Outcome = { readonly rows: unknown; readonly affected: number } | { readonly error: unknown };

/** The reference: every set is a statement that is waited for, in one transaction, behind a savepoint. */
async function oneByOne(db: Kysely<unknown>, { sql, sets }: Work, skips: boolean): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const end = new Error('the first failure ends the transaction');
  const run = db.transaction().execute(async (trx) => {
    for (const parameters of sets) {
      await trx.executeQuery(CompiledQuery.raw('savepoint s'));
      try {
        const { rows, numAffectedRows = 0n } = await trx.executeQuery(CompiledQuery.raw(sql, [...parameters]));
        outcomes.push({ rows, affected: Number(numAffectedRows) });
        await trx.executeQuery(CompiledQuery.raw('release s'));
      } catch (error) {
        outcomes.push({ error: reasonOf(error) });
        if (!skips) throw end;
        await trx.executeQuery(CompiledQuery.raw('rollback to s'));
      }
    }
  });
  await run.catch((error: unknown) => {
    if (error !== end) throw error;
  });
  return outcomes;
}

function reasonOf(error: unknown): unknown {
  if (!UnoError.is(error)) throw error;
  return [error.code, sqlstateOf(error), 'constraint' in error ? error.constraint : undefined];
}

/** The same of a call; of one that fails, up to the set that made it fail. */
async function inFlights(
  operations: BatchOperations<typeof crates>,
  { sql, sets }: Work,
  options: object,
): Promise<Outcome[]> {
  try {
    const { results, failures, ...totals } = await operations.batchExecuteSql(sql, sets, options);
    const failed = new Map(failures.map(({ index, error }) => [index, error]));
    expect(totals.total).toBe(sets.length);
    expect(totals.succeeded + totals.failed).toBe(totals.total);
    expect(totals.affected).toBe(results.reduce((sum, result) => sum + (result?.affected ?? 0), 0));
    return results.map((result, index) => result ?? { error: reasonOf(failed.get(index)) });
  } catch (error) {
    if (!(error instanceof BatchError) || error.index === undefined) throw error;
    return [...new Array<Outcome>(error.index), { error: reasonOf(error.cause) }];
  }
}

const rows = [0, 2, 3, 5].map((one) => ({ id: one, label: `l${one}`, weight: one + 1, note: 'none', dockId: 1 }));

describe('sets that are done in flights', () => {
  it.each(['abort', 'skip'] as const)('come to what they come to one by one (%s)', async (onRecordError) => {
    await fc.assert(
      fc.asyncProperty(
        works,
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom(...strategies),
        fc.boolean(),
        async (one, batchSize, chosen, isJoined) => {
          await Promise.all([together.reset(rows), awaited.reset(rows)]);
          // Chunks that are done side by side, and commit by themselves, are another matter.
          const strategy = chosen === 'parallel' && !isJoined ? 'chunked' : chosen;
          const call = (db: Yard['db']) =>
            inFlights(new BatchOperations({ table: crates, db, config: { batchSize } }), one, {
              onRecordError,
              strategy,
            });
          const expected = await oneByOne(awaited.db, one, onRecordError === 'skip');
          const given = await (isJoined ? together.db.transaction().execute(call) : call(together.db));
          const hasFailed = onRecordError === 'abort' && expected.some((outcome) => 'error' in outcome);
          expect(given).toEqual(hasFailed ? [...new Array(expected.length - 1), expected.at(-1)] : expected);
          expect(await together.rows()).toEqual(await awaited.rows());
        },
      ),
      { numRuns: 150 },
    );
  });
});
