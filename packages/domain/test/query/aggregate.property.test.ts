import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compare, evaluate, type Row } from '../support/evaluate.js';
import { kinds, type OpenFacts, openFacts, orders } from '../support/facts.js';

const groupable = ['flag', 'kind', 'day', 'whole'] as const;
const select = {
  rows: { count: '*' },
  words: { count: 'words' },
  texts: { countDistinct: 'words' },
  sum: { sum: 'big' },
  least: { min: 'words' },
  last: { max: 'at' },
  highest: { max: 'kind' },
} as const;

/** What is known of a field in some rows. */
function known(rows: readonly Row[], field: string): unknown[] {
  return rows.map((row) => row[field]).filter((value) => value !== null);
}

function extreme(rows: readonly Row[], field: string, side: 1 | -1): unknown {
  const order = field === 'kind' ? kinds : undefined;
  const [first = null] = known(rows, field).sort((a, b) => side * compare(a, b, order));
  return first;
}

function sumOf(rows: readonly Row[], field: string): bigint | null {
  const found = known(rows, field);
  return found.length === 0 ? null : found.reduce<bigint>((sum, value) => sum + BigInt(String(value)), 0n);
}

function aggregated(rows: readonly Row[]): Row {
  return {
    rows: rows.length,
    words: known(rows, 'words').length,
    texts: new Set(known(rows, 'words')).size,
    sum: sumOf(rows, 'big'),
    least: extreme(rows, 'words', 1),
    last: extreme(rows, 'at', -1),
    highest: extreme(rows, 'kind', -1),
  };
}

/** A text by which the rows of two results can be put in one order. */
function shown(row: Row): string {
  return JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

let facts: OpenFacts;

beforeAll(async () => {
  facts = await openFacts();
});
afterAll(() => facts.close());

const filter = fc.record(
  { whole: fc.constantFrom(-1, 0, 7).map((lte) => ({ lte })), flag: fc.boolean() },
  { requiredKeys: [], noNullPrototype: true },
);
const least = fc.option(fc.constantFrom(1, 2, 5), { nil: undefined });

it('groups are those of the rows that a filter finds, and their values what comes of their rows', async () => {
  await fc.assert(
    fc.asyncProperty(fc.subarray([...groupable], { minLength: 1 }), filter, least, async (groupBy, filters, rows) => {
      const found = await facts.repository.aggregate({
        select,
        groupBy,
        filters,
        ...(rows === undefined ? {} : { having: { rows: { gte: rows } } }),
      });
      const groups = new Map<string, Row[]>();
      for (const row of facts.rows.filter((one) => evaluate(one, filters, orders) === true)) {
        const group = shown(Object.fromEntries(groupBy.map((field) => [field, row[field]])));
        groups.set(group, [...(groups.get(group) ?? []), row]);
      }
      const expected = [...groups.values()]
        .filter((members) => members.length >= (rows ?? 0))
        .map((members) => ({
          ...Object.fromEntries(groupBy.map((field) => [field, members[0]?.[field]])),
          ...aggregated(members),
        }));
      expect(found.map(shown).sort()).toEqual(expected.map(shown).sort());
    }),
    { numRuns: 100 },
  );
});

it('an aggregate of all rows is that of the one group that they are', async () => {
  await fc.assert(
    fc.asyncProperty(filter, async (filters) => {
      const found = facts.rows.filter((row) => evaluate(row, filters, orders) === true);
      expect(await facts.repository.aggregate({ select, filters })).toEqual(aggregated(found));
    }),
    { numRuns: 50 },
  );
});
