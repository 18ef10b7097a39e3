import { describe, expect, it } from '@jest/globals';
import { type SettledStatus, WriteLedger } from '@uno/domain';
import { ValidationError } from '@uno/postgres';
import fc from 'fast-check';

const statuses = ['inserted', 'updated', 'unchanged', 'deleted', 'skipped', 'failed'] as const;

/** What became of records, by position, in any order; each is in one of three parts. */
const events = fc
  .uniqueArray(fc.record({ index: fc.nat(200), status: fc.constantFrom(...statuses), part: fc.nat(2) }), {
    selector: ({ index }) => index,
  })
  .map((list) => list.map((event) => ({ ...event, key: `k${event.index}` })));

type Event = { readonly index: number; readonly status: (typeof statuses)[number]; readonly key: string };

function tell(ledger: WriteLedger, { index, status, key }: Event): void {
  if (status === 'failed') ledger.fail(index, key, new ValidationError(key));
  else ledger.settle(index, key, status);
}

function totalsOf(list: readonly Event[]): Record<string, number> {
  const counted = statuses.map((status) => [status, list.filter((event) => event.status === status).length] as const);
  return { ...Object.fromEntries(counted), total: list.length };
}

const byIndex = (a: Event, b: Event) => a.index - b.index;

describe('a ledger', () => {
  it('adds up to the records that it was told of, in their order, whatever the order in which it was told', () => {
    fc.assert(
      fc.property(events, (list) => {
        const ledger = new WriteLedger(true);
        for (const event of list) tell(ledger, event);
        const result = ledger.result();
        expect(result).toMatchObject(totalsOf(list));
        const sorted = list.toSorted(byIndex).map(({ index, key, status }) => ({ index, key, status }));
        expect(result.outcomes?.map(({ index, key, status }) => ({ index, key, status }))).toEqual(sorted);
        expect(result.failures.map(({ index }) => index)).toEqual(
          sorted.filter(({ status }) => status === 'failed').map(({ index }) => index),
        );
        expect([...ledger.written]).toEqual(
          sorted.filter(({ status }) => status !== 'failed').map(({ index }) => index),
        );
        expect([ledger.processed, ledger.failed, ledger.skipped]).toEqual([list.length, result.failed, result.skipped]);
      }),
    );
  });

  it('comes to the same when it is told in parts that are merged', () => {
    fc.assert(
      fc.property(events, fc.boolean(), fc.nat(9), (list, detailed, individually) => {
        const whole = new WriteLedger(detailed);
        for (const event of list) tell(whole, event);
        whole.wentIndividually(3 * individually);
        const merged = new WriteLedger(detailed);
        for (const number of [2, 0, 1]) {
          const part = new WriteLedger(detailed);
          for (const event of list.filter(({ part: its }) => its === number)) tell(part, event);
          part.wentIndividually(individually);
          merged.merge(part);
        }
        expect(merged.result()).toEqual(whole.result());
        expect(merged.written.ranges).toEqual(whole.written.ranges);
        expect(merged.individually).toBe(3 * individually);
      }),
    );
  });

  it('takes numbers where nobody asks for single records', () => {
    const counts = fc.dictionary(fc.constantFrom<SettledStatus>('inserted', 'skipped', 'deleted'), fc.nat(50));
    fc.assert(
      fc.property(counts, counts, (one, other) => {
        const ledger = new WriteLedger(false);
        ledger.count(one);
        ledger.count(other);
        const sum = (status: string) => (one[status] ?? 0) + (other[status] ?? 0);
        const { inserted, skipped, deleted, total, outcomes } = ledger.result();
        expect({ inserted, skipped, deleted }).toEqual({
          inserted: sum('inserted'),
          skipped: sum('skipped'),
          deleted: sum('deleted'),
        });
        expect([total, outcomes]).toEqual([inserted + skipped + deleted, undefined]);
      }),
    );
  });

  it('gives results that do not change afterwards', () => {
    const ledger = new WriteLedger(true);
    ledger.settle(0, '1', 'inserted');
    const early = ledger.result();
    ledger.settle(1, '2', 'inserted');
    ledger.fail(2, '3', new ValidationError('x'));
    expect([early.total, early.outcomes?.length, early.failures.length]).toEqual([1, 1, 0]);
  });
});
