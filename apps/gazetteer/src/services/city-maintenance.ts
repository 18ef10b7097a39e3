import 'reflect-metadata';
import { type BatchOptions, type Loaded, UnitOfWork } from '@uno/domain';
import { inject, injectable } from 'inversify';
import type { CityRecord } from '../data/geonames.js';
import type { cities } from '../model/cities.js';
import { CityRepository } from '../repositories/city-repository.js';

/** Thrown by {@link CityMaintenance.rehearseRemoval} alone, so that no failure can be taken for the end of a rehearsal. */
class RehearsalOver extends Error {}

/** Changes to many cities at once. */
@injectable()
export class CityMaintenance {
  readonly #cities: CityRepository;
  readonly #unitOfWork: UnitOfWork;

  constructor(@inject(CityRepository) cityRepository: CityRepository, @inject(UnitOfWork) unitOfWork: UnitOfWork) {
    this.#cities = cityRepository;
    this.#unitOfWork = unitOfWork;
  }

  /**
   * Gives cities other names. Of the entities that it is given only the name is written, whatever else they hold.
   *
   * @returns how many were there
   */
  rename(found: readonly Loaded<typeof cities>[], nameOf: (city: Loaded<typeof cities>) => string): Promise<number> {
    const renamed = found.map((city) => ({ ...city, name: nameOf(city) }));
    return this.#cities.batchUpdate(renamed, { fields: ['name'] });
  }

  /**
   * Removes all cities of a country and puts them back with their ids, in one transaction that is then rolled back.
   *
   * @param look - called inside of the transaction, after the removal and after the restoration
   * @returns how many cities were removed
   */
  async rehearseRemoval(countryCode: string, look: (moment: 'removed' | 'restored') => Promise<void>): Promise<number> {
    let removed = 0;
    try {
      await this.#unitOfWork.run(async () => {
        const found = await this.#cities.list({ filters: { countryCode } });
        removed = await this.#cities.batchRemove(found.map(({ id }) => id));
        await look('removed');
        await this.#cities.batchAdd(found);
        await look('restored');
        throw new RehearsalOver();
      });
    } catch (error) {
      if (!(error instanceof RehearsalOver)) throw error;
    }
    return removed;
  }

  /** The results are the same with batching and record by record, on one connection and on several. */
  add(records: readonly CityRecord[], options: BatchOptions = {}): Promise<Loaded<typeof cities>[]> {
    return this.#cities.batchAdd(records, options);
  }

  remove(ids: readonly number[], options: BatchOptions = {}): Promise<number> {
    return this.#cities.batchRemove(ids, options);
  }
}
