import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { saysUnknown } from './support/audit.js';
import { FaultBed, type Finding } from './support/fault-bed.js';
import { operations } from './support/operations.js';
import { losses, sweep } from './support/sweep.js';
import { combinations, commitsByStatement, ways } from './support/ways.js';

let bed: FaultBed;

beforeAll(async () => {
  bed = await FaultBed.open();
});

afterAll(() => bed.close());

const joining = ways.filter(({ name }) => name === 'chunked');
/** What a pipeline commits by chunk, it commits as chunks that are done in turn. */
const chosen = ways.filter(({ name }) => name !== 'pipelined by chunk');

describe('a connection that is lost at any message of a transaction of the caller’s', () => {
  it.each(combinations(operations, joining))(
    'undoes the call with it, and nobody is told: $label',
    async ({ operation, way }) => {
      let failed = 0;
      const judge = ({ error, retries }: Finding) => {
        if (error !== undefined) failed++;
        return retries.length > 0 ? 'it was tried again' : undefined;
      };
      for (const loss of losses.filter(({ action }) => action !== 'cut-after')) {
        const { complaints } = await sweep(bed, { operation, way, count: 4, isJoined: true }, loss, judge);
        expect(complaints).toEqual([]);
      }
      expect(failed).toBeGreaterThan(0);
    },
  );
});

describe('a connection that is lost at any message of a call that is not tried again', () => {
  it.each(combinations(operations, chosen))('leaves behind what the error says: $label', async ({ operation, way }) => {
    const once = commitsByStatement(operation, way);
    const found = { failed: 0, unknown: 0 };
    const judge = ({ error, retries }: Finding) => {
      if (error !== undefined) found.failed++;
      if (saysUnknown(error)) found.unknown++;
      if (retries.length > 0) return 'it was tried again';
      // A COMMIT that is lost is looked up.
      return saysUnknown(error) && !once ? `nobody knows, though it could be found out: ${error}` : undefined;
    };
    for (const loss of losses) {
      const trial = { operation, way, config: { retryCount: 0 }, count: 4 };
      const { complaints } = await sweep(bed, trial, loss, judge);
      expect(complaints).toEqual([]);
    }
    expect(found.failed).toBeGreaterThan(0);
    expect(found.unknown > 0).toBe(once);
  });
});
