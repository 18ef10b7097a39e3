import { afterEach, describe, expect, it } from '@jest/globals';
import { BatchError } from '@uno/domain';
import { VerificationError } from '../../src/measure/verify.js';
import { CityMaintenance } from '../../src/services/city-maintenance.js';
import { meetGuide } from '../../src/tour/guide.js';
import { createSchema, stops } from '../../src/tour/take-tour.js';
import { RecordedOutput } from '../support/recorded-output.js';
import { type SmallGazetteer, smallGazetteer } from '../support/small-gazetteer.js';

const sizes = { read: 500, rename: 200, add: 50, addSideBySide: 4000, damaged: 1300, country: 'LU' };

describe('the tour', () => {
  let small: SmallGazetteer | undefined;
  afterEach(async () => {
    await small?.[Symbol.asyncDispose]();
  });

  it('verifies every stop, and measures it', async () => {
    small = await smallGazetteer('empty');
    const output = new RecordedOutput();
    const guide = await meetGuide(small.container, output, new AbortController().signal);
    await createSchema(guide, small.container);
    await stops(guide, small.data, sizes);
    expect(guide.meter.measurements.map(({ operation, records }) => [operation, records])).toEqual([
      ['create the schema', 3],
      ['import', 3 + small.data.regions.length + small.data.cities.length],
      ['import again (upsert)', 3 + small.data.regions.length + small.data.cities.length],
      ['import, leaving out the bad', 1300],
      ['read from the database', 500],
      ['read from the cache', 500],
      ['rename', 200],
      ['remove, restore, roll back', 2 * small.data.cities.filter(({ countryCode }) => countryCode === 'LU').length],
      ['add, batching off', 50],
      ['add, batching on', 50],
      ['remove', 100],
      ['add, on one connection', 4000],
      ['add, in parallel', 4000],
      ['remove, in parallel', 8000],
    ]);
    const [cold, warm] = guide.meter.measurements.slice(4, 6);
    expect(cold?.cacheHits).toBe(0);
    expect(warm?.cacheHits).toBeGreaterThanOrEqual(500);
    expect(output.text).toContain(
      `cities: inserted 0, updated 0, unchanged ${small.data.cities.length.toLocaleString('en')}`,
    );
    expect(output.text).toMatch(/ratio: \d+\.\d times/);
    for (const reason of [
      'name, varchar(200) takes up to',
      '23503, city_country_code_fkey',
      '23505, city_country_code',
    ]) {
      expect(output.text).toContain(reason);
    }
    const used = [...output.text.matchAll(/connections used: (\d+)/g)].map(([, connections]) => Number(connections));
    expect(used).toEqual([1, expect.any(Number)]);
    expect(used[1]).toBeGreaterThan(1);
  });

  it('fails when the database is not as it says', async () => {
    small = await smallGazetteer('imported');
    const guide = await meetGuide(small.container, new RecordedOutput(), new AbortController().signal);
    // Three countries are there already, where the tour expects empty tables.
    await expect(stops(guide, { countries: [], regions: [], cities: [] }, sizes)).rejects.toThrow(VerificationError);
  });

  it('stops between two stops when it is told to', async () => {
    small = await smallGazetteer('empty');
    const guide = await meetGuide(small.container, new RecordedOutput(), AbortSignal.abort(new Error('enough')));
    await expect(stops(guide, small.data, sizes)).rejects.toThrow('enough');
  });
});

describe('CityMaintenance', () => {
  it('does not take a failure for the end of a rehearsal', async () => {
    await using small = await smallGazetteer('imported');
    const maintenance = small.container.get(CityMaintenance);
    const rehearsing = maintenance.rehearseRemoval('LI', async () => {
      await maintenance.add([{ name: 'Nowhere', latitude: 0, longitude: 0, countryCode: 'QQ' }], {
        useBatchOperations: true,
      });
    });
    await expect(rehearsing).rejects.toBeInstanceOf(BatchError);
  });
});
