import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { column, mapEntity, type OrderBy, type Page, UnoContext, UnoDBRepository } from '@uno/domain';
import fc from 'fast-check';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { type factMapping, type OpenFacts, openFacts, values } from '../support/facts.js';

class Score {
  id!: number;
  points!: number | null;
}
const scores = mapEntity(Score, {
  table: 'score',
  columns: { id: column.integer(), points: column.integer().nullable() },
});

let facts: OpenFacts;
let database: OpenDatabase;
let scoreRepository: UnoDBRepository<typeof scores>;

beforeAll(async () => {
  facts = await openFacts();
  database = await openDatabase([scores]);
  scoreRepository = new UnoDBRepository(new UnoContext({ db: database.db }), scores);
});
afterAll(async () => {
  await facts.close();
  await database.close();
});

/** All pages from the first to the last, and from there back to the first. */
async function walk<T>(
  read: (place: { after?: string; before?: string }) => Promise<Page<T>>,
): Promise<[T[][], T[][]]> {
  let page = await read({});
  const there = [page.items];
  while (page.next !== undefined) {
    page = await read({ after: page.next });
    there.push(page.items);
  }
  const back = [page.items];
  while (page.previous !== undefined) {
    page = await read({ before: page.previous });
    back.unshift(page.items);
  }
  return [there, back];
}

const item = fc.record({
  field: fc.constantFrom(...Object.keys(values)),
  direction: fc.constantFrom('asc' as const, 'desc' as const),
  nulls: fc.constantFrom('first', 'last', undefined),
});

it('all pages together are the list, in the same order, there and back', async () => {
  const orders = fc.uniqueArray(item, { maxLength: 3, selector: ({ field }) => field });
  await fc.assert(
    fc.asyncProperty(orders, fc.integer({ min: 7, max: 60 }), fc.boolean(), async (items, limit, isFiltered) => {
      const entries = items.map(({ field, direction, nulls }) => ({
        [field]: direction,
        ...(nulls === undefined ? {} : { nulls }),
      }));
      // The generator takes its names from the mapping's values; TypeScript cannot follow it there.
      const orderBy = entries as unknown as OrderBy<typeof factMapping>[];
      const filters = isFiltered ? ({ or: [{ flag: true }, { whole: null }] } as const) : {};
      const byKey = { id: items.at(-1)?.direction ?? 'asc' };
      const all = (await facts.repository.list({ filters, orderBy: [...orderBy, byKey] })).map(({ id }) => id);
      const [there, back] = await walk(async (place) => {
        const page = await facts.repository.page({ filters, orderBy, limit, ...place });
        return { ...page, items: page.items.map(({ id }) => id) };
      });
      expect(there.flat()).toEqual(all);
      expect(there.slice(0, -1).every(({ length }) => length === limit)).toBe(true);
      expect(back).toEqual(there);
    }),
    { numRuns: 40 },
  );
});

const points = fc.option(fc.integer({ min: 0, max: 3 }));

it('rows that stay are met once, in order, whatever comes and goes between the pages', async () => {
  const change = fc.oneof(fc.record({ add: points }), fc.record({ remove: fc.nat(30) }));
  const direction = fc.constantFrom('asc' as const, 'desc' as const);
  await fc.assert(
    fc.asyncProperty(
      fc.array(points, { minLength: 1, maxLength: 14 }),
      fc.array(change, { maxLength: 12 }),
      direction,
      direction,
      async (start, changes, one, two) => {
        await database.empty();
        await scoreRepository.batchAdd(start.map((given, i) => ({ id: 2 * i, points: given })));
        const orderBy = [{ points: one }, { id: two }] as const;
        const gone = new Set<number>();
        let nextId = 1;
        const seen: number[] = [];
        let after: string | undefined;
        do {
          const page = await scoreRepository.page({ orderBy, limit: 2, after });
          seen.push(...page.items.map(({ id }) => id));
          after = page.next;
          const done = changes.shift();
          if (done !== undefined && 'add' in done) {
            nextId += 2;
            await scoreRepository.add({ id: nextId, points: done.add });
          } else if (done !== undefined) {
            gone.add(done.remove);
            await scoreRepository.removeById(done.remove);
          }
        } while (after !== undefined);
        const stayed = start.map((_, i) => 2 * i).filter((id) => !gone.has(id));
        const inOrder = (await scoreRepository.list({ orderBy }))
          .map(({ id }) => id)
          .filter((id) => stayed.includes(id));
        expect(seen.filter((id) => stayed.includes(id))).toEqual(inOrder);
        expect(new Set(seen).size).toBe(seen.length);
      },
    ),
    { numRuns: 25 },
  );
});
