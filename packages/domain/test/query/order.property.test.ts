import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { OrderBy } from '@uno/domain';
import fc from 'fast-check';
import { compare, type Row } from '../support/evaluate.js';
import { type factMapping, kinds, type OpenFacts, openFacts, values } from '../support/facts.js';

interface Item {
  readonly field: string;
  readonly direction: 'asc' | 'desc' | undefined;
  readonly nulls: 'first' | 'last' | undefined;
}

const item = fc.record<Item>({
  field: fc.constantFrom(...Object.keys(values)),
  direction: fc.constantFrom('asc', 'desc', undefined),
  nulls: fc.constantFrom('first', 'last', undefined),
});

function written({ field, direction, nulls }: Item): OrderBy<typeof factMapping> {
  const entry = direction === undefined ? field : { [field]: direction, ...(nulls === undefined ? {} : { nulls }) };
  // The generator takes its names from the mapping's values; TypeScript cannot follow it there.
  return entry as OrderBy<typeof factMapping>;
}

/** Below 0 when the first row comes before the second. */
function compareRows(a: Row, b: Row, items: readonly Item[]): number {
  for (const { field, direction = 'asc', nulls } of items) {
    const [one, two] = [a[field], b[field]];
    if (one === null || two === null) {
      // Said only beside a direction, as `written` does.
      const side = nulls ?? (direction === 'asc' ? 'last' : 'first');
      const difference = Number(one === null) - Number(two === null);
      if (difference !== 0) return side === 'last' ? difference : -difference;
    } else {
      const difference = compare(one, two, field === 'kind' ? kinds : undefined);
      if (difference !== 0) return direction === 'asc' ? difference : -difference;
    }
  }
  return compare(a['id'], b['id'], undefined);
}

let facts: OpenFacts;

beforeAll(async () => {
  facts = await openFacts();
});
afterAll(() => facts.close());

it('rows come in the order asked for, nulls on their side', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 3 }), async (given) => {
      const items = given.map((one) => (one.direction === undefined ? { ...one, nulls: undefined } : one));
      const found = await facts.repository.list({ orderBy: [...items.map(written), 'id'] });
      const expected = [...facts.rows].sort((a, b) => compareRows(a, b, items));
      expect(found.map(({ id }) => id)).toEqual(expected.map((row) => row['id']));
    }),
    { numRuns: 150 },
  );
});
