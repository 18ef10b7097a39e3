import { column, Entity, mapEntity, type UnoDBRepository } from '@uno/domain';
import { expectTypeOf } from 'expect-type';

class Sale extends Entity<number> {
  shop!: string;
  amount!: number;
  cents!: bigint;
  price!: string | null;
  at!: Date;
  mood!: 'low' | 'high';
  tags!: string[];
  flag!: boolean;
  unit!: string;
}

const mapping = mapEntity(Sale, {
  table: 'sale',
  columns: {
    id: column.integer(),
    shop: column.text(),
    amount: column.integer(),
    cents: column.bigint(),
    price: column.numeric(10, 2).nullable(),
    at: column.timestamptz(),
    mood: column.enumeration('mood', ['low', 'high']),
    tags: column.array(column.text()),
    flag: column.boolean(),
    unit: column.uuid(),
  },
});

export async function results(sales: UnoDBRepository<typeof mapping>): Promise<void> {
  const all = await sales.aggregate({
    select: {
      rows: { count: '*' },
      shops: { countDistinct: 'shop' },
      cents: { sum: 'cents' },
      mean: { avg: 'amount' },
      last: { max: 'at' },
    },
  });
  expectTypeOf(all).toEqualTypeOf<{
    rows: number;
    shops: number;
    cents: bigint | null;
    mean: number | null;
    last: Date | null;
  }>();

  const groups = await sales.aggregate({
    select: {
      amount: { sum: 'amount' },
      price: { sum: 'price' },
      meanPrice: { avg: 'price' },
      meanCents: { avg: 'cents' },
      best: { max: 'mood' },
    },
    groupBy: ['shop', 'flag'],
    filters: { amount: { gt: 0 } },
    having: { amount: { gt: 5 }, shop: { ieq: 'A' }, or: [{ meanPrice: null }, { not: { best: 'low' } }] },
    orderBy: ['shop', { price: 'desc', nulls: 'last' }],
    limit: 5,
  });
  expectTypeOf(groups).toEqualTypeOf<
    {
      shop: string;
      flag: boolean;
      amount: number;
      price: string | null;
      meanPrice: string | null;
      meanCents: string;
      best: 'low' | 'high';
    }[]
  >();
  expectTypeOf(await sales.aggregate({ select: {}, groupBy: ['mood'] })).toEqualTypeOf<{ mood: 'low' | 'high' }[]>();
}

export async function mistakes(sales: UnoDBRepository<typeof mapping>): Promise<void> {
  // @ts-expect-error a misspelt field
  await sales.aggregate({ select: { a: { sum: 'amonut' } } });
  // @ts-expect-error an unknown function
  await sales.aggregate({ select: { a: { median: 'amount' } } });
  // @ts-expect-error texts cannot be added
  await sales.aggregate({ select: { a: { sum: 'shop' } } });
  // @ts-expect-error moments cannot be averaged
  await sales.aggregate({ select: { a: { avg: 'at' } } });
  // @ts-expect-error there is no least array
  await sales.aggregate({ select: { a: { min: 'tags' } } });
  // @ts-expect-error nor a least flag
  await sales.aggregate({ select: { a: { min: 'flag' } } });
  // @ts-expect-error nor a least uuid
  await sales.aggregate({ select: { a: { max: 'unit' } } });
  // @ts-expect-error all rows can only be counted
  await sales.aggregate({ select: { a: { max: '*' } } });
  // @ts-expect-error a misspelt field to group by
  await sales.aggregate({ select: { a: { count: '*' } }, groupBy: ['shpo'] });
  // @ts-expect-error a misspelt name in having
  await sales.aggregate({ select: { a: { count: '*' } }, groupBy: ['shop'], having: { b: 1 } });
  // @ts-expect-error a value of another type in having
  await sales.aggregate({ select: { a: { sum: 'cents' } }, groupBy: ['shop'], having: { a: { gt: 1 } } });
  // @ts-expect-error a field that is not in the result
  await sales.aggregate({ select: { a: { count: '*' } }, groupBy: ['shop'], orderBy: ['amount'] });
  // @ts-expect-error a misspelt field in a filter
  await sales.aggregate({ select: { a: { count: '*' } }, filters: { amonut: 1 } });
  // @ts-expect-error an unknown option
  await sales.aggregate({ select: { a: { count: '*' } }, where: {} });
  // @ts-expect-error nothing is selected
  await sales.aggregate({ groupBy: ['shop'] });
  const all = await sales.aggregate({ select: { a: { count: '*' } } });
  // @ts-expect-error it is not in the result
  all.b;
}
