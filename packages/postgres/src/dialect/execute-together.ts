import { executeInTurn } from './execute-text.js';
import type { TogetherResult } from './flight.js';
import { type Queryable, requireUnoDialect } from './queryable.js';
import type { ExecuteOptions } from './text-statement.js';
import { encodedRequests, type TogetherRequest, togetherQuery } from './together-query.js';
import { UnoConnection } from './uno-connection.js';

/**
 * Runs many statements, the same one with many parameters or different ones, in one round trip, and gives the result of
 * each in their order, as PostgreSQL wrote it. They happen wholly or not at all: in a transaction of the caller the one
 * that fails leaves it to be rolled back, outside of one they are a transaction of their own.
 *
 * They are one flight: sent behind each other, in pieces that the socket takes, and followed by one Sync. The server does
 * them one after the other, each seeing what those before it did, and passes over what is behind one that fails. The rows
 * of all of them are in memory when it is done, unless they are not kept.
 *
 * A statement with a name is prepared once for a connection, as by `executeText`; one without is prepared again wherever
 * it does not follow itself.
 *
 * @throws what `executeText` throws; `failedRequest` tells for which request
 * @throws ValidationError for a parameter that cannot be sent, before anything is
 * @throws ConfigError for COPY, which needs a stream, and over a client that is not `pg`'s own
 * @example
 * ```ts
 * const rename = preparedStatement('update city set name = $2 where id = $1');
 * const requests = renamed.map(({ id, name }) => ({ statement: rename, parameters: [id, name] }));
 * const results = await executeTogether(db, requests, { signal: AbortSignal.timeout(5_000) });
 * console.log(results.filter(({ affected }) => affected === 0).length, 'have no row');
 * ```
 */
export async function executeTogether(
  db: Queryable,
  requests: readonly TogetherRequest[],
  options: ExecuteOptions = {},
): Promise<readonly TogetherResult[]> {
  requireUnoDialect(db);
  if (requests.length === 0) return [];
  const query = togetherQuery(encodedRequests(requests), options);
  const { rows } = await executeInTurn<TogetherResult>(db, query, options.signal);
  return rows;
}

/**
 * Whether statements can be sent together on the connection of a Kysely object: over `pg`'s own client they can, unless it
 * was made with `pipeline: true`.
 */
export async function canFly(db: Queryable): Promise<boolean> {
  requireUnoDialect(db);
  return db
    .getExecutor()
    .provideConnection(async (connection) => connection instanceof UnoConnection && connection.canFly);
}
