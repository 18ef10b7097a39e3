import type { NewRecord } from '@uno/domain';
import type { cities } from '../model/cities.js';
import type { countries } from '../model/countries.js';
import type { regions } from '../model/regions.js';
import type { SourceCity, SourceDivision, SourceFiles } from './source-files.js';

type CountryRecord = NewRecord<typeof countries>;
type RegionRecord = NewRecord<typeof regions>;
export type CityRecord = NewRecord<typeof cities>;

/** The records of the three tables. */
export interface GeoNames {
  readonly countries: readonly CountryRecord[];
  readonly regions: readonly RegionRecord[];
  readonly cities: readonly CityRecord[];
}

/** What a {@link GeoNames} is made of. */
export interface GeoNamesOptions {
  /** Codes of the countries wanted; all of them if not said. */
  readonly only?: readonly string[] | undefined;
}

/**
 * Makes records of the source files, in their order.
 *
 * A city whose region code has no name in GeoNames (284 of them) gets no region, like one without a code (100): a row
 * made up for it would have nothing to say but the code.
 */
export function toGeoNames(source: SourceFiles, options: GeoNamesOptions = {}): GeoNames {
  const wanted = options.only === undefined ? undefined : new Set(options.only);
  const keep = (country: string) => wanted === undefined || wanted.has(country);
  const divisions = source.divisions.filter(({ code }) => keep(countryOf(code)));
  const found = source.cities.filter(({ country }) => keep(country));
  const known = new Set(divisions.map(({ code }) => code));
  const districts = new Map(source.subdivisions.map(({ code, name }) => [code, name]));
  return {
    countries: countryRecords(divisions, found),
    regions: divisions.map(({ code, name }) => ({ code, name, countryCode: countryOf(code) })),
    cities: found.map((city) => cityRecord(city, known, districts)),
  };
}

/** The countries of cities and regions: one territory (UM) has a region, but no city. */
function countryRecords(divisions: readonly SourceDivision[], found: readonly SourceCity[]): CountryRecord[] {
  const codes = new Set([...divisions.map(({ code }) => countryOf(code)), ...found.map(({ country }) => country)]);
  const names = new Intl.DisplayNames(['en'], { type: 'region' });
  return [...codes].sort().map((code) => ({ code, name: names.of(code) ?? code }));
}

function cityRecord(city: SourceCity, known: ReadonlySet<string>, districts: ReadonlyMap<string, string>): CityRecord {
  const region = `${city.country}.${city.admin1}`;
  return {
    name: city.name,
    latitude: Number(city.lat),
    longitude: Number(city.lng),
    countryCode: city.country,
    regionCode: known.has(region) ? region : null,
    district: districts.get(`${region}.${city.admin2}`) ?? null,
  };
}

function countryOf(divisionCode: string): string {
  return divisionCode.slice(0, 2);
}
