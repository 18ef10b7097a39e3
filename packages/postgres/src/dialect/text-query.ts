import type { CompiledQuery } from 'kysely';
import type { Guard } from './statement-guard.js';

/** A compiled query that is not waited for without end. */
export interface GuardedQuery extends CompiledQuery {
  readonly guard: Guard | undefined;
}

/** A compiled query whose rows come back as arrays of PostgreSQL's own text. */
export interface TextQuery extends GuardedQuery {
  readonly textRows: true;
  readonly statementName: string | undefined;
  readonly onSent: ((bytes: number) => void) | undefined;
}

/** Whether the rows of a query are wanted as text. */
export function isTextQuery(query: CompiledQuery): query is TextQuery {
  return 'textRows' in query;
}

export function isGuardedQuery(query: CompiledQuery): query is GuardedQuery {
  return 'guard' in query;
}
