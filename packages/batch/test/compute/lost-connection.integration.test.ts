import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BatchOperations } from '@uno/batch';
import type { BatchWriteOptions } from '@uno/domain';
import { saysUnknown } from '../faults/support/audit.js';
import { FaultBed, type Finding } from '../faults/support/fault-bed.js';
import type { FaultedOperation } from '../faults/support/operations.js';
import type { Parcel, parcels } from '../faults/support/parcels.js';
import { losses, sweep } from '../faults/support/sweep.js';
import { combinations, commitsByStatement, ways } from '../faults/support/ways.js';

let bed: FaultBed;

beforeAll(async () => {
  bed = await FaultBed.open();
});

afterAll(() => bed.close());

type Operations = BatchOperations<typeof parcels>;

/** What is done twice shows in the weight. */
async function heavier({ id, weight }: Parcel): Promise<{ weight: number }> {
  return { weight: (weight ?? 0) + 99 + id };
}

const common = { before: () => 0, after: (index: number) => 100 + index };

const byKeys: FaultedOperation = {
  ...common,
  name: 'keys',
  isIdempotent: true,
  isOneStatement: true,
  run: (on, records, options) =>
    on.batchCompute({ keys: records.map(({ id }) => id) }, heavier, { ...options, writeBack: true }),
};

const byFilter: FaultedOperation = { ...byKeys, name: 'a table', run: ofTable(false) };

const lockedKeys: FaultedOperation = {
  ...common,
  name: 'keys that are locked',
  isIdempotent: false,
  isOneStatement: false,
  run: (on, records, options) =>
    on.batchCompute({ keys: records.map(({ id }) => id) }, heavier, { ...options, writeBack: true, lock: true }),
};

const lockedTable: FaultedOperation = { ...lockedKeys, name: 'a table that is locked', run: ofTable(true) };

/** What holds for keys unless it is said has to be said for a table. */
function ofTable(lock: boolean) {
  return (on: Operations, _: readonly Parcel[], options: BatchWriteOptions) => {
    const atomicity = options.atomicity ?? (options.strategy === 'parallel' ? 'chunk' : 'all');
    return on.batchCompute({ filters: {} }, heavier, { ...options, atomicity, writeBack: true, lock });
  };
}

const named = (...names: readonly string[]) => ways.filter(({ name }) => names.includes(name));

describe('a connection that is lost at any message of a call that is tried again', () => {
  it.each([
    ...combinations([byKeys], named('chunked', 'pipelined by chunk', 'single_query')),
    ...combinations([lockedKeys], named('chunked', 'chunked by chunk')),
    // What is read page by page in one transaction is not repeated.
    ...combinations([byFilter, lockedTable], named('parallel', 'pipelined by chunk')),
  ])('costs no record, and computes none from what it has written: $label', async ({ operation, way }) => {
    const mustSucceed = ({ error }: Finding) => (error === undefined ? undefined : `it failed: ${error}`);
    for (const loss of losses) {
      const { met, complaints } = await sweep(bed, { operation, way, count: 4 }, loss, mustSucceed);
      expect(complaints).toEqual([]);
      expect(met.length).toBeGreaterThan(0);
    }
  });
});

describe('a connection that is lost at any message of a call that is not tried again', () => {
  it.each([
    ...combinations([byKeys, byFilter], named('chunked', 'pipelined by chunk')),
    ...combinations([lockedTable], named('chunked', 'parallel')),
  ])('leaves behind what the error says: $label', async ({ operation, way }) => {
    const once = commitsByStatement(operation, way);
    const judge = ({ error, retries }: Finding) => {
      if (retries.length > 0) return 'it was tried again';
      return saysUnknown(error) && !once ? `nobody knows, though it could be found out: ${error}` : undefined;
    };
    for (const loss of losses) {
      const trial = { operation, way, config: { retryCount: 0 }, count: 4 };
      const { complaints } = await sweep(bed, trial, loss, judge);
      expect(complaints).toEqual([]);
    }
  });
});

describe('a connection that is lost at any message of a transaction of the caller’s', () => {
  it.each(combinations([byKeys, byFilter, lockedKeys], ways.slice(0, 1)))(
    'undoes the call with it: $label',
    async ({ operation, way }) => {
      for (const loss of losses.filter(({ action }) => action !== 'cut-after')) {
        const { complaints } = await sweep(bed, { operation, way, count: 4, isJoined: true }, loss);
        expect(complaints).toEqual([]);
      }
    },
  );
});
