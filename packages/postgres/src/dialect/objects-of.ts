import { createQueryId, type KyselyPlugin, type QueryResult, type UnknownRow } from 'kysely';
import { translateError } from '../errors/translate.js';
import type { ResultColumn, TogetherResult } from './flight.js';
import type { Queryable } from './queryable.js';

type MakeObject = (row: readonly (string | null)[]) => UnknownRow;

/**
 * The rows of statements that were sent together, as objects: what a plain Kysely query gives for each statement, by the
 * type parsers of the pool and the plugins of the database.
 *
 * @typeParam R - a row; it is the caller who knows it, as with Kysely's `sql`
 * @throws StatementError with what a type parser or a plugin threw
 * @example
 * ```ts
 * const results = await executeTogether(db, requests);
 * const [cities = []] = await objectsOf<{ id: number; name: string }>(db, results);
 * ```
 */
export async function objectsOf<R extends object>(
  db: Queryable,
  results: readonly TogetherResult[],
): Promise<(readonly R[])[]> {
  const { plugins } = db.getExecutor();
  const makers = new Map<readonly ResultColumn[], MakeObject>();
  const objects: UnknownRow[][] = [];
  try {
    for (const { rows, columns } of results) {
      const make = makers.get(columns) ?? makerOf(columns);
      makers.set(columns, make);
      const made = rows.map(make);
      objects.push(plugins.length === 0 ? made : await transformed(plugins, made));
    }
  } catch (error) {
    throw translateError(error);
  }
  // Kysely's own contract: the caller names the type of the rows.
  return objects as unknown[] as R[][];
}

/** Like `pg` itself: of columns with the same name, the last one counts. */
function makerOf(columns: readonly ResultColumn[]): MakeObject {
  // All rows are copies of one object, so that they are alike to the engine, and a column may be called `__proto__`.
  const empty: UnknownRow = Object.fromEntries(columns.map(({ name }) => [name, null]));
  return (row) => {
    const object = { ...empty };
    for (const [i, { name, parse }] of columns.entries()) {
      const text = row[i] ?? null;
      object[name] = text === null ? null : parse(text);
    }
    return object;
  };
}

async function transformed(plugins: readonly KyselyPlugin[], rows: UnknownRow[]): Promise<UnknownRow[]> {
  const queryId = createQueryId();
  let result: QueryResult<UnknownRow> = { rows };
  for (const plugin of plugins) result = await plugin.transformResult({ result, queryId });
  return result.rows;
}
