import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { kyselyToken } from '@uno/container';
import { BatchError, type BatchProgress, UnoContext } from '@uno/domain';
import { CanceledError } from '@uno/postgres';
import { sql } from 'kysely';
import { DamagedCities } from '../../src/data/damaged-cities.js';
import { DatabaseFacts } from '../../src/measure/database-facts.js';
import { CityRepository } from '../../src/repositories/city-repository.js';
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

  it('leaves nothing behind when it is told to stop between two tables', async () => {
    const controller = new AbortController();
    const enough = new Error('enough');
    const stopping = importer.insert(small.data, {
      signal: controller.signal,
      // After the countries, before the regions.
      onProgress: () => controller.abort(enough),
    });
    const stopped = await stopping.catch((error: unknown) => error);
    expect(stopped).toBeInstanceOf(CanceledError);
    expect(stopped).toMatchObject({ cause: enough });
    expect(await facts.countries()).toBe(0);
  });

  it('stops at once in the middle of a statement, and leaves nothing behind', async () => {
    const controller = new AbortController();
    const enough = new Error('enough');
    await small.container
      .get(kyselyToken)
      .transaction()
      .execute(async (holder) => {
        // So that this test fails instead of waiting for ever, should nothing be cancelled.
        await sql`set local idle_in_transaction_session_timeout = '3s'`.execute(holder);
        await sql`lock table city in exclusive mode`.execute(holder);
        const stopping = importer.insert(small.data, { signal: controller.signal }).catch((error: unknown) => error);
        // The countries and regions are written; the cities wait for the lock until they are cancelled.
        await untilSomebodyWaits();
        controller.abort(enough);
        expect(await stopping).toMatchObject({ code: 'UNO_CANCELED', cause: enough });
        expect(await countWaiting()).toBe(0);
      });
    expect(await facts.countries()).toBe(0);
  });

  async function countWaiting(): Promise<number> {
    const { rows } = await sql<{ waiting: number }>`select count(*)::int as waiting from pg_locks
      where not granted and relation = 'city'::regclass`.execute(small.container.get(kyselyToken));
    return rows[0]?.waiting ?? 0;
  }

  async function untilSomebodyWaits(): Promise<void> {
    while ((await countWaiting()) === 0);
  }

  it('stores everything, and tells of its progress', async () => {
    const seen = new Map<string, BatchProgress>();
    const { countries, regions, cities } = await importer.insert(small.data, {
      onProgress: (progress) => void seen.set(progress.name, progress),
    });
    expect(countries.inserted).toBe(3);
    expect(regions.inserted).toBe(small.data.regions.length);
    expect(cities.inserted).toBe(small.data.cities.length);
    expect(await facts.cities()).toBe(small.data.cities.length);
    const whole = (records: number) => ({ processed: records, total: records });
    expect(seen.get('Country')).toMatchObject(whole(3));
    expect(seen.get('Region')).toMatchObject(whole(small.data.regions.length));
    expect(seen.get('City')).toMatchObject(whole(small.data.cities.length));
  });

  it('changes nothing when it is done again', async () => {
    const { countries, regions, cities } = await importer.upsert(small.data);
    for (const totals of [countries, regions, cities]) {
      expect(totals).toMatchObject({ inserted: 0, updated: 0, unchanged: totals.total, skipped: 0, failed: 0 });
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

  it('leaves out the bad records of a source, says which and why, and stores all others', async () => {
    const before = await facts.cities();
    const source = new DamagedCities(small.data.cities.slice(0, 1300), ' [damaged]');
    const { total, inserted, failures, outcomes } = await importer.insertGood(source);
    const { good, damages } = source;
    expect(total).toBe(1300);
    expect(inserted).toBe(good.length);
    expect(await facts.cities()).toBe(before + good.length);
    expect((await small.container.get(CityRepository).findStored(good)).size).toBe(good.length);
    expect(failures.map(({ index }) => index)).toEqual([...damages.keys()]);
    const codes = { 'unknown country': '23503', repeated: '23505', 'name too long': undefined };
    expect(failures.map(({ error }) => ('sqlstate' in error ? error.sqlstate : 'none'))).toEqual(
      [...damages.values()].map((damage) => codes[damage]),
    );
    expect(new Set(damages.values()).size).toBe(3);
    expect(outcomes.filter(({ status }) => status === 'inserted')).toHaveLength(good.length);
  });

  it('takes no more from a source when it is told to stop, and keeps nothing of it', async () => {
    const before = await facts.cities();
    const controller = new AbortController();
    let taken = 0;
    function* longList() {
      const [city] = small.data.cities;
      if (city === undefined) throw new Error('There are no cities.');
      while (taken < 100_000) yield { ...city, name: `Listed ${taken++}` };
    }
    const stopping = importer.insertGood(longList(), {
      signal: controller.signal,
      onProgress: ({ processed }) => {
        if (processed >= 1000) controller.abort();
      },
    });
    await expect(stopping).rejects.toBeInstanceOf(CanceledError);
    // What is read ahead in a pipeline is some chunks of 500.
    expect(taken).toBeLessThan(5000);
    expect(await facts.cities()).toBe(before);
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
