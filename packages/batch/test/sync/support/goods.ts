import { column, mapEntity } from '@uno/domain';

/** Something in a shop. */
export class Good {
  id!: number;
  shop!: string;
  name!: string;
  price!: number | null;
}

/** `name` is unique in a shop, and a price is at least 0. */
export const goods = mapEntity(Good, {
  table: 'good',
  columns: {
    id: column.integer(),
    shop: column.text(),
    name: column.text(),
    price: column.integer().nullable(),
  },
});

export const goodConstraints =
  'alter table good add constraint priced check (price >= 0), add constraint named unique (shop, name)';

/** A good whose fields all follow from its number. */
export function good(id: number, shop = 'A', price: number | null = id): Good {
  return Object.assign(new Good(), { id, shop, name: `good ${id}`, price });
}

export function someGoods(first: number, last: number, shop = 'A'): Good[] {
  return Array.from({ length: last - first + 1 }, (_, i) => good(first + i, shop));
}
