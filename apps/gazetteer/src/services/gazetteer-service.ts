import 'reflect-metadata';
import { repositoryOf } from '@uno/container';
import type { UnoDBRepository } from '@uno/domain';
import { inject, injectable } from 'inversify';
import { countries } from '../model/countries.js';
import {
  type CityByDistance,
  CityRepository,
  type CityWithPlace,
  type Point,
} from '../repositories/city-repository.js';

/** Which cities to find: those of a country, those near a point, or both. */
export interface CitySearch {
  readonly countryCode?: string | undefined;
  readonly near?: Point | undefined;
  readonly limit: number;
}

export interface FoundCity {
  readonly city: CityWithPlace;
  /** Set where a point was asked for. */
  readonly distanceKm?: number;
}

/** What the gazetteer knows. */
@injectable()
export class GazetteerService {
  readonly #cities: CityRepository;
  readonly #countries: UnoDBRepository<typeof countries>;

  constructor(
    @inject(CityRepository) cityRepository: CityRepository,
    @inject(repositoryOf(countries)) countryRepository: UnoDBRepository<typeof countries>,
  ) {
    this.#cities = cityRepository;
    this.#countries = countryRepository;
  }

  city(id: number): Promise<CityWithPlace | undefined> {
    return this.#cities.get(id, { loadRelations: ['region', 'country'] });
  }

  /** With their regions and countries, in the order of the ids. */
  cities(ids: readonly number[]): Promise<CityWithPlace[]> {
    return this.#cities.batchGet(ids, { loadRelations: ['region', 'country'], onMissing: 'throw' });
  }

  /** By distance where a point is given, else by name. An unknown country has no cities. */
  async search({ countryCode, near, limit }: CitySearch): Promise<readonly FoundCity[]> {
    if (near !== undefined) {
      const found: readonly CityByDistance[] = await this.#cities.nearest(near, { countryCode, limit });
      return found;
    }
    if (countryCode === undefined) return [];
    const found = await this.#cities.findByCountry(countryCode, limit);
    return found.map((city) => ({ city }));
  }

  countCities(): Promise<number> {
    return this.#cities.count();
  }

  countCountries(): Promise<number> {
    return this.#countries.count();
  }
}
