import { describe, expect, it } from '@jest/globals';
import { writeTotals } from '@uno/domain';
import fc from 'fast-check';

describe('write totals', () => {
  it('add up to the records taken: what is not counted was skipped', () => {
    expect(writeTotals(7, { inserted: 2, deleted: 1 })).toEqual({
      total: 7,
      inserted: 2,
      updated: 0,
      unchanged: 0,
      deleted: 1,
      skipped: 4,
      failed: 0,
    });
  });

  it('add up for any counts', () => {
    const count = fc.nat(1000);
    fc.assert(
      fc.property(count, count, count, count, count, (inserted, updated, unchanged, deleted, rest) => {
        const total = inserted + updated + unchanged + deleted + rest;
        const totals = writeTotals(total, { inserted, updated, unchanged, deleted });
        const sum =
          totals.inserted + totals.updated + totals.unchanged + totals.deleted + totals.skipped + totals.failed;
        expect(sum).toBe(total);
        expect(totals.skipped).toBe(rest);
      }),
    );
  });
});
