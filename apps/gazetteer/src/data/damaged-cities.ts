import type { CityRecord } from './geonames.js';

/** What is wrong with a record, on purpose. */
export type Damage = 'unknown country' | 'name too long' | 'repeated';

/** No country has this code. */
const noCountry = 'QQ';
/** Longer than any name that the mapping takes. */
const tooLong = 'Llanfairpwllgwyngyll'.repeat(11);

/** How often each damage is done; the numbers are prime, so that the damages spread over all chunks. */
const every: readonly (readonly [Damage, number])[] = [
  ['repeated', 601],
  ['unknown country', 401],
  ['name too long', 97],
];

/**
 * A source of records as they come from elsewhere: real cities under names of their own, and here and there one that
 * cannot be stored. They are made one by one, when they are asked for.
 */
export class DamagedCities implements Iterable<CityRecord> {
  /** The records that have nothing wrong with them. */
  readonly good: CityRecord[] = [];
  /** What is wrong with the others, by their position. */
  readonly damages = new Map<number, Damage>();
  readonly #cities: readonly CityRecord[];
  readonly #mark: string;

  /** @param mark - ends the name of every city, by which it is told from the real one */
  constructor(cities: readonly CityRecord[], mark: string) {
    this.#cities = cities;
    this.#mark = mark;
  }

  *[Symbol.iterator](): Iterator<CityRecord> {
    for (const [index, city] of this.#cities.entries()) {
      const record = { ...city, name: city.name + this.#mark };
      const damage = every.find(([, interval]) => (index + 1) % interval === 0)?.[0];
      if (damage === undefined) this.good.push(record);
      else this.damages.set(index, damage);
      yield this.#damaged(record, damage);
    }
  }

  #damaged(record: CityRecord, damage: Damage | undefined): CityRecord {
    switch (damage) {
      case undefined:
        return record;
      case 'unknown country':
        return { ...record, countryCode: noCountry, regionCode: null };
      case 'name too long':
        return { ...record, name: tooLong + record.name };
      case 'repeated':
        return this.good.at(-1) ?? record;
    }
  }
}
