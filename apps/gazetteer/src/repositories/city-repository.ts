import 'reflect-metadata';
import { type Loaded, UnoContext, UnoDBRepository } from '@uno/domain';
import { inject, injectable } from 'inversify';
import { sql } from 'kysely';
import { cities, type cityIdentity } from '../model/cities.js';

/** A place on the globe, in degrees. */
export interface Point {
  readonly latitude: number;
  readonly longitude: number;
}

export type CityWithPlace = Loaded<typeof cities, readonly ['region', 'country']>;

export interface CityByDistance {
  readonly city: CityWithPlace;
  readonly distanceKm: number;
}

/** The fields that tell which city is meant. */
export type CityIdentity = Pick<Loaded<typeof cities>, (typeof cityIdentity)[number]>;

/** The mean radius of the earth by the IUGG. */
const earthRadiusKm = 6371.0088;

@injectable()
export class CityRepository extends UnoDBRepository<typeof cities> {
  constructor(@inject(UnoContext) context: UnoContext) {
    super(context, cities, { batchSize: 1000 });
  }

  /** In the order of their names. */
  findByCountry(countryCode: string, limit?: number): Promise<CityWithPlace[]> {
    return this.list({
      filters: { countryCode },
      orderBy: ['name', 'id'],
      loadRelations: ['region', 'country'],
      ...(limit !== undefined && { limit }),
    });
  }

  /**
   * The cities nearest to a point by great-circle distance (the haversine formula), the nearest first.
   *
   * PostgreSQL measures and sorts; the entities then come by key, from the cache where it has them.
   */
  async nearest(to: Point, options: { readonly countryCode?: string | undefined; readonly limit: number }) {
    const { countryCode, limit } = options;
    const where = countryCode === undefined ? sql`` : sql`where country_code = ${countryCode}`;
    const { rows } = await sql<{ id: number; distance_km: number }>`
      select id, ${2 * earthRadiusKm}::float8 * asin(sqrt(least(1,
        sin(radians(latitude - ${to.latitude}::float8) / 2) ^ 2
        + cos(radians(latitude)) * cos(radians(${to.latitude}::float8))
          * sin(radians(longitude - ${to.longitude}::float8) / 2) ^ 2))) as distance_km
      from city ${where}
      order by distance_km, id
      limit ${limit}::int`.execute(this.db);
    const found = await this.batchGet(
      rows.map(({ id }) => id),
      { loadRelations: ['region', 'country'] },
    );
    const distances = new Map(rows.map(({ id, distance_km }) => [id, distance_km]));
    return found.map((city): CityByDistance => ({ city, distanceKm: distances.get(city.id) ?? 0 }));
  }

  /** The ids of those that are stored already, by position in the input; one statement for any number of them. */
  async findStored(wanted: readonly CityIdentity[]): Promise<Map<number, number>> {
    const { rows } = await sql<{ position: string; id: number }>`
      select wanted.position, city.id
      from unnest(
        ${wanted.map((city) => city.countryCode)}::text[], ${wanted.map((city) => city.name)}::text[],
        ${wanted.map((city) => city.latitude)}::float8[], ${wanted.map((city) => city.longitude)}::float8[]
      ) with ordinality as wanted (country_code, name, latitude, longitude, position)
      join city using (country_code, name, latitude, longitude)`.execute(this.db);
    return new Map(rows.map(({ position, id }) => [Number(position) - 1, id]));
  }

  /** Ids scattered over the whole table, the same ones every time. */
  async scatteredIds(count: number): Promise<number[]> {
    const { rows } = await sql<{ id: number }>`
      select id from city order by hashint4(id), id limit ${count}::int`.execute(this.db);
    return rows.map(({ id }) => id);
  }
}
