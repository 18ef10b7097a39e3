import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mayEndUnknown, saysUnknown } from './support/audit.js';
import { FaultBed, type Finding } from './support/fault-bed.js';
import { operations } from './support/operations.js';
import { losses, sweep } from './support/sweep.js';
import { combinations, ways } from './support/ways.js';

let bed: FaultBed;

beforeAll(async () => {
  bed = await FaultBed.open();
});

afterAll(() => bed.close());

const chosen = ways.filter(({ name }) => name === 'chunked' || name === 'parallel');

describe('a connection that is lost at any message while records at fault are looked for', () => {
  it.each(combinations(operations, chosen))(
    'changes nothing about which are left out: $label',
    async ({ operation, way }) => {
      const judge = ({ error }: Finding) => {
        if (error === undefined || (mayEndUnknown(operation, way) && saysUnknown(error))) return undefined;
        return `it failed: ${error}`;
      };
      for (const loss of losses.filter(({ action }) => action === 'cut')) {
        const trial = { operation, way, count: 4, bad: [1], options: { onRecordError: 'skip' } } as const;
        const { met, complaints } = await sweep(bed, trial, loss, judge);
        expect(complaints).toEqual([]);
        expect(met.length).toBeGreaterThan(0);
      }
    },
  );
});
