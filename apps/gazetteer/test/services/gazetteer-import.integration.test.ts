import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BatchError, UnoContext } from '@uno/domain';
import { DatabaseFacts } from '../../src/measure/database-facts.js';
import { GazetteerImport } from '../../src/services/gazetteer-import.js';
import { type SmallGazetteer, smallGazetteer } from '../support/small-gazetteer.js';

describe('GazetteerImport', () => {
  let small: SmallGazetteer;
  let importer: GazetteerImport;
  let facts: DatabaseFacts;
  beforeAll(async () => {
    small = await smallGazetteer('tables');
    importer = small.container.get(GazetteerImport);
    facts = new DatabaseFacts(small.container.get(UnoContext).current());
  });
  afterAll(async () => {
    await small[Symbol.asyncDispose]();
  });

  it('leaves nothing behind when it is told to stop', async () => {
    const controller = new AbortController();
    const stopping = importer.insert(small.data, {
      signal: controller.signal,
      // After the countries, before the regions.
      onProgress: () => controller.abort(new Error('enough')),
    });
    await expect(stopping).rejects.toThrow('enough');
    expect(await facts.countries()).toBe(0);
  });

  it('stores everything, and tells of its progress', async () => {
    let seen = 0;
    const { countries, regions, cities } = await importer.insert(small.data, {
      onProgress: (records) => {
        seen += records;
      },
    });
    expect(countries.inserted).toBe(3);
    expect(regions.inserted).toBe(small.data.regions.length);
    expect(cities.inserted).toBe(small.data.cities.length);
    expect(await facts.cities()).toBe(small.data.cities.length);
    expect(seen).toBe(3 + small.data.regions.length + small.data.cities.length);
  });

  it('changes nothing when it is done again', async () => {
    const { countries, regions, cities } = await importer.upsert(small.data);
    for (const totals of [countries, regions, cities]) {
      expect(totals).toEqual({ total: totals.total, inserted: 0, updated: 0, unchanged: totals.total, skipped: 0 });
    }
    expect(await facts.cities()).toBe(small.data.cities.length);
  });

  it('adds what is new and corrects what differs', async () => {
    const [first, ...others] = small.data.cities;
    if (first === undefined) throw new Error('There are no cities.');
    const cities = [{ ...first, district: 'Corrected' }, { ...first, name: 'Newtown' }, ...others];
    const totals = await importer.upsert({ ...small.data, cities });
    expect(totals.cities).toMatchObject({ inserted: 1, updated: 1, unchanged: others.length });
    expect(await facts.citiesInDistrict('Corrected')).toBe(1);
  });

  it('is all or nothing, and names the record that fails', async () => {
    const before = await facts.cities();
    const [first] = small.data.cities;
    if (first === undefined) throw new Error('There are no cities.');
    const cities = [
      { ...first, name: 'Good' },
      { ...first, name: 'Bad', countryCode: 'QQ' },
    ];
    const failed = await importer.insert({ countries: [], regions: [], cities }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(BatchError);
    expect(failed).toMatchObject({ index: 1, sqlstate: '23503' });
    expect(await facts.cities()).toBe(before);
  });
});
