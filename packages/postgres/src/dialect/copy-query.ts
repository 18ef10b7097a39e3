import type { CompiledQuery } from 'kysely';
import type { CopyFromStdin } from './copy-from-stdin.js';
import type { GuardedQuery } from './text-query.js';

/** A compiled query that takes its data from a source while it runs. */
export interface CopyQuery extends GuardedQuery {
  readonly copy: CopyFromStdin;
  readonly onSent: ((bytes: number) => void) | undefined;
}

export function isCopyQuery(query: CompiledQuery): query is CopyQuery {
  return 'copy' in query;
}
