import type { WriteTotals } from '../ports/batch-port.js';

/** Totals that add up: what is not counted was skipped. */
export function writeTotals(
  total: number,
  counted: {
    readonly inserted?: number;
    readonly updated?: number;
    readonly unchanged?: number;
    readonly deleted?: number;
  },
): WriteTotals {
  const { inserted = 0, updated = 0, unchanged = 0, deleted = 0 } = counted;
  const skipped = total - inserted - updated - unchanged - deleted;
  return { total, inserted, updated, unchanged, deleted, skipped, failed: 0 };
}
