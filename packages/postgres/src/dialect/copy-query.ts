import type { CompiledQuery } from 'kysely';
import type { PgPoolClient } from './pool-port.js';
import type { GuardedQuery } from './text-query.js';

/** A COPY in either direction, which speaks with the server itself. */
export interface CopyRun {
  /** Runs it, and gives the number of rows that were copied. */
  runOn(client: PgPoolClient): Promise<number>;
  /** What its caller is to be told of what it has failed with. */
  explained(error: unknown): unknown;
}

/** A compiled query that takes its data from a source, or gives it to a receiver, while it runs. */
export interface CopyQuery extends GuardedQuery {
  readonly copy: CopyRun;
  readonly onSent: ((bytes: number) => void) | undefined;
}

export function isCopyQuery(query: CompiledQuery): query is CopyQuery {
  return 'copy' in query;
}
