import 'reflect-metadata';
import { repositoryOf } from '@uno/container';
import { BatchError, type UnoDBRepository } from '@uno/domain';
import { inject, injectable } from 'inversify';
import { countries } from '../model/countries.js';
import { CityRepository } from '../repositories/city-repository.js';
import { RegionRepository } from '../repositories/region-repository.js';
import { rejectionOf, repeatedIn } from './intake-rejection.js';
import type { Candidate, IntakeResult, Rejection } from './intake-result.js';

/** Records that may still fail after the checks, because somebody else was faster; each costs another attempt. */
const maxLateFailures = 20;

/**
 * Takes in cities from outside: stores the good ones in one batch and says of every other one what is wrong with it.
 *
 * What can be known beforehand is asked of the database for all records at once. What only the write itself can tell,
 * such as a duplicate that another request stores at the same moment, is a BatchError that names its record: that one
 * is taken out and the rest is tried again.
 */
@injectable()
export class CityIntake {
  readonly #cities: CityRepository;
  readonly #regions: RegionRepository;
  readonly #countries: UnoDBRepository<typeof countries>;

  constructor(
    @inject(CityRepository) cityRepository: CityRepository,
    @inject(RegionRepository) regionRepository: RegionRepository,
    @inject(repositoryOf(countries)) countryRepository: UnoDBRepository<typeof countries>,
  ) {
    this.#cities = cityRepository;
    this.#regions = regionRepository;
    this.#countries = countryRepository;
  }

  /** @throws BatchError when more records than {@link maxLateFailures} fail in the write itself; nothing is stored then */
  async store(candidates: readonly Candidate[]): Promise<IntakeResult> {
    const rejected: Rejection[] = [];
    const sieve = (from: readonly Candidate[], faults: ReadonlyMap<Candidate, Omit<Rejection, 'index'>>) => {
      for (const [{ index }, fault] of faults) rejected.push({ index, ...fault });
      return from.filter((candidate) => !faults.has(candidate));
    };
    let good = sieve(candidates, repeatedIn(candidates));
    for (let lateFailures = 0; ; lateFailures++) {
      // Asked again after a late failure: whoever was faster may have stored more than the one record.
      good = sieve(good, await this.#misplaced(good));
      good = sieve(good, await this.#alreadyStored(good));
      try {
        const stored = await this.#write(good);
        return { stored, rejected: rejected.sort((a, b) => a.index - b.index) };
      } catch (error) {
        const culprit = error instanceof BatchError && error.index !== undefined ? good[error.index] : undefined;
        if (!(error instanceof BatchError) || culprit === undefined || lateFailures >= maxLateFailures) throw error;
        rejected.push({ index: culprit.index, ...rejectionOf(error) });
        good = good.filter((candidate) => candidate !== culprit);
      }
    }
  }

  /** Those of unknown countries or regions, and those whose region lies in another country. */
  async #misplaced(candidates: readonly Candidate[]): Promise<Map<Candidate, Omit<Rejection, 'index'>>> {
    const codes = new Set(candidates.map(({ record }) => record.countryCode));
    const known = new Set((await this.#countries.batchGet([...codes])).map(({ code }) => code));
    const regions = await this.#regions.byCode(candidates.flatMap(({ record }) => record.regionCode ?? []));
    const faults = new Map<Candidate, Omit<Rejection, 'index'>>();
    for (const candidate of candidates) {
      const { countryCode, regionCode } = candidate.record;
      if (!known.has(countryCode)) {
        faults.set(candidate, { code: 'unknown_country', field: 'countryCode', reason: 'there is no such country' });
      } else if (regionCode && regions.get(regionCode)?.countryCode !== countryCode) {
        const reason = 'the country has no such region';
        faults.set(candidate, { code: 'unknown_region', field: 'regionCode', reason });
      }
    }
    return faults;
  }

  async #alreadyStored(candidates: readonly Candidate[]): Promise<Map<Candidate, Omit<Rejection, 'index'>>> {
    if (candidates.length === 0) return new Map();
    const stored = await this.#cities.findStored(candidates.map(({ record }) => record));
    return new Map(
      candidates.flatMap((candidate, position) => {
        const id = stored.get(position);
        if (id === undefined) return [];
        return [[candidate, { code: 'duplicate', reason: `this city is stored already, with id ${id}` }]];
      }),
    );
  }

  /** All or none, in the order of the candidates. */
  async #write(candidates: readonly Candidate[]): Promise<IntakeResult['stored']> {
    const added = await this.#cities.batchAdd(candidates.map(({ record }) => record));
    return candidates.flatMap(({ index }, position) => {
      const id = added[position]?.id;
      return id === undefined ? [] : [{ index, id }];
    });
  }
}
