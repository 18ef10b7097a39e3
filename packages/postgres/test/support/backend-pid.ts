import { executeText, type Queryable } from '../../src/index.js';

/** The process id of the server side of a query's object. */
export async function backendPid(on: Queryable): Promise<number> {
  return Number((await executeText(on, { sql: 'select pg_backend_pid()' })).rows[0]?.[0]);
}
