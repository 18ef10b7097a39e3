import type { FastifyInstance } from 'fastify';

/** How often a route answered, by status. */
export type RouteCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Counts the answers of every route from now on: of routes, not of addresses, of which there are any number. */
export function countRequests(app: FastifyInstance): () => RouteCounts {
  const counts = new Map<string, Map<number, number>>();
  app.addHook('onResponse', async (request, reply) => {
    const pattern = request.routeOptions.url?.replaceAll('::', ':');
    const route = pattern === undefined ? 'no such route' : `${request.method} ${pattern}`;
    const byStatus = counts.get(route) ?? new Map<number, number>();
    byStatus.set(reply.statusCode, (byStatus.get(reply.statusCode) ?? 0) + 1);
    counts.set(route, byStatus);
  });
  return () => Object.fromEntries([...counts].map(([route, byStatus]) => [route, Object.fromEntries(byStatus)]));
}
