import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { buildServer } from '../../src/http/build-server.js';
import { CityRepository } from '../../src/repositories/city-repository.js';
import { type SmallGazetteer, smallGazetteer } from '../support/small-gazetteer.js';

describe('POST /cities:batch', () => {
  let small: SmallGazetteer;
  let cities: CityRepository;
  let app: FastifyInstance;
  const logged: string[] = [];
  beforeAll(async () => {
    small = await smallGazetteer('imported');
    cities = small.container.get(CityRepository);
    app = await buildServer(small.container, (line) => logged.push(line));
  });
  afterAll(async () => {
    await app.close();
    await small[Symbol.asyncDispose]();
  });

  const post = async (payload: unknown, contentType = 'application/json', url = '/cities:batch') => {
    const response = await app.inject({
      method: 'POST',
      url,
      headers: { 'content-type': contentType },
      payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
    });
    return { status: response.statusCode, body: response.json() };
  };
  const city = (name: string, more: object = {}) => ({ name, latitude: 46, longitude: 7, countryCode: 'CH', ...more });

  it('stores good records in one batch, with their ids in order', async () => {
    const records = [
      city('Oneville', { regionCode: 'CH.BE', district: 'O\'Hara \\ {"x"} 🏔' }),
      city('Twoville', { regionCode: null, district: null }),
      city('Threeville', { latitude: -90, longitude: 180 }),
    ];
    const { status, body } = await post(records);
    expect(status).toBe(201);
    expect(body.rejected).toEqual([]);
    expect(body.stored.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2]);
    const stored = await cities.batchGet(body.stored.map(({ id }: { id: number }) => id));
    expect(stored).toMatchObject(records);
  });

  it('stores the good ones among bad ones, and says of each bad one what is wrong', async () => {
    const before = await cities.count();
    const [existing] = await cities.list({ limit: 1 });
    const { id, ...known } = existing ?? {};
    const { status, body } = await post([
      city('Mixed A'),
      city('Mixed A'),
      known,
      city('Mixed B', { countryCode: 'QQ' }),
      city('Mixed C', { countryCode: 'ch' }),
      city('Mixed D', { regionCode: 'LU.XX' }),
      city('Mixed E', { regionCode: 'CH.QQ' }),
      city('Mixed F', { latitude: '46' }),
      city('Mixed G', { longitude: 181 }),
      city('Mixed H', { population: 5 }),
      { name: 'Mixed I', latitude: 1, longitude: 2 },
      city(''),
      city('   '),
      city('a\u0000b'),
      city('a\ud800b'),
      city('x'.repeat(201)),
      null,
      7,
      city('Mixed Z'),
    ]);
    expect(status).toBe(207);
    expect(body.stored.map(({ index }: { index: number }) => index)).toEqual([0, 18]);
    expect(body.rejected).toEqual([
      { index: 1, code: 'duplicate', reason: 'this city is also record 0 of this request' },
      { index: 2, code: 'duplicate', reason: `this city is stored already, with id ${id}` },
      { index: 3, code: 'unknown_country', field: 'countryCode', reason: 'there is no such country' },
      { index: 4, code: 'invalid', field: 'countryCode', reason: 'expected two capital letters, such as CH' },
      { index: 5, code: 'unknown_region', field: 'regionCode', reason: 'the country has no such region' },
      { index: 6, code: 'unknown_region', field: 'regionCode', reason: 'the country has no such region' },
      { index: 7, code: 'invalid', field: 'latitude', reason: 'expected a number from -90 to 90' },
      { index: 8, code: 'invalid', field: 'longitude', reason: 'expected a number from -180 to 180' },
      { index: 9, code: 'invalid', field: 'population', reason: 'there is no such field' },
      { index: 10, code: 'invalid', field: 'countryCode', reason: 'is missing' },
      { index: 11, code: 'invalid', field: 'name', reason: 'expected text that is not blank' },
      { index: 12, code: 'invalid', field: 'name', reason: 'expected text that is not blank' },
      { index: 13, code: 'invalid', field: 'name', reason: 'expected text without control characters' },
      { index: 14, code: 'invalid', field: 'name', reason: 'expected text without control characters' },
      { index: 15, code: 'invalid', field: 'name', reason: 'expected text of 1 to 200 characters' },
      { index: 16, code: 'invalid', reason: 'expected an object' },
      { index: 17, code: 'invalid', reason: 'expected an object' },
    ]);
    expect(await cities.count()).toBe(before + 2);
  });

  it('takes -0 and 0 for the same place, as PostgreSQL does', async () => {
    const at = (latitude: string) => `{"name":"Null Island","latitude":${latitude},"longitude":0,"countryCode":"CH"}`;
    const { body } = await post(`[${at('0')},${at('-0')}]`);
    expect(body.rejected).toMatchObject([{ index: 1, code: 'duplicate' }]);
    expect((await post(`[${at('-0')}]`)).body.rejected).toMatchObject([{ code: 'duplicate' }]);
  });

  it('loses no record to one that somebody else stores at the same moment', async () => {
    const late = await cities.add(city('Late'));
    // As if the other one had stored it just after this request had looked.
    const looking = jest.spyOn(cities, 'findStored').mockResolvedValue(new Map());
    try {
      const { status, body } = await post([city('Early'), city('Late'), city('Punctual')]);
      expect(status).toBe(207);
      expect(body.stored.map(({ index }: { index: number }) => index)).toEqual([0, 2]);
      expect(body.rejected).toEqual([{ index: 1, code: 'duplicate', reason: 'this city is stored already' }]);
      const many = Array.from({ length: 101 }, (_, i) => city(`Rival ${i}`));
      await cities.batchAdd(many);
      const crowded = await post([city(''), ...many.slice(1), city('Hopeful')]);
      expect(crowded.status).toBe(207);
      expect(crowded.body.stored.map(({ index }: { index: number }) => index)).toEqual([101]);
      expect(crowded.body.rejected.map(({ index }: { index: number }) => index)).toEqual(many.map((_, i) => i));
      const hopeless = await post([city('Hopeless'), ...many]);
      expect(hopeless).toMatchObject({ status: 422, body: { error: { code: 'batch_failed' } } });
      expect(JSON.stringify(hopeless.body)).not.toContain('Rival');
      expect(await cities.count({ filters: { name: 'Hopeless' } })).toBe(0);
      // Too many to hear of each from the write; who looks again sees them all.
      looking.mockRestore();
      const once = jest.spyOn(cities, 'findStored').mockResolvedValueOnce(new Map());
      const second = await post([...many, city('Second')]);
      expect(once).toHaveBeenCalledTimes(2);
      expect(second.status).toBe(207);
      expect(second.body.stored.map(({ index }: { index: number }) => index)).toEqual([101]);
      expect(second.body.rejected).toHaveLength(101);
      expect(second.body.rejected[100].reason).toContain('with id');
    } finally {
      jest.restoreAllMocks();
      await cities.remove(late);
    }
  });

  describe('under onRecordError=abort', () => {
    const abort = '/cities:batch?onRecordError=abort';

    it('stores all', async () => {
      const { status, body } = await post([city('Allville A'), city('Allville B')], undefined, abort);
      expect(status).toBe(201);
      expect(body.stored.map(({ index }: { index: number }) => index)).toEqual([0, 1]);
    });

    it.each([
      ['one that is not valid', { latitude: 91 }, 'latitude: expected a number from -90 to 90', 'latitude'],
      ['one of an unknown country', { countryCode: 'QQ' }, 'countryCode: there is no such country', 'countryCode'],
    ])('stores nothing for %s, and names it', async (_, fault, reason, field) => {
      const before = await cities.count();
      const records = [city('Abortville A'), city('Abortville B', fault), city('Abortville B', fault)];
      expect(await post(records, undefined, abort)).toEqual({
        status: 422,
        body: {
          error: {
            code: 'batch_failed',
            message: `Record 1 was rejected, so none was stored: ${reason}`,
            index: 1,
            field,
          },
        },
      });
      expect(await cities.count()).toBe(before);
    });

    it('stores nothing for one that only the write refuses, and names it as the client sent it', async () => {
      const late = await cities.add(city('Late again'));
      const looking = jest.spyOn(cities, 'findStored').mockResolvedValue(new Map());
      try {
        const before = await cities.count();
        const records = [city('Abortville A'), city('Late again'), city('Abortville B')];
        const { status, body } = await post(records, undefined, abort);
        expect(status).toBe(422);
        expect(body.error).toMatchObject({ code: 'batch_failed', index: 1 });
        expect(body.error.message).toContain('this city is stored already');
        expect(await cities.count()).toBe(before);
      } finally {
        looking.mockRestore();
        await cities.remove(late);
      }
    });

    it('is one of two things that can be asked for', async () => {
      const asked = await post([city('Never')], undefined, '/cities:batch?onRecordError=ignore');
      expect(asked).toMatchObject({ status: 400, body: { error: { code: 'invalid_input', field: 'onRecordError' } } });
      const both = await post([city('Never')], undefined, '/cities:batch?skip=1');
      expect(both).toMatchObject({ status: 400, body: { error: { field: 'skip' } } });
      expect(await cities.count({ filters: { name: 'Never' } })).toBe(0);
    });
  });

  it('stores two equal requests at once, each record exactly once', async () => {
    const records = Array.from({ length: 300 }, (_, i) => city(`Twin ${i}`));
    const answers = await Promise.all([post(records), post(records)]);
    const indices = answers.flatMap(({ body }) => body.stored.map(({ index }: { index: number }) => index));
    expect(indices.sort((a, b) => a - b)).toEqual(records.map((_, i) => i));
    expect(answers.flatMap(({ body }) => body.rejected)).toHaveLength(300);
    expect(await cities.count({ filters: { name: { like: 'Twin %' } } })).toBe(300);
    for (const { status } of answers) expect([201, 207]).toContain(status);
  });

  it('takes 10,000 records and not one more', async () => {
    const records = Array.from({ length: 10_001 }, (_, i) => city(`Many ${i}`));
    const before = await cities.count();
    expect(await post(records)).toMatchObject({ status: 413, body: { error: { code: 'too_large' } } });
    expect(await cities.count()).toBe(before);
    const { status, body } = await post(records.slice(1));
    expect(status).toBe(201);
    expect(body.stored).toHaveLength(10_000);
    expect(await cities.count()).toBe(before + 10_000);
  });

  it('answers with nothing stored when no record is good', async () => {
    expect(await post([city('Nowhere', { countryCode: 'QQ' })])).toMatchObject({ status: 207, body: { stored: [] } });
  });

  it.each([
    [400, 'invalid_input', [], 'application/json'],
    [400, 'invalid_input', { name: 'Alone' }, 'application/json'],
    [400, 'invalid_input', '"text"', 'application/json'],
    [400, 'invalid_json', '[{]', 'application/json'],
    [400, 'invalid_json', '', 'application/json'],
    [415, 'unsupported_media_type', 'name;Bern', 'text/csv'],
    [413, 'too_large', `["${'x'.repeat(17 * 1024 * 1024)}"]`, 'application/json'],
  ])('answers %i %s', async (status, code, payload, contentType) => {
    const answer = await post(payload, contentType);
    expect(answer).toMatchObject({ status, body: { error: { code, message: expect.any(String) } } });
    expect(Object.keys(answer.body)).toEqual(['error']);
  });

  it('is counted by the metrics of the batch operations', async () => {
    const inserted = async () => (await app.inject('/metrics')).json().batch.operations.batchInsert;
    const before = await inserted();
    await post([city('Counted A'), city('Counted B')]);
    const after = await inserted();
    expect(after.calls - before.calls).toBe(1);
    expect(after.recordsSuccessful - before.recordsSuccessful).toBe(2);
  });

  it('has had nothing to log', () => {
    expect(logged).toEqual([]);
  });
});
