import type { DatabaseOf } from '@uno/domain';
import { UnoPostgresDialect } from '@uno/postgres';
import { expectTypeOf } from 'expect-type';
import { type Insertable, Kysely, type Selectable, type Updateable } from 'kysely';
import pg from 'pg';
import type { cities, countries, visits } from '../support/world.js';
import type { every } from './inferred-types.test-d.js';

type Database = DatabaseOf<[typeof countries, typeof cities, typeof visits, typeof every]>;

// Tables and columns by their names in the database.
expectTypeOf<keyof Database>().toEqualTypeOf<'country' | 'city' | 'visit' | 'app.every'>();
expectTypeOf<keyof Database['city']>().toEqualTypeOf<
  'id' | 'name' | 'country_id' | 'sister_id' | 'population' | 'status' | 'created_at' | 'label'
>();

// What a plain query gives.
type CityRow = Selectable<Database['city']>;
expectTypeOf<CityRow['sister_id']>().toEqualTypeOf<number | null>();
expectTypeOf<CityRow['created_at']>().toEqualTypeOf<Date>();
expectTypeOf<CityRow['status']>().toEqualTypeOf<'village' | 'town'>();
expectTypeOf<Selectable<Database['app.every']>['id']>().toEqualTypeOf<string>();

// What an insert needs, and what it may say.
type NewCity = Insertable<Database['city']>;
expectTypeOf<{ name: string; country_id: number }>().toExtend<NewCity>();
expectTypeOf<{ name: string }>().not.toExtend<NewCity>();
expectTypeOf<NewCity>().not.toHaveProperty('label');
expectTypeOf<NewCity['population']>().toEqualTypeOf<number | null | undefined>();

// What an update may say.
type CityPatch = Updateable<Database['city']>;
expectTypeOf<CityPatch['name']>().toEqualTypeOf<string | undefined>();
expectTypeOf<CityPatch>().not.toHaveProperty('label');

export async function queries(): Promise<void> {
  const db = new Kysely<Database>({ dialect: new UnoPostgresDialect({ pool: new pg.Pool() }) });
  const rows = await db
    .selectFrom('city')
    .innerJoin('country', 'country.id', 'city.country_id')
    .select(['city.name', 'country.code', 'city.created_at'])
    .execute();
  expectTypeOf(rows).toEqualTypeOf<{ name: string; code: string | null; created_at: Date }[]>();
  await db.insertInto('visit').values({ city_id: 1, day: '2024-01-01' }).execute();
  await db.selectFrom('app.every').select('exact').execute();

  // @ts-expect-error the table is misspelt
  db.selectFrom('citty');
  // @ts-expect-error the property is not the column's name
  db.selectFrom('city').select('countryId');
  // @ts-expect-error the country is missing
  db.insertInto('city').values({ name: 'Bern' });
  // @ts-expect-error the database computes it
  db.insertInto('city').values({ name: 'Bern', country_id: 1, label: 'BERN' });
  // @ts-expect-error a name is text
  db.updateTable('city').set({ name: 5 });
}
