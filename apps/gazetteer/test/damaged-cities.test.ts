import { describe, expect, it } from '@jest/globals';
import { DamagedCities } from '../src/data/damaged-cities.js';
import type { CityRecord } from '../src/data/geonames.js';

describe('DamagedCities', () => {
  const cities = Array.from(
    { length: 1300 },
    (_, i): CityRecord => ({ name: `City ${i}`, latitude: i / 100, longitude: 7, countryCode: 'CH' }),
  );

  it('keeps account of what it damages, and of what it does not', () => {
    const source = new DamagedCities(cities, ' [mark]');
    const records = [...source];
    expect(records).toHaveLength(cities.length);
    expect(source.good.length + source.damages.size).toBe(cities.length);
    expect(records.filter((_, index) => !source.damages.has(index))).toEqual(source.good);
    expect(source.good.every(({ name }, i) => name.endsWith(' [mark]') && name !== source.good[i + 1]?.name)).toBe(
      true,
    );
  });

  it('damages in each of the ways', () => {
    const source = new DamagedCities(cities, '');
    const records = [...source];
    const found = new Set<string>();
    for (const [index, damage] of source.damages) {
      const record = records[index];
      if (damage === 'name too long') expect(record?.name.length).toBeGreaterThan(200);
      if (damage === 'unknown country') expect(record?.countryCode).toBe('QQ');
      if (damage === 'repeated') expect(records.indexOf(record as CityRecord)).toBeLessThan(index);
      found.add(damage);
    }
    expect(found.size).toBe(3);
  });

  it('makes a record when it is asked for one', () => {
    const source = new DamagedCities(cities, '');
    const iterator = source[Symbol.iterator]();
    iterator.next();
    expect(source.good).toHaveLength(1);
  });
});
