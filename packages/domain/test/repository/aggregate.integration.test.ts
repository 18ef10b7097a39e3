import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AggregateOptions, column, Entity, mapEntity, UnitOfWork, UnoContext, UnoDBRepository } from '@uno/domain';
import { ConfigError, UnoError, ValidationError } from '@uno/postgres';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { failureOf, unchecked } from '../support/wrong.js';

class Sale extends Entity<number> {
  shop!: string;
  amount!: number;
  cents!: bigint;
  safe!: number;
  price!: string | null;
  weight!: number;
  at!: Date;
  mood!: 'low' | 'high';
  tags!: string[];
  raw!: { a: number };
  flag!: boolean;
}

const sales = mapEntity(Sale, {
  table: 'sale',
  columns: {
    id: column.integer(),
    shop: column.text().named('shop_name'),
    amount: column.integer(),
    cents: column.bigint(),
    safe: column.bigint({ as: 'number' }),
    price: column.numeric(10, 2).nullable(),
    weight: column.double(),
    at: column.timestamptz(),
    mood: column.enumeration('sale_mood', ['low', 'high']),
    tags: column.array(column.text()),
    raw: column.json<{ a: number }>(),
    flag: column.boolean(),
  },
});

let database: OpenDatabase;
let context: UnoContext;
let repository: UnoDBRepository<typeof sales>;

beforeAll(async () => {
  database = await openDatabase([sales]);
  context = new UnoContext({ db: database.db });
  repository = new UnoDBRepository(context, sales);
  const common = { tags: [], raw: { a: 1 }, flag: true };
  const [day, big] = [(n: number) => new Date(n * 86_400_000), 2n ** 62n];
  await repository.batchAdd([
    {
      ...common,
      id: 1,
      shop: 'a',
      amount: 1,
      cents: big,
      safe: 5,
      price: '0.10',
      weight: 0.5,
      at: day(1),
      mood: 'high',
    },
    {
      ...common,
      id: 2,
      shop: 'a',
      amount: 2,
      cents: big,
      safe: 6,
      price: '0.20',
      weight: 1.5,
      at: day(2),
      mood: 'low',
    },
    { ...common, id: 3, shop: 'a', amount: 4, cents: big, safe: 7, price: null, weight: 2, at: day(3), mood: 'low' },
    {
      ...common,
      id: 4,
      shop: 'b',
      amount: 8,
      cents: -1n,
      safe: 2 ** 53 - 1,
      price: null,
      weight: -1,
      at: day(0),
      mood: 'low',
    },
  ]);
});
afterAll(() => database.close());

describe('an aggregate of all rows', () => {
  it('gives a plain object with values of the types of their fields, by one statement', async () => {
    database.statements.length = 0;
    const result = await repository.aggregate({
      select: {
        rows: { count: '*' },
        prices: { count: 'price' },
        shops: { countDistinct: 'shop' },
        amount: { sum: 'amount' },
        cents: { sum: 'cents' },
        price: { sum: 'price' },
        weight: { sum: 'weight' },
        meanAmount: { avg: 'amount' },
        meanPrice: { avg: 'price' },
        meanCents: { avg: 'cents' },
        first: { min: 'at' },
        last: { max: 'at' },
        name: { max: 'shop' },
        worst: { min: 'mood' },
        best: { max: 'mood' },
      },
    });
    expect(result).toStrictEqual({
      rows: 4,
      prices: 2,
      shops: 2,
      amount: 15,
      cents: 3n * 2n ** 62n - 1n,
      price: '0.30',
      weight: 3,
      meanAmount: 3.75,
      meanPrice: '0.15000000000000000000',
      meanCents: '3458764513820540928',
      first: new Date(0),
      last: new Date(3 * 86_400_000),
      name: 'b',
      worst: 'low',
      best: 'high',
    });
    expect(database.statements).toHaveLength(1);
  });

  it('gives null for what nothing comes of, and counts 0', async () => {
    const select = {
      rows: { count: '*' },
      sum: { sum: 'amount' },
      mean: { avg: 'price' },
      last: { max: 'at' },
    } as const;
    expect(await repository.aggregate({ select, filters: { id: 99 } })).toStrictEqual({
      rows: 0,
      sum: null,
      mean: null,
      last: null,
    });
  });

  it('fails for a sum of numbers that a number cannot hold exactly', async () => {
    const error = await failureOf(ValidationError, () => repository.aggregate({ select: { all: { sum: 'safe' } } }));
    expect(error.message).toContain('Sale.all cannot be read as bigint: a bigint beyond 2^53 - 1');
    expect(await repository.aggregate({ select: { all: { sum: 'safe' } }, filters: { shop: 'a' } })).toEqual({
      all: 18,
    });
  });

  it('sees what its unit of work has written', async () => {
    await new UnitOfWork(context)
      .run(async () => {
        await repository.update({ id: 1, amount: 1001 });
        expect(await repository.aggregate({ select: { sum: { sum: 'amount' } } })).toEqual({ sum: 1015 });
        throw new Error('undone');
      })
      .catch((error: Error) => expect(error.message).toBe('undone'));
    expect(await repository.aggregate({ select: { sum: { sum: 'amount' } } })).toEqual({ sum: 15 });
  });
});

describe('an aggregate of groups', () => {
  it('gives a plain object for each', async () => {
    const groups = await repository.aggregate({
      select: { sales: { count: '*' }, cents: { sum: 'cents' }, price: { sum: 'price' } },
      groupBy: ['shop'],
      orderBy: ['shop'],
    });
    expect(groups).toStrictEqual([
      { shop: 'a', sales: 3, cents: 3n * 2n ** 62n, price: '0.30' },
      { shop: 'b', sales: 1, cents: -1n, price: null },
    ]);
  });

  it('is filtered before and after, by any operators', async () => {
    type Selected = {
      readonly sales: { count: '*' };
      readonly cents: { sum: 'cents' };
      readonly mean: { avg: 'amount' };
    };
    type Options = AggregateOptions<typeof sales, Selected, readonly ['shop', 'mood']>;
    const grouped = async (options: Pick<Options, 'filters' | 'having'>) => {
      const groups = await repository.aggregate({
        select: { sales: { count: '*' }, cents: { sum: 'cents' }, mean: { avg: 'amount' } },
        groupBy: ['shop', 'mood'],
        orderBy: ['shop', 'mood'],
        ...options,
      });
      return groups.map(({ shop, mood }) => `${shop} ${mood}`);
    };
    expect(await grouped({})).toEqual(['a low', 'a high', 'b low']);
    expect(await grouped({ filters: { amount: { gt: 1 } } })).toEqual(['a low', 'b low']);
    expect(await grouped({ having: { sales: { gt: 1 } } })).toEqual(['a low']);
    expect(await grouped({ having: { cents: { gt: 2n ** 62n } } })).toEqual(['a low']);
    expect(await grouped({ having: { cents: { in: [-1n, 2n ** 63n] } } })).toEqual(['a low', 'b low']);
    expect(await grouped({ having: { mean: { between: [1, 3] } } })).toEqual(['a low', 'a high']);
    expect(await grouped({ having: { or: [{ shop: { like: 'b' } }, { not: { mood: 'low' } }] } })).toEqual([
      'a high',
      'b low',
    ]);
  });

  it('is ordered by what is in the result, nulls on their side, and cut', async () => {
    const shops = async (options: { limit?: number; offset?: number }) => {
      const groups = await repository.aggregate({
        select: { price: { min: 'price' } },
        groupBy: ['shop'],
        orderBy: [{ price: 'desc', nulls: 'last' }],
        ...options,
      });
      return groups.map(({ shop }) => shop);
    };
    expect(await shops({})).toEqual(['a', 'b']);
    expect(await shops({ limit: 1, offset: 1 })).toEqual(['b']);
  });

  it('gives the sets of values that there are, when nothing is made of them', async () => {
    const moods = await repository.aggregate({ select: {}, groupBy: ['mood'], orderBy: ['mood'] });
    expect(moods).toStrictEqual([{ mood: 'low' }, { mood: 'high' }]);
  });

  it('of a field can have the field’s column as a name', async () => {
    const rows = await repository.aggregate({
      select: { shop_name: { count: '*' }, id: { max: 'amount' } },
      groupBy: ['shop'],
      filters: { id: { lt: 4 } },
    });
    expect(rows).toStrictEqual([{ shop: 'a', shop_name: 3, id: 4 }]);
  });
});

describe('an aggregate', () => {
  it.each<[string, object, string]>([
    ['an unknown field', { select: { a: { sum: 'amonut' } } }, 'Sale has no field "amonut". It has: id, shop,'],
    ['an unknown function', { select: { a: { median: 'amount' } } }, '"a" is one of count, countDistinct, sum, avg,'],
    ['two functions', { select: { a: { sum: 'amount', avg: 'amount' } } }, 'of one field, such as { sum:'],
    ['a text for an aggregate', { select: { a: 'count' } }, 'not a string.'],
    ['SQL for a field', { select: { a: { sum: 'amount) from sale; --' } } }, 'Sale has no field'],
    ['a star for a sum', { select: { a: { sum: '*' } } }, 'Sale has no field "*"'],
    ['a sum of texts', { select: { a: { sum: 'shop' } } }, 'sum is not possible for "shop", which is text.'],
    ['an average of moments', { select: { a: { avg: 'at' } } }, 'avg is not possible for "at", which is timestamptz'],
    ['the least array', { select: { a: { min: 'tags' } } }, 'min is not possible for "tags", which is text[].'],
    ['groups of json', { select: {}, groupBy: ['raw'] }, 'groupBy is not possible for "raw", which is json.'],
    ['values of json', { select: { a: { countDistinct: 'raw' } } }, 'countDistinct is not possible for "raw"'],
    ['nothing', { select: {} }, 'nothing is asked for in select, nor in groupBy.'],
    ['no select', {}, "select takes an object such as { largest: { max: 'population' } }, not undefined."],
    [
      'no field to group by',
      { select: {}, groupBy: [] },
      'groupBy takes a list of at least one field of Sale, not an empty',
    ],
    ['an unknown group', { select: {}, groupBy: ['shpo'] }, 'Sale has no field "shpo"'],
    [
      'one name twice',
      { select: { shop: { count: '*' } }, groupBy: ['shop'] },
      '"shop" is a field of groupBy and the name',
    ],
    ['a name of filters', { select: { not: { count: '*' } } }, 'a field cannot be called "not", which filters use.'],
    ['a name that is too long', { select: { [`n${'x'.repeat(63)}`]: { count: '*' } } }, 'a name takes 1 to 63 bytes'],
    [
      'groups without groupBy',
      { select: { a: { count: '*' } }, having: { a: 1 } },
      'having is for groups; say groupBy',
    ],
    ['an order without groupBy', { select: { a: { count: '*' } }, orderBy: ['a'] }, 'orderBy is for groups'],
    [
      'a filter by what is not in the result',
      { select: { a: { count: '*' } }, groupBy: ['shop'], having: { amount: 1 } },
      'Sale has no field "amount". It has: shop, a.',
    ],
    [
      'an order by what is not in the result',
      { select: { a: { count: '*' } }, groupBy: ['shop'], orderBy: ['amount'] },
      'Sale has no field "amount". It has: shop, a.',
    ],
    [
      'a value of another type than the aggregate',
      { select: { a: { sum: 'cents' } }, groupBy: ['shop'], having: { a: { gt: 1 } } },
      'field "a": a sum of bigint takes a bigint, not a number',
    ],
    [
      'an unknown option',
      { select: { a: { count: '*' } }, where: {} },
      'aggregate has no option "where". Known are: select,',
    ],
  ])('is refused before anything is sent: %s', async (_, options, message) => {
    database.statements.length = 0;
    const call = () => repository.aggregate(unchecked<{ select: Record<string, never> }>(options));
    const error = await failureOf(UnoError, call);
    expect(error.message).toContain(message);
    expect(database.statements).toEqual([]);
  });

  it('of which PostgreSQL knows none for the type is refused by it', async () => {
    const call = () => repository.aggregate({ select: { a: { max: unchecked<'at'>('flag') } } });
    expect(await failureOf(UnoError, call)).toMatchObject({ sqlstate: '42883' });
    expect(
      await failureOf(ConfigError, () => repository.aggregate(unchecked<{ select: Record<string, never> }>(undefined))),
    ).toBeInstanceOf(ConfigError);
  });
});
