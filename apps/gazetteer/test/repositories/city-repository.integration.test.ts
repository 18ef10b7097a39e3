import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CityRepository } from '../../src/repositories/city-repository.js';
import { RegionRepository } from '../../src/repositories/region-repository.js';
import { type SmallGazetteer, smallGazetteer } from '../support/small-gazetteer.js';

describe('CityRepository', () => {
  let small: SmallGazetteer;
  let cities: CityRepository;
  beforeAll(async () => {
    small = await smallGazetteer('imported');
    cities = small.container.get(CityRepository);
  });
  afterAll(async () => {
    await small[Symbol.asyncDispose]();
  });

  it('finds the cities of a country by name, with what they belong to', async () => {
    const found = await cities.findByCountry('LI');
    expect(found.map(({ name }) => name)).toContain('Vaduz');
    expect(found.map(({ name }) => name)).toEqual(found.map(({ name }) => name).sort());
    expect(found[0]).toMatchObject({ country: { name: 'Liechtenstein' } });
    expect(await cities.findByCountry('LI', 2)).toHaveLength(2);
    expect(await cities.findByCountry('QQ')).toEqual([]);
  });

  it('finds the nearest by great-circle distance', async () => {
    const bern = { latitude: 46.94809, longitude: 7.44744 };
    const found = await cities.nearest(bern, { limit: 10 });
    expect(found).toHaveLength(10);
    expect(found[0]).toMatchObject({ city: { name: 'Bern', region: { code: 'CH.BE' } } });
    const distances = found.map(({ distanceKm }) => distanceKm);
    expect(distances).toEqual([...distances].sort((a, b) => a - b));
  });

  it('measures as others do, and keeps to a country', async () => {
    const bern = { latitude: 46.94809, longitude: 7.44744 };
    const [nearest] = await cities.nearest(bern, { countryCode: 'LU', limit: 1 });
    expect(nearest?.city.countryCode).toBe('LU');
    // Bern and the south of Luxembourg are about 300 km apart.
    expect(nearest?.distanceKm).toBeGreaterThan(280);
    expect(nearest?.distanceKm).toBeLessThan(320);
  });

  it('measures across the date line and to the other side of the earth', async () => {
    const [far] = await cities.nearest({ latitude: -46.94809, longitude: -172.55256 }, { countryCode: 'CH', limit: 1 });
    expect(far?.distanceKm).toBeGreaterThan(19_500);
    expect(far?.distanceKm).toBeLessThan(20_016);
  });

  it('tells which cities are stored already, by position', async () => {
    const [first] = await cities.list({ orderBy: ['id'], limit: 1 });
    if (first === undefined) throw new Error('There are no cities.');
    const found = await cities.findStored([
      { ...first, name: `${first.name}, "quoted" {}` },
      first,
      { ...first, latitude: 1 },
    ]);
    expect([...found]).toEqual([[1, first.id]]);
    expect(await cities.findStored([])).toEqual(new Map());
  });

  it('scatters ids over the table, the same ones every time', async () => {
    const ids = await cities.scatteredIds(50);
    expect(new Set(ids).size).toBe(50);
    expect(await cities.scatteredIds(50)).toEqual(ids);
    expect([...ids].sort((a, b) => a - b)).not.toEqual(ids);
  });
});

describe('RegionRepository', () => {
  it('finds regions by country and by code', async () => {
    await using small = await smallGazetteer('imported');
    const regions = small.container.get(RegionRepository);
    expect((await regions.findByCountry('CH')).map(({ name }) => name)).toContain('Bern');
    const byCode = await regions.byCode(['CH.BE', 'CH.BE', 'CH.QQ']);
    expect([...byCode.keys()]).toEqual(['CH.BE']);
  });
});
