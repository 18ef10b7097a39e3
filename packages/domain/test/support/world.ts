import { belongsTo, column, Entity, hasMany, mapEntity } from '@uno/domain';
import { sql } from 'kysely';

export class Country extends Entity<number> {
  name!: string;
  code!: string | null;
  cities?: City[];
}

export class City extends Entity<number> {
  name!: string;
  countryId!: number;
  sisterId!: number | null;
  population!: number | null;
  status!: 'village' | 'town';
  createdAt!: Date;
  label!: string;
  country?: Country;
  sister?: City | null;
}

/** An entity whose key is made of two fields, and which extends nothing. */
export class Visit {
  cityId!: number;
  day!: string;
  visitors!: number;
  note!: string | null;
}

export const countries = mapEntity(Country, {
  table: 'country',
  columns: { id: column.integer().generated(), name: column.text(), code: column.varchar(3).nullable() },
  relations: { cities: hasMany(() => City, 'countryId') },
  uniques: [['code']],
});

export const cities = mapEntity(City, {
  table: 'city',
  columns: {
    id: column.integer().generated(),
    name: column.text(),
    countryId: column.integer().named('country_id'),
    sisterId: column.integer().named('sister_id').nullable(),
    population: column.integer().nullable(),
    status: column.enumeration('city_status', ['village', 'town']).default('village'),
    createdAt: column.timestamptz().named('created_at').default(sql`now()`),
    label: column.text().computed(sql`upper(name)`),
  },
  relations: { country: belongsTo(() => Country, 'countryId'), sister: belongsTo(() => City, 'sisterId') },
  uniques: [['name', 'countryId']],
});

export const visits = mapEntity(Visit, {
  table: 'visit',
  columns: {
    cityId: column.integer().named('city_id'),
    day: column.date(),
    visitors: column.integer().default(1),
    note: column.text().nullable(),
  },
  key: ['cityId', 'day'],
});

export const world = [countries, cities, visits];
