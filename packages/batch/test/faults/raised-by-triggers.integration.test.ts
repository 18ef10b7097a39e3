import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchError } from '@uno/domain';
import { FaultBed } from './support/fault-bed.js';
import { operations } from './support/operations.js';
import { codeOf } from './support/parcels.js';
import { combinations } from './support/ways.js';

let bed: FaultBed;

beforeAll(async () => {
  bed = await FaultBed.open();
  await bed.run('create sequence attempt');
});

afterAll(() => bed.close());

beforeEach(() => bed.run("select setval('attempt', 1, false)").then(() => undefined));

afterEach(() => bed.untouched());

const raised = 3;

const refusals = ['P0001', '23505', '22023'] as const;
const transient = ['40001', '40P01', '55P03', '53100', '53200'] as const;

let turns = 0;

/** Each operation and way meets one of them, and the next one the next. */
function nextOf(sqlstates: readonly [string, ...string[]]): string {
  return sqlstates[turns++ % sqlstates.length] ?? sqlstates[0];
}

/** Triggers that raise an error for one record, for the first so many times. */
const moments = {
  before: ['create trigger meddle before', '', 'return coalesce(new, old);'],
  after: ['create trigger meddle after', '', 'return null;'],
  deferred: ['create constraint trigger meddle after', 'deferrable initially deferred', 'return null;'],
} as const;

async function raising(
  moment: keyof typeof moments,
  sqlstate: string,
  times = Number.POSITIVE_INFINITY,
): Promise<void> {
  const [create, timing, otherwise] = moments[moment];
  const often = Number.isFinite(times) ? `and nextval('attempt') <= ${times}` : '';
  await bed.trigger(
    `if coalesce(new.code, old.code) = '${codeOf(raised)}' ${often} then
       raise exception 'not this one' using errcode = '${sqlstate}'; end if; ${otherwise}`,
    create,
    timing,
  );
}

describe.each(['before', 'after', 'deferred'] as const)('an error that a trigger raises (%s)', (moment) => {
  it.each(combinations(operations))(
    'names the record, and nothing is written that is not said: $label',
    async ({ operation, way }) => {
      const sqlstate = nextOf(refusals);
      await raising(moment, sqlstate);
      const { error, retries, complaints } = await bed.try({ operation, way, bad: [raised], byTrigger: true });
      expect(complaints).toEqual([]);
      expect(error).toBeInstanceOf(BatchError);
      expect(error).toMatchObject({ index: raised, sqlstate, cause: { retry: 'never' } });
      expect(retries).toEqual([]);
    },
  );

  it.each(combinations(operations))(
    'costs only that record where it may be left out: $label',
    async ({ operation, way }) => {
      await raising(moment, 'P0001');
      const trial = { operation, way, bad: [raised], byTrigger: true, options: { onRecordError: 'skip' } } as const;
      const { error, complaints } = await bed.try(trial);
      expect(complaints).toEqual([]);
      expect(error).toBeUndefined();
    },
  );

  it.each(combinations(operations))(
    'names the record where the code is one of its own: $label',
    async ({ operation, way }) => {
      await raising(moment, 'UX001');
      const { error, complaints } = await bed.try({ operation, way, bad: [raised], byTrigger: true });
      expect(complaints).toEqual([]);
      expect(error).toBeInstanceOf(BatchError);
      expect(error).toMatchObject({ index: raised, sqlstate: 'UX001' });
    },
  );
});

describe.each(['before', 'after', 'deferred'] as const)('a transient error that a trigger raises (%s)', (moment) => {
  it.each(combinations(operations))('passes when the transaction is repeated: $label', async ({ operation, way }) => {
    const sqlstate = nextOf(transient);
    await raising(moment, sqlstate, 2);
    const { error, retries, complaints } = await bed.try({ operation, way });
    expect(complaints).toEqual([]);
    expect(error).toBeUndefined();
    expect(retries.map((note) => note.sqlstate)).toEqual([sqlstate, sqlstate]);
  });

  it.each(combinations(operations))('fails the call when it does not pass: $label', async ({ operation, way }) => {
    await raising(moment, '40001');
    const { error, retries, complaints } = await bed.try({ operation, way, config: { retryCount: 2 } });
    expect(complaints).toEqual([]);
    expect(error).toMatchObject({ sqlstate: '40001' });
    expect(retries).toHaveLength(2);
  });
});
