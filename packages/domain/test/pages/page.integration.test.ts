import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { column, mapEntity, type Page, UnitOfWork, UnoContext, UnoDBRepository } from '@uno/domain';
import { ConfigError, ValidationError } from '@uno/postgres';
import { sql } from 'kysely';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { City, Country, cities, countries, visits, world } from '../support/world.js';
import { failureOf, unchecked } from '../support/wrong.js';

class Moment {
  id!: number;
  at!: Date;
  price!: string | null;
  word!: string;
}
/** Values that are rounded on their way into JavaScript, and texts that a collation takes for equal. */
const moments = mapEntity(Moment, {
  table: 'moment',
  columns: {
    id: column.integer(),
    at: column.timestamptz(),
    price: column.numeric().nullable(),
    word: column.text(),
  },
});

let database: OpenDatabase;
let context: UnoContext;
let repository: UnoDBRepository<typeof cities>;

beforeAll(async () => {
  database = await openDatabase([...world, moments]);
  await sql`create collation any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`.execute(
    database.db,
  );
  await sql`alter table moment alter column word type text collate any_case`.execute(database.db);
});
afterAll(() => database.close());

beforeEach(async () => {
  await database.empty();
  context = new UnoContext({ db: database.db });
  repository = new UnoDBRepository(context, cities);
  await new UnoDBRepository(context, countries).batchAdd([{ name: 'Switzerland' }, { name: 'Peru' }]);
  const populations = [5, null, 3, 5, null, 1, 3];
  await repository.batchAdd(
    populations.map((population, i) => ({ name: `C${i + 1}`, countryId: 1 + (i % 2), population })),
  );
  database.statements.length = 0;
});

const ids = ({ items }: Page<{ readonly id: number }>) => items.map(({ id }) => id);
const order = { orderBy: [{ population: 'desc' }], limit: 3 } as const;

describe('page', () => {
  it('walks forwards and backwards, ties by the key in the direction of the last field, NULLs in their place', async () => {
    const one = await repository.page(order);
    const two = await repository.page({ ...order, after: one.next });
    const three = await repository.page({ ...order, after: two.next });
    expect([one, two, three].map(ids)).toEqual([[5, 2, 4], [1, 7, 3], [6]]);
    expect([one.previous, three.next]).toEqual([undefined, undefined]);
    const back = await repository.page({ ...order, before: three.previous });
    expect(back.items).toEqual(two.items);
    const first = await repository.page({ ...order, before: back.previous });
    expect(first).toEqual({ ...one, previous: undefined });
  });

  it('is one statement, and gives entities with their relations', async () => {
    const { items } = await repository.page({ limit: 2, loadRelations: ['country'] });
    expect(items[0]).toBeInstanceOf(City);
    expect(items.map(({ country }) => country)).toEqual([expect.any(Country), expect.any(Country)]);
    database.statements.length = 0;
    await repository.page({ limit: 2 });
    expect(database.statements).toHaveLength(1);
  });

  it('goes by the key where no order is asked for, and says when there is no more', async () => {
    const one = await repository.page({ limit: 7 });
    expect(ids(one)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(one).toMatchObject({ next: undefined, previous: undefined });
    expect(await repository.page({ limit: 1, filters: { id: 99 } })).toEqual({
      items: [],
      next: undefined,
      previous: undefined,
    });
  });

  it('may change its size on the way', async () => {
    const one = await repository.page({ limit: 2 });
    expect(ids(await repository.page({ limit: 4, after: one.next }))).toEqual([3, 4, 5, 6]);
  });

  it('keeps to the filter, however its properties are ordered', async () => {
    const one = await repository.page({ filters: { countryId: 1, id: { gt: 1, lt: 7 } }, limit: 1 });
    const two = await repository.page({ filters: { id: { lt: 7, gt: 1 }, countryId: 1 }, limit: 1, after: one.next });
    expect([ids(one), ids(two), two.next]).toEqual([[3], [5], undefined]);
  });

  it('neither repeats nor leaves out a row when others come and go, the one that it goes on from as well', async () => {
    const one = await repository.page({ limit: 3 });
    await repository.batchRemove([1, 3, 5]);
    await repository.add({ id: -1, name: 'New', countryId: 1 });
    const two = await repository.page({ limit: 3, after: one.next });
    expect(ids(two)).toEqual([4, 6, 7]);
    expect(ids(await repository.page({ limit: 3, before: two.previous }))).toEqual([-1, 2]);
  });

  it('leads back from where there is nothing any more, in both directions', async () => {
    const one = await repository.page({ limit: 5 });
    await repository.batchRemove([6, 7]);
    const end = await repository.page({ limit: 5, after: one.next });
    expect(end).toMatchObject({ items: [], next: undefined });
    const back = await repository.page({ limit: 2, before: end.previous });
    expect(ids(back)).toEqual([4, 5]);
    await repository.batchRemove([1, 2, 3]);
    const begin = await repository.page({ limit: 5, before: back.previous });
    expect(begin).toMatchObject({ items: [], previous: undefined });
    expect(ids(await repository.page({ limit: 2, after: begin.next }))).toEqual([4, 5]);
  });

  it('works for keys of several fields, in any order of them', async () => {
    const visitRepository = new UnoDBRepository(context, visits);
    const records = [1, 2, 3, 1, 2].map((cityId, i) => ({
      cityId,
      day: i < 3 ? '2024-01-01' : '2024-01-02',
      visitors: i % 2,
    }));
    await visitRepository.batchAdd(records);
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await visitRepository.page({ orderBy: ['visitors', { day: 'desc' }], limit: 2, after });
      seen.push(...page.items.map(({ visitors, day, cityId }) => `${visitors} ${day.slice(-1)} ${cityId}`));
      after = page.next;
    } while (after !== undefined);
    expect(seen).toEqual(['0 2 2', '0 1 3', '0 1 1', '1 2 1', '1 1 2']);
  });

  it('compares as the columns do: beyond the millisecond, by value, and by the collation', async () => {
    await sql`insert into moment select n, timestamptz '2024-01-01 00:00:00Z' + n * interval '1 microsecond',
      case when n > 4 then null else (n / 2) || '.50' end::numeric, (array['b', 'A', 'a', 'B', 'c', 'C'])[n]
      from generate_series(1, 6) n`.execute(database.db);
    const momentRepository = new UnoDBRepository(context, moments);
    for (const orderBy of [
      [{ at: 'desc' }],
      [{ price: 'asc', nulls: 'first' }, { at: 'desc' }],
      ['word', { price: 'desc' }],
    ] as const) {
      const last = typeof orderBy.at(-1) === 'string' ? 'id' : ({ id: 'desc' } as const);
      const all = await momentRepository.list({ orderBy: [...orderBy, last] });
      const seen: Moment[] = [];
      let after: string | undefined;
      do {
        const page = await momentRepository.page({ orderBy, limit: 1, after });
        seen.push(...page.items);
        after = page.next;
      } while (after !== undefined);
      expect(seen).toEqual(all);
    }
  });

  it('is asked for in a form that an index answers', async () => {
    const byName = { orderBy: [{ name: 'desc' }], limit: 1 } as const;
    await repository.page({ ...byName, after: (await repository.page(byName)).next });
    expect(database.statements.at(-1)).toContain('("name", "id") < ($1, $2)');
    const mixed = { orderBy: [{ name: 'desc' }, 'id'], limit: 1 } as const;
    await repository.page({ ...mixed, after: (await repository.page(mixed)).next });
    expect(database.statements.at(-1)).toContain('("name" <= $1 and (');
  });

  it('joins the unit of work', async () => {
    await new UnitOfWork(context).run(async () => {
      await repository.removeWhere({ id: { lt: 6 } });
      expect(ids(await repository.page({ limit: 3 }))).toEqual([6, 7]);
    });
  });

  it.each<[string, object, string]>([
    ['no limit', {}, 'page: limit says how many items it has at most, from 1.'],
    ['a limit of 0', { limit: 0 }, 'page: limit takes a whole number from 1, not 0.'],
    ['an option that there is not', { limit: 1, offset: 1 }, 'page has no option "offset"'],
    ['both directions', { limit: 1, after: 'x', before: 'x' }, 'page: after and before contradict each other.'],
    ['a cursor that is a number', { limit: 1, after: 7 }, 'page: after takes the cursor of a page, not 7.'],
    ['an unknown field', { limit: 1, orderBy: ['nmae'] }, 'City has no field "nmae"'],
  ])('refuses %s', async (_, options, message) => {
    const error = await failureOf(ConfigError, () => repository.page(unchecked<{ limit: number }>(options)));
    expect(error.message).toContain(message);
    expect(database.statements).toEqual([]);
  });

  it('refuses what is no order and no filter', async () => {
    await failureOf(ValidationError, () => repository.page({ limit: 1, orderBy: unchecked([{ id: 'up' }]) }));
    await failureOf(ValidationError, () => repository.page({ limit: 1, filters: unchecked({ id: undefined }) }));
    expect(database.statements).toEqual([]);
  });
});
