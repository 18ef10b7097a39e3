import type { Queryable } from '@uno/postgres';
import { type RawBuilder, sql } from 'kysely';
import type { CityWithPlace } from '../repositories/city-repository.js';
import { measuring } from './statement-counter.js';

/** What is in the tables, asked of the database by plain SQL rather than of what is to be verified. */
export class DatabaseFacts {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  countries(): Promise<number> {
    return this.#count(sql`from country`);
  }

  regions(): Promise<number> {
    return this.#count(sql`from region`);
  }

  cities(): Promise<number> {
    return this.#count(sql`from city`);
  }

  citiesOf(countryCode: string): Promise<number> {
    return this.#count(sql`from city where country_code = ${countryCode}`);
  }

  citiesWithoutRegion(): Promise<number> {
    return this.#count(sql`from city where region_code is null`);
  }

  citiesNamed(pattern: string): Promise<number> {
    return this.#count(sql`from city where name like ${pattern}`);
  }

  citiesInDistrict(name: string): Promise<number> {
    return this.#count(sql`from city where district = ${name}`);
  }

  /** How many of these cities, regions and countries are in the database just as they were read. */
  readAsStored(found: readonly CityWithPlace[]): Promise<number> {
    return this.#count(sql`
      from unnest(
        ${found.map(({ id }) => id)}::int[], ${found.map(({ name }) => name)}::text[],
        ${found.map(({ region }) => region?.name ?? null)}::text[], ${found.map(({ country }) => country.name)}::text[]
      ) as found (id, name, region, country)
      join city on city.id = found.id and city.name = found.name
      join country on country.code = city.country_code and country.name = found.country
      left join region on region.code = city.region_code
      where region.name is not distinct from found.region`);
  }

  async #count(from: RawBuilder<unknown>): Promise<number> {
    const { rows } = await sql<{ found: string }>`select ${measuring} count(*) as found ${from}`.execute(this.#db);
    return Number(rows[0]?.found);
  }
}
