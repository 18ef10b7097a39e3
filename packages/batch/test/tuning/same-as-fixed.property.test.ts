import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { BatchError, type WriteResult } from '@uno/domain';
import fc from 'fast-check';
import { given, inputOf } from '../failure/support/give.js';
import { load } from '../failure/support/load.js';
import { crates, openYard, type Yard } from '../failure/support/yard.js';

let yard: Yard;

beforeAll(async () => {
  yard = await openYard({ max: 4 });
  // A statement of more records than this is too much for the server.
  await yard.run(`
    create table capacity (most int);
    insert into capacity values (0);
    create function refuse_many() returns trigger language plpgsql as $$
      begin
        if (select count(*) from written) > (select most from capacity) then
          raise exception 'no room' using errcode = '53200';
        end if;
        return null;
      end
    $$;
    create trigger refuse_many after insert on crate referencing new table as written for each statement
      execute function refuse_many()`);
});
afterAll(() => yard.close());

/** Bounds with which sizes change all the time: by time, by bytes, or not at all. */
const bounds = fc
  .record({
    targetMs: fc.constantFrom(0.01, 0.1, 1, 20, 1000),
    minSize: fc.integer({ min: 1, max: 5 }),
    more: fc.nat(60),
    maxBytes: fc.constantFrom(1, 200, 2_000, 1_000_000),
  })
  .map(({ minSize, more, ...others }) => ({ ...others, minSize, maxSize: minSize + more }));

const call = fc.record({
  count: fc.nat(80),
  bad: fc.array(fc.nat(79), { maxLength: 3 }),
  strategy: fc.constantFrom('chunked', 'parallel', 'pipelined'),
  source: fc.constantFrom('array', 'generator', 'stream'),
  atomicity: fc.constantFrom('all', 'chunk', undefined),
  onRecordError: fc.constantFrom('abort', 'skip'),
  // As little as lets a chunk through in the pieces that are tried.
  capacity: fc.constantFrom(8, 20, 1_000),
  bounds,
} as const);

type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;

/** What a call tells, apart from what depends on where chunks end. */
function told(result: WriteResult | BatchError): object {
  if (!(result instanceof BatchError)) {
    const { failures, ...totals } = result;
    return { ...totals, failures: failures.map(({ index, key }) => [index, key]) };
  }
  const { index, key, constraint, failures } = result;
  return { index, key, constraint, failures: failures.length };
}

async function run({ count, bad, strategy, source, atomicity, onRecordError }: Call, sizes: object): Promise<object> {
  const operations = new BatchOperations({ table: crates, db: yard.db, config: { ...sizes, retryCount: 0 } });
  const records = given(source, inputOf('insert', load(count, bad)));
  const said = atomicity === 'all' && strategy === 'parallel' ? undefined : atomicity;
  const options = { strategy, atomicity: said, onRecordError, outcomes: true } as const;
  const result = await operations.batchInsert(records, options).catch((error: unknown) => {
    if (error instanceof BatchError) return error;
    throw error;
  });
  const ids = (await yard.rows()).map(({ id }) => id);
  if (!(result instanceof BatchError)) return { ...told(result), ids };
  // What is written when a call fails is up to where chunks end; that it is told rightly is not.
  expect(ids).toEqual([...result.written].map((index) => index + 1));
  return told(result);
}

describe('sizes that are found out', () => {
  it('come to the same as a fixed one, whatever the strategy, the source, and what fails', async () => {
    await fc.assert(
      fc.asyncProperty(call, async (one) => {
        await yard.reset();
        await yard.run('update capacity set most = 1000000');
        const fixed = await run(one, { batchSize: 10 });
        await yard.reset();
        await yard.run(`update capacity set most = ${one.capacity}`);
        expect(await run(one, { optimizeForSize: one.bounds })).toEqual(fixed);
      }),
      { numRuns: 60 },
    );
  });
});
