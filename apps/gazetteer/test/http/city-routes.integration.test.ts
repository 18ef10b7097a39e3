import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { buildServer } from '../../src/http/build-server.js';
import { CityRepository } from '../../src/repositories/city-repository.js';
import { type SmallGazetteer, smallGazetteer } from '../support/small-gazetteer.js';

describe('reading over HTTP', () => {
  let small: SmallGazetteer;
  let app: FastifyInstance;
  const logged: string[] = [];
  beforeAll(async () => {
    small = await smallGazetteer('imported');
    app = await buildServer(small.container, (line) => logged.push(line));
  });
  afterAll(async () => {
    await app.close();
    await small[Symbol.asyncDispose]();
  });

  const get = async (url: string) => {
    const response = await app.inject({ method: 'GET', url });
    return { status: response.statusCode, body: response.json() };
  };

  it('gives a city with its region and country', async () => {
    const [bern] = await small.container.get(CityRepository).list({ filters: { name: 'Bern' } });
    const { status, body } = await get(`/cities/${bern?.id}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      id: bern?.id,
      name: 'Bern',
      latitude: bern?.latitude,
      longitude: bern?.longitude,
      district: 'Bern-Mittelland District',
      region: { code: 'CH.BE', name: 'Bern' },
      country: { code: 'CH', name: 'Switzerland' },
    });
  });

  it('lists the cities of a country by name, 20 of them unless told otherwise', async () => {
    const { status, body } = await get('/cities?country=ch');
    expect(status).toBe(200);
    expect(body.cities).toHaveLength(20);
    expect(body.cities[0]).toMatchObject({ country: { code: 'CH' } });
    expect(body.cities[0]).not.toHaveProperty('distanceKm');
    expect((await get('/cities?country=CH&limit=1000')).body.cities).toHaveLength(1000);
    expect((await get('/cities?country=QQ')).body).toEqual({ cities: [] });
  });

  it('lists what is near, the nearest first', async () => {
    const { body } = await get('/cities?country=CH&near=46.948,7.447&limit=3');
    expect(body.cities).toHaveLength(3);
    expect(body.cities[0]).toMatchObject({ name: 'Bern' });
    expect(body.cities[0].distanceKm).toBeLessThan(1);
    expect((await get('/cities?near=47.14,9.52&limit=1')).body.cities[0]).toMatchObject({ country: { code: 'LI' } });
  });

  it.each([
    ['/cities', 'expected country, or near, or both', undefined],
    ['/cities?limit=5', 'expected country, or near, or both', undefined],
    ['/cities?country=CHE', 'country: expected two letters, such as CH', 'country'],
    ['/cities?country=C1', 'country: expected two letters, such as CH', 'country'],
    ['/cities?country=CH&country=DE', 'country: expected two letters, such as CH', 'country'],
    ['/cities?country=CH&limit=0', 'limit: expected a whole number from 1 to 1000', 'limit'],
    ['/cities?country=CH&limit=1001', 'limit: expected a whole number from 1 to 1000', 'limit'],
    ['/cities?country=CH&limit=ten', 'limit: expected a whole number from 1 to 1000', 'limit'],
    ['/cities?near=46.9', 'near: expected latitude', 'near'],
    ['/cities?near=91,0', 'near: expected latitude', 'near'],
    ['/cities?near=0,-181', 'near: expected latitude', 'near'],
    ['/cities?near=1e1,7', 'near: expected latitude', 'near'],
    ['/cities?country=CH&order=name', 'order: there is no such field', 'order'],
    ['/cities/abc', 'id: expected a whole number', 'id'],
    ['/cities/-1', 'id: expected a whole number', 'id'],
    ['/cities/1.5', 'id: expected a whole number', 'id'],
    ['/cities/9999999999', 'from -2147483648 to 2147483647', 'id'],
    ['/%zz', 'not well formed', undefined],
  ])('refuses %s', async (url, message, field) => {
    const { status, body } = await get(url);
    expect(status).toBe(400);
    expect(Object.keys(body)).toEqual(['error']);
    expect(body.error).toMatchObject({ code: 'invalid_input', message: expect.stringContaining(message) });
    expect(body.error.field).toBe(field);
  });

  it('says that there is no such city, and no such address', async () => {
    expect(await get('/cities/2147483647')).toEqual({
      status: 404,
      body: { error: { code: 'not_found', message: 'There is no city with the id 2147483647.' } },
    });
    expect(await get('/towns')).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
  });

  it('gives its figures', async () => {
    const { body } = await get('/metrics');
    expect(body).toMatchObject({
      cities: small.data.cities.length,
      batch: { total: { recordsTotal: expect.any(Number) }, operations: { batchGet: { callsFailed: 0 } } },
      cache: { City: { hits: expect.any(Number) }, Region: {}, Country: {} },
      requests: {
        'GET /cities/:id': { 200: 1 },
        'GET /cities': { 200: expect.any(Number) },
        'no such route': { 404: 1 },
      },
      memory: { rssBytes: expect.any(Number) },
    });
    expect(body).toHaveProperty('statements');
  });

  it('has had nothing to log', () => {
    expect(logged).toEqual([]);
  });
});
