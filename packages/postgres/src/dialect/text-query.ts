import type { CompiledQuery } from 'kysely';

/** A compiled query whose rows come back as arrays of PostgreSQL's own text. */
export interface TextQuery extends CompiledQuery {
  readonly textRows: true;
  readonly statementName: string | undefined;
}

/** Whether the rows of a query are wanted as text. */
export function isTextQuery(query: CompiledQuery): query is TextQuery {
  return 'textRows' in query;
}
