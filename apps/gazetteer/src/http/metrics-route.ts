import type { BatchOperationsPort } from '@uno/batch';
import type { LruEntityCache } from '@uno/cache';
import type { FastifyInstance } from 'fastify';
import type { StatementCounter } from '../measure/statement-counter.js';
import { mappings } from '../model/mappings.js';
import type { GazetteerService } from '../services/gazetteer-service.js';
import type { RouteCounts } from './request-counts.js';

/** What the figures are taken from. */
export interface MetricsSources {
  readonly gazetteer: GazetteerService;
  readonly batch: BatchOperationsPort;
  readonly cache: LruEntityCache;
  readonly statements: StatementCounter;
  readonly requests: () => RouteCounts;
}

/** `GET /metrics`, as JSON. */
export function metricsRoute(app: FastifyInstance, sources: MetricsSources): void {
  const { gazetteer, batch, cache, statements, requests } = sources;
  const start = performance.now();
  app.get('/metrics', async () => {
    const [cities, statementsRun] = await Promise.all([gazetteer.countCities(), statements.read()]);
    const { rss, heapUsed } = process.memoryUsage();
    return {
      cities,
      cache: Object.fromEntries(mappings.map((mapping) => [mapping.name, cache.statistics(mapping)])),
      // What the batch methods of all repositories have done.
      batch: batch.getMetrics(),
      // Since the server was started; null where it does not count them.
      statements: statementsRun ?? null,
      requests: requests(),
      uptimeSeconds: Math.round((performance.now() - start) / 1000),
      memory: { rssBytes: rss, heapUsedBytes: heapUsed },
    };
  });
}
