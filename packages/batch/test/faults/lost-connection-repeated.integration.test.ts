import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mayEndUnknown, saysUnknown } from './support/audit.js';
import { FaultBed, type Finding } from './support/fault-bed.js';
import { operations } from './support/operations.js';
import { losses, type Sweep, sweep } from './support/sweep.js';
import { combinations, ways } from './support/ways.js';

let bed: FaultBed;

beforeAll(async () => {
  bed = await FaultBed.open();
});

afterAll(() => bed.close());

const mustSucceed = ({ error }: Finding) => (error === undefined ? undefined : `it failed: ${error}`);
const maySayUnknown = ({ error }: Finding) =>
  error === undefined || saysUnknown(error) ? undefined : `it failed without knowing: ${error}`;

describe('a connection that is lost at any message of a call that is tried again', () => {
  it.each(combinations(operations))('costs no record and doubles none: $label', async ({ operation, way }) => {
    const judge = mayEndUnknown(operation, way) ? maySayUnknown : mustSucceed;
    for (const loss of losses) {
      const { met, complaints } = await sweep(bed, { operation, way, count: 4 }, loss, judge);
      expect(complaints).toEqual([]);
      expect(met.length).toBeGreaterThan(0);
    }
  });

  it.each(
    combinations(
      operations.filter(({ isIdempotent }) => isIdempotent),
      ways.filter(({ chunkAlone }) => chunkAlone),
    ),
  )('is repeated even where nobody knows, as that does no harm: $label', async ({ operation, way }) => {
    const codes: string[] = [];
    const judge = ({ retries }: Finding) => void codes.push(...retries.map(({ code }) => code));
    await sweep(bed, { operation, way, count: 4 }, { from: 'client', action: 'answer-lost', names: ['Sync'] }, judge);
    expect(codes).toContain('UNO_COMMIT_UNKNOWN');
  });
});

describe('a connection that is lost under a statement that commits by itself', () => {
  it.each(
    combinations(
      operations.filter(({ isIdempotent }) => isIdempotent),
      ways.filter(({ chunkAlone }) => chunkAlone),
    ),
  )('is not forgotten when it cannot be repeated after all: $label', async ({ operation, way }) => {
    const trial = {
      operation,
      way,
      onRetry: () => bed.proxy.refuse(true),
      afterwards: () => bed.proxy.refuse(false),
    };
    const lost: Sweep = { from: 'client', action: 'answer-lost', names: ['Sync'] };
    const { met, complaints } = await sweep(bed, trial, lost, ({ error }) =>
      saysUnknown(error) || error === undefined ? undefined : `it is forgotten: ${error}`,
    );
    expect(complaints).toEqual([]);
    expect(met.length).toBeGreaterThan(0);
  });
});

describe('a connection that is lost while it is being opened', () => {
  it.each(combinations(operations.slice(0, 2), ways.slice(0, 1)))(
    'is opened again, and nothing is in doubt: $label',
    async ({ operation, way }) => {
      for (const loss of losses) {
        const { met, complaints } = await sweep(
          bed,
          { operation, way, count: 4 },
          { ...loss, isCold: true },
          mustSucceed,
        );
        expect(complaints).toEqual([]);
        expect(met[0]).toMatch(/^(StartupMessage|Authentication|Query|ReadyForQuery)$/);
      }
    },
  );
});
