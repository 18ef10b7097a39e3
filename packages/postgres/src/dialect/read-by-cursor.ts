import { type RawBuilder, sql } from 'kysely';
import { TransactionAbortedError } from '../errors/database-errors.js';
import { executeText, executeTextSql } from './execute-text.js';
import { identifier } from './identifier.js';
import { onAbort } from './on-abort.js';
import type { Queryable } from './queryable.js';
import type { TextResult } from './text-statement.js';
import { asUncommitted, atomically, inTurn, isTransactionLost } from './transactions.js';

/** How a query is read by a cursor. */
export interface CursorOptions {
  /** Rows in a chunk, from 1: so many are in memory. */
  readonly chunkSize: number;
  /** Aborted, it cancels the statement that is under way; between two of them, it gives the connection back at once. */
  readonly signal?: AbortSignal | undefined;
}

/** Some rows of a query. */
export interface CursorChunk extends Pick<TextResult, 'rows'> {
  /** The transaction that the cursor is in, for whatever belongs to these rows. */
  readonly db: Queryable;
}

/** Where a cursor is open. */
interface Place {
  readonly db: Queryable;
  /** Ends what was begun for it. It does not fail. */
  leave(): Promise<void>;
}

let cursors = 0;

/**
 * Reads a query through a cursor of the server, chunk by chunk, as texts: in the caller's transaction, or in one of its own
 * that only reads and sees the database as it is at the beginning. The cursor is closed, and the connection given back, when
 * the loop ends, however it does.
 *
 * The cursor is one of SQL (DECLARE), not the driver's. To the driver a cursor is one long query, and every other
 * statement on the connection waits until it is read to its end: a loop that writes in its own transaction would wait for
 * itself. Between two FETCHes the connection is free. A key does not have to exist, as it does for pages by keys, the rows
 * may have any order, and they are of one moment.
 *
 * Costs a DECLARE, a FETCH a chunk, and a BEGIN and a COMMIT, or in a transaction of the caller a look and a CLOSE. The memory of one chunk.
 *
 * @throws CanceledError when the signal was aborted
 * @throws ConfigError when the transaction that it was begun in has ended
 * @throws UnoError for whatever PostgreSQL refuses
 * @example
 * ```ts
 * for await (const { rows } of readByCursor(db, sql`select id, name from city`, { chunkSize: 500 })) await send(rows);
 * ```
 */
export async function* readByCursor(
  db: Queryable,
  query: RawBuilder<unknown>,
  { chunkSize, signal }: CursorOptions,
): AsyncGenerator<CursorChunk, void, undefined> {
  const name = `uno_cursor_${++cursors}`;
  const place = db.isTransaction ? joining(db, name) : await ownSnapshot(db, signal);
  const fetch = { sql: `fetch forward ${chunkSize} from ${name}` };
  let isFailed = false;
  try {
    await executeTextSql(place.db, sql`declare ${sql.raw(identifier(name))} no scroll cursor for ${query}`, { signal });
    for (;;) {
      const { rows } = await executeText(place.db, fetch, [], { signal });
      if (rows.length > 0) yield { rows, db: place.db };
      if (rows.length < chunkSize) return;
    }
  } catch (error) {
    isFailed = true;
    throw (await isTransactionLost(place.db)) ? asUncommitted(error) : error;
  } finally {
    await place.leave().catch((error: unknown) => {
      // What went wrong first is what the caller has to know.
      if (!isFailed) throw error;
    });
  }
}

/** The transaction is its caller's, and goes on after the cursor. */
function joining(db: Queryable, name: string): Place {
  return {
    db,
    leave: async () => {
      try {
        // It may have gone with a savepoint, and to close one that there is not would end the transaction.
        const { rows } = await executeText(db, { sql: 'select 1 from pg_cursors where name = $1' }, [name]);
        if (rows.length > 0) await executeText(db, { sql: `close ${name}` });
      } catch (error) {
        // It goes with a transaction that has failed.
        if (!(error instanceof TransactionAbortedError)) throw error;
      }
    },
  };
}

/** A transaction that is open until it is left, by its reader or, as soon as nothing runs in it, by the signal. */
function ownSnapshot(db: Queryable, signal: AbortSignal | undefined): Promise<Place> {
  return new Promise((resolve, reject) => {
    const hold = (snapshot: Queryable) =>
      new Promise<void>((end) => {
        // Behind what runs: a request to cancel that is on its way must not meet whoever has the connection next.
        const endInTurn = () => inTurn(snapshot, async () => end()).catch(end);
        const forget = signal && onAbort(signal, () => void endInTurn());
        const leave = async () => {
          forget?.();
          end();
          // Nothing was written, so that it does not matter what became of the COMMIT.
          await whole.catch(() => undefined);
        };
        resolve({ db: snapshot, leave });
      });
    const whole = atomically(db, hold, { signal, snapshot: true });
    whole.catch(reject);
  });
}
