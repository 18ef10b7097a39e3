import { column, mapEntity } from '@uno/domain';
import type { Json, JsonNull } from '@uno/postgres';

/** A small entity with a generated key, a unique pair and a check that the tests add. */
export class Town {
  id!: number;
  name!: string;
  country!: string;
  population!: number | null;
  notes!: Json | JsonNull | null;
}

export const towns = mapEntity(Town, {
  table: 'town',
  columns: {
    id: column.integer().generated(),
    name: column.text(),
    country: column.varchar(3).default('CH'),
    population: column.integer().nullable(),
    notes: column.json({ nullDocument: true }).nullable(),
  },
  uniques: [['country', 'name']],
});

/** Towns with different names, from `from` on. */
export function someTowns(count: number, from = 0): { name: string; country: string; population: number }[] {
  return Array.from({ length: count }, (_, i) => ({ name: `town ${from + i}`, country: 'FR', population: from + i }));
}
