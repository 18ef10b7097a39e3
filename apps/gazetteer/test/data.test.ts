import { beforeAll, describe, expect, it } from '@jest/globals';
import { type GeoNames, toGeoNames } from '../src/data/geonames.js';
import { readSourceFiles } from '../src/data/source-files.js';

describe('toGeoNames', () => {
  let all: GeoNames;
  beforeAll(async () => {
    all = toGeoNames(await readSourceFiles());
  });

  it('makes a record of every city, region and country', () => {
    expect(all.cities).toHaveLength(171_075);
    expect(all.regions).toHaveLength(3_865);
    expect(new Set(all.cities.map(({ countryCode }) => countryCode)).size).toBe(246);
    // UM has a region, and no city.
    expect(all.countries).toHaveLength(247);
  });

  it('gives no region to the cities of which GeoNames has none with a name', () => {
    expect(all.cities.filter(({ regionCode }) => regionCode === null)).toHaveLength(384);
  });

  it('names the country, the region and the district', () => {
    const bern = all.cities.find(({ name, countryCode }) => name === 'Bern' && countryCode === 'CH');
    expect(bern).toMatchObject({ regionCode: 'CH.BE', district: 'Bern-Mittelland District' });
    expect(bern?.latitude).toBeCloseTo(46.95, 1);
    expect(all.countries.find(({ code }) => code === 'CH')?.name).toBe('Switzerland');
    expect(all.cities.every(({ district }) => district !== '')).toBe(true);
  });

  it('keeps to the countries that are wanted', async () => {
    const few = toGeoNames(await readSourceFiles(), { only: ['LI'] });
    expect(few.countries).toEqual([{ code: 'LI', name: 'Liechtenstein' }]);
    expect(few.cities.every(({ countryCode }) => countryCode === 'LI')).toBe(true);
    expect(few.regions.every(({ code }) => code.startsWith('LI.'))).toBe(true);
  });
});
