import { type Queryable, readByCursor } from '@uno/postgres';
import type { RawBuilder } from 'kysely';
import type { UnoContext } from '../context/uno-context.js';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { Loaded } from '../mapping/inferred-types.js';
import { hydrateLoaded } from '../mapping/rows.js';
import { Deadline } from '../operations/deadline.js';
import { selectRows } from '../query/select-sql.js';
import type { StreamCall } from './stream-options.js';

/** Rows that are in memory at a time, where nothing is said. */
const defaultChunkSize = 1000;

/** What a stream is made of. */
export interface StreamSource<M extends AnyMapping, T> {
  readonly context: UnoContext;
  readonly mapping: M;
  /** The database, or the transaction in which the stream was asked for. */
  readonly db: Queryable;
  /** Loads the relations of a chunk, where any are wanted. */
  relate(entities: readonly Loaded<M>[], signal: AbortSignal | undefined): Promise<readonly T[]>;
}

/**
 * The entities that a query finds, read by a cursor of the server.
 *
 * @throws ConfigError, ValidationError for what is wrong with the request, at once
 */
export function streamEntities<M extends AnyMapping, T>(
  source: StreamSource<M, T>,
  call: StreamCall,
): AsyncIterableIterator<T> {
  return entitiesOf(source, selectRows(source.mapping, call), call);
}

async function* entitiesOf<M extends AnyMapping, T>(
  { context, mapping, db, relate }: StreamSource<M, T>,
  query: RawBuilder<unknown>,
  { chunkSize = defaultChunkSize, signal: callers }: StreamCall,
): AsyncGenerator<T, void, undefined> {
  const deadline = new Deadline('stream', { signal: callers });
  const { signal } = deadline;
  try {
    // A relation that there is not is an error, too, where there are no rows.
    await relate([], signal);
    for await (const { rows, db: place } of readByCursor(db, query, { chunkSize, signal })) {
      const entities = rows.map((row) => hydrateLoaded(mapping, row));
      // On the connection of the cursor, so that relations are of the same moment and no other connection is taken.
      for (const entity of await context.runWith(place, () => relate(entities, signal))) {
        deadline.check();
        yield entity;
      }
    }
  } catch (error) {
    throw deadline.explain(error);
  } finally {
    deadline[Symbol.dispose]();
  }
}
