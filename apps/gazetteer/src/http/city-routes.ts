import type { FastifyInstance } from 'fastify';
import type { Point } from '../repositories/city-repository.js';
import type { FoundCity, GazetteerService } from '../services/gazetteer-service.js';
import { type ApiError, errorBody, notFound } from './api-error.js';
import { cityParams, searchQuery } from './input-schemas.js';

interface CityParams {
  readonly id: string;
}

interface SearchQuery {
  readonly country?: string;
  readonly near?: string;
  readonly limit: string;
}

/** `GET /cities/:id` and `GET /cities`. */
export function cityRoutes(app: FastifyInstance, gazetteer: GazetteerService): void {
  app.get<{ Params: CityParams }>('/cities/:id', { schema: { params: cityParams } }, async (request, reply) => {
    const id = Number(request.params.id);
    const city = await gazetteer.city(id);
    if (city === undefined) return reply.status(404).send(errorBody(notFound(`There is no city with the id ${id}.`)));
    return cityBody({ city });
  });

  app.get<{ Querystring: SearchQuery }>('/cities', { schema: { querystring: searchQuery } }, async (request, reply) => {
    const { country, near, limit } = request.query;
    const point = near === undefined ? undefined : pointOf(near);
    if (near !== undefined && point === undefined) return reply.status(400).send(errorBody(offTheGlobe));
    const found = await gazetteer.search({ countryCode: country?.toUpperCase(), near: point, limit: Number(limit) });
    return { cities: found.map(cityBody) };
  });
}

const offTheGlobe: ApiError = {
  status: 400,
  code: 'invalid_input',
  message: `near: expected ${searchQuery.properties.near.description}`,
  field: 'near',
};

/** `undefined` where there is no such place. */
function pointOf(near: string): Point | undefined {
  const [latitude = Number.NaN, longitude = Number.NaN] = near.split(',').map(Number);
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : undefined;
}

function cityBody({ city, distanceKm }: FoundCity) {
  const { id, name, latitude, longitude, district, country, region } = city;
  return {
    id,
    name,
    latitude,
    longitude,
    district,
    region: region === null ? null : { code: region.code, name: region.name },
    country: { code: country.code, name: country.name },
    ...(distanceKm !== undefined && { distanceKm }),
  };
}
