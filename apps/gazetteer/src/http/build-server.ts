import { BatchOperationsPort } from '@uno/batch';
import { LruEntityCache } from '@uno/cache';
import { kyselyToken, type UnoContainer } from '@uno/container';
import { UnoError } from '@uno/postgres';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { StatementCounter } from '../measure/statement-counter.js';
import { CityIntake } from '../services/city-intake.js';
import { GazetteerService } from '../services/gazetteer-service.js';
import { errorBody, notFound, toApiError } from './api-error.js';
import { batchRoute } from './batch-route.js';
import { cityRoutes } from './city-routes.js';
import { metricsRoute } from './metrics-route.js';
import { countRequests } from './request-counts.js';

/** Told of every error that clients are not told of. */
export type ErrorLog = (line: string) => void;

/** The HTTP server over a gazetteer; it does not listen yet. */
export async function buildServer(container: UnoContainer, log: ErrorLog): Promise<FastifyInstance> {
  const answer = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const known = toApiError(error);
    if (known.status >= 500) log(`${request.id} ${request.method} ${request.routeOptions?.url}: ${loggable(error)}`);
    return reply.status(known.status).header('x-request-id', request.id).send(errorBody(known));
  };
  const app = fastify({
    // Nothing is converted or dropped in silence; `verbose` gives the schema that refused, for its description.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, verbose: true } },
    // Such as an address that is not well formed, before any route is found.
    frameworkErrors: answer,
  });
  app.setErrorHandler(answer);
  app.setNotFoundHandler((request, reply) =>
    reply.status(404).send(errorBody(notFound(`There is no ${request.method} at this address.`))),
  );
  const gazetteer = container.get(GazetteerService);
  cityRoutes(app, gazetteer);
  batchRoute(app, container.get(CityIntake));
  metricsRoute(app, {
    gazetteer,
    batch: container.get(BatchOperationsPort),
    cache: container.get(LruEntityCache),
    statements: await StatementCounter.open(container.get(kyselyToken)),
    requests: countRequests(app),
  });
  return app;
}

/** The cause of an error of uno is left out: it is the driver's, which quotes records. */
function loggable(error: unknown): string {
  if (UnoError.is(error)) return `${error.code} ${error.stack}`;
  return error instanceof Error ? String(error.stack) : 'something was thrown that is no error';
}
