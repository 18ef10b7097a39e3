import 'reflect-metadata';
import { repositoryOf } from '@uno/container';
import { BatchError, type UnoDBRepository } from '@uno/domain';
import { inject, injectable } from 'inversify';
import { countries } from '../model/countries.js';
import { CityRepository } from '../repositories/city-repository.js';
import { RegionRepository } from '../repositories/region-repository.js';
import { rejectionOf, repeatedIn } from './intake-rejection.js';
import { type Candidate, type Fault, type IntakeResult, inOrder, type Rejection } from './intake-result.js';

/** Records that may still fail after the checks, because somebody else was faster; each costs some statements. */
const maxLateFailures = 100;

/** What happens to the others when a record is not good: they are stored, or none is. */
export type OnRecordError = 'skip' | 'abort';

/**
 * Takes in cities from outside: stores the good ones in one batch and says of every other one what is wrong with it.
 *
 * What can be known beforehand is asked of the database for all records at once, since that costs a statement and not
 * one for each record. What only the write itself can tell, such as a duplicate that another request stores at the same
 * moment, the write tells: it leaves such a record out and says why.
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

  /**
   * Under `abort` nothing is stored when a record is rejected.
   *
   * @throws BatchError when too many records fail in the write itself, twice; nothing is stored then
   */
  async store(candidates: readonly Candidate[], onRecordError: OnRecordError): Promise<IntakeResult> {
    const rejected: Rejection[] = [];
    const sieve = (from: readonly Candidate[], faults: ReadonlyMap<Candidate, Fault>) => {
      for (const [{ index }, fault] of faults) rejected.push({ index, ...fault });
      return from.filter((candidate) => !faults.has(candidate));
    };
    let good = sieve(candidates, repeatedIn(candidates));
    for (let attempt = 1; ; attempt++) {
      good = sieve(good, await this.#misplaced(good));
      good = sieve(good, await this.#alreadyStored(good));
      if (onRecordError === 'abort' && rejected.length > 0) return { stored: [], rejected: inOrder(rejected) };
      try {
        const written = await this.#write(good, onRecordError);
        return { stored: written.stored, rejected: inOrder([...rejected, ...written.rejected]) };
      } catch (error) {
        if (!(error instanceof BatchError)) throw error;
        const culprit = error.index === undefined ? undefined : good[error.index];
        if (onRecordError === 'abort' && culprit !== undefined) {
          return { stored: [], rejected: [{ index: culprit.index, ...rejectionOf(error.cause) }] };
        }
        // Whoever was faster may have stored all of them, as with a request that is sent twice: to look again is quicker
        // than to hear of each from the write.
        if (attempt === 2) throw error;
      }
    }
  }

  /** Those of unknown countries or regions, and those whose region lies in another country. */
  async #misplaced(candidates: readonly Candidate[]): Promise<Map<Candidate, Fault>> {
    const codes = new Set(candidates.map(({ record }) => record.countryCode));
    const known = new Set((await this.#countries.batchGet([...codes])).map(({ code }) => code));
    const regions = await this.#regions.byCode(candidates.flatMap(({ record }) => record.regionCode ?? []));
    const faults = new Map<Candidate, Fault>();
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

  async #alreadyStored(candidates: readonly Candidate[]): Promise<Map<Candidate, Fault>> {
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

  /** @throws BatchError when more than {@link maxLateFailures} fail, or one does under `abort`; nothing is stored then */
  async #write(good: readonly Candidate[], onRecordError: OnRecordError): Promise<IntakeResult> {
    const records = good.map(({ record }) => record);
    const { outcomes } = await this.#cities.batchAdd(records, {
      outcomes: true,
      onRecordError,
      ...(onRecordError === 'skip' && { maxFailures: maxLateFailures }),
    });
    const stored: IntakeResult['stored'][number][] = [];
    const rejected: Rejection[] = [];
    for (const { index: position, status, key, error } of outcomes) {
      const index = good[position]?.index ?? position;
      if (status === 'inserted') stored.push({ index, id: Number(key) });
      if (error !== undefined) rejected.push({ index, ...rejectionOf(error) });
    }
    return { stored, rejected };
  }
}
