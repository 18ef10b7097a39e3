import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import Cursor from 'pg-cursor';
import { CanceledError, type ConnectionError, StatementTimeoutError } from '../errors/database-errors.js';
import { ConfigError } from '../errors/input-errors.js';
import { sqlstateOf } from '../errors/sqlstate-of.js';
import { isConnectionLost, isStalePlan, lostBy, translateError } from '../errors/translate.js';
import type { UnoError } from '../errors/uno-error.js';
import { type CancelTarget, cancelTargetOf } from './cancel-target.js';
import { canceledByServer, canceledUncommitted, canceledUnsent } from './canceled.js';
import { type CopyQuery, isCopyQuery } from './copy-query.js';
import { noteFailedRequest } from './failed-request.js';
import type { TogetherResult } from './flight.js';
import type { PgConnection, PgCursor, PgPoolClient, PgQueryConfig, PgResult } from './pool-port.js';
import { type Guard, type GuardedConnection, underGuard } from './statement-guard.js';
import { isGuardedQuery, isTextQuery } from './text-query.js';
import { SESSION_LIMIT_MS } from './time-limits.js';
import { isTogetherQuery, type TogetherQuery } from './together-query.js';
import type { TransactionScope, TransactionWishes } from './transaction-scope.js';

/** The values of a result exactly as PostgreSQL wrote them. */
const asText = { getTypeParser: () => (text: string) => text };

/**
 * What the session has to write so that text can be read without knowing the server's settings. The formats are the
 * defaults of PostgreSQL; a server or a role may have others.
 */
const sessionSettings =
  "select set_config('datestyle', 'ISO, MDY', false), set_config('intervalstyle', 'postgres', false), " +
  "set_config('bytea_output', 'hex', false), set_config('extra_float_digits', '1', false)";

/**
 * What changes when the server crashes, or another one takes over: then it empties its statistics. Afterwards it may give
 * numbers of transactions that were lost to others.
 */
const serverLife = 'select extract(epoch from pg_stat_get_bgwriter_stat_reset_time())';

const writes = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

/** A pooled connection as Kysely sees it, whose errors are uno's. */
export class UnoConnection implements DatabaseConnection, GuardedConnection {
  readonly #client: PgPoolClient;
  #prepared = false;
  #broken = false;
  #destroyed = false;
  #discarded = false;
  #lost: UnoError | undefined;
  readonly #onLost = new Set<() => void>();
  /** Queries that the driver has and has not finished. */
  #underWay = 0;
  /** The transaction that is open on this connection. */
  scope: TransactionScope | undefined;
  /** What is asked of the transaction that is opened next on it; Kysely's settings have no room for that. */
  wishes: TransactionWishes | undefined;
  /** Equal texts: the numbers of transactions mean the same on both connections. */
  serverLife: string | undefined;

  constructor(client: PgPoolClient) {
    this.#client = client;
    // The pool listens to idle connections only, and a connection can be lost between two statements too.
    client.on('error', (error) => {
      this.#lost ??= lostBy(error);
      for (const listener of this.#onLost) listener();
    });
  }

  /** Why the connection is gone, once it is. */
  get lost(): UnoError | undefined {
    return this.#lost;
  }

  /**
   * Puts the session's formats right and looks who is there, once for each physical connection. Whoever wanted the
   * connection may have given up waiting, so nobody else would notice that there is no answer.
   *
   * @param limitMs - how long the server has for that
   */
  async prepareSession(limitMs = SESSION_LIMIT_MS): Promise<void> {
    if (this.#prepared) return;
    this.serverLife = await this.textOf(`${sessionSettings}; ${serverLife}`, [], { limitMs });
    this.#prepared = true;
  }

  /** Whether statements can be sent together on it. */
  get canFly(): boolean {
    const { connection, pipeline = false } = this.#client;
    return isSpoken(connection) && connection.parsedStatements !== undefined && !pipeline;
  }

  get cancelTarget(): CancelTarget | undefined {
    return cancelTargetOf(this.#client);
  }

  /** Bytes that were written to the socket since it was opened; 0 where the pool does not expose it. */
  get #bytesWritten(): number {
    return this.#client.connection?.stream?.bytesWritten ?? 0;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (isCopyQuery(query)) return this.#copy(query);
    // Kysely's own contract: the caller names the type of the rows.
    if (isTogetherQuery(query)) return { rows: (await this.#together(query)) as R[] };
    const guard = isGuardedQuery(query) ? query.guard : undefined;
    const send = () => this.#send(configOf(query), guard);
    const onSent = isTextQuery(query) ? query.onSent : undefined;
    const result = await this.#metered(onSent, send);
    // Several statements in one text: none of the results is the result.
    if (isList(result)) return { rows: [] };
    return {
      ...(writes.has(result.command) ? { numAffectedRows: BigInt(result.rowCount ?? 0) } : {}),
      // Kysely's own contract: the caller names the type of the rows.
      rows: (result.rows ?? []) as R[],
    };
  }

  async #copy({ copy, guard, onSent }: CopyQuery): Promise<QueryResult<never>> {
    try {
      const rows = await this.#metered(onSent, () => this.#run(() => copy.runOn(this.#client), guard));
      return { numAffectedRows: BigInt(rows), rows: [] };
    } catch (error) {
      // A client that cannot copy has taken it for something that it waits for.
      if (error instanceof ConfigError) this.#broken = true;
      throw copy.explained(error);
    }
  }

  async #together({ flight, guard, onSent, behind }: TogetherQuery): Promise<readonly TogetherResult[]> {
    const fly = () =>
      new Promise<readonly TogetherResult[]>((resolve, reject) => {
        flight.callback = (error, results = []) => (error ? reject(error) : resolve(results));
        this.#client.query(flight);
        const { connection } = this.#client;
        // With anything between the two, what the server says would be taken for the answer to that.
        if (behind !== undefined && this.#underWay === 2 && isSpoken(connection)) flight.sendBehind(behind, connection);
      });
    try {
      return await this.#run(fly, guard);
    } catch (error) {
      // A lost connection is no statement's doing, whichever the server was at when it said so.
      throw noteFailedRequest(error, this.#lost === undefined ? flight.failedAt : undefined);
    } finally {
      if (flight.bytes > 0) onSent?.(flight.bytes);
    }
  }

  /** Tells of the bytes of a statement that was sent, whether or not it succeeded. */
  async #metered<T>(onSent: ((bytes: number) => void) | undefined, send: () => Promise<T>): Promise<T> {
    if (onSent === undefined) return send();
    const before = this.#bytesWritten;
    let isAnswered = false;
    try {
      const result = await send();
      isAnswered = true;
      return result;
    } catch (error) {
      isAnswered = sqlstateOf(error) !== undefined;
      throw error;
    } finally {
      const bytes = this.#bytesWritten - before;
      if (isAnswered || bytes > 0) onSent(bytes);
    }
  }

  async *streamQuery<R>(query: CompiledQuery, chunkSize = 100): AsyncIterableIterator<QueryResult<R>> {
    this.scope?.countStatement();
    this.#underWay++;
    const cursor = this.#client.query(new Cursor(query.sql, [...query.parameters]));
    try {
      for (;;) {
        const rows = await this.#translated(() => cursor.read(chunkSize));
        if (rows.length === 0) return;
        yield { rows: rows as R[] };
      }
    } finally {
      await this.#close(cursor).finally(() => this.#underWay--);
    }
  }

  /** Runs a statement without parameters, or several, and gives the command tag of the last. */
  async command(sql: string, guard?: Guard): Promise<string> {
    return last(await this.#send({ text: sql }, guard)).command;
  }

  /** Runs a statement, or several without parameters, and gives the first value of the last result as text. */
  async textOf(sql: string, values: string[] = [], guard?: Guard): Promise<string | undefined> {
    const { rows } = last(await this.#send({ text: sql, values, rowMode: 'array', types: asText }, guard));
    const [row] = rows;
    const value: unknown = Array.isArray(row) ? row[0] : undefined;
    return typeof value === 'string' ? value : undefined;
  }

  /** Gives the connection back to the pool, or closes it where it must not be used again. */
  release(): void {
    if (this.#discarded) return;
    this.#client.release(this.#broken || this.#lost !== undefined || this.scope !== undefined);
  }

  /** The connection is closed when it is released. */
  markBroken(): void {
    this.#broken = true;
  }

  destroy(reason: ConnectionError): void {
    this.#destroyed = true;
    this.#lost ??= reason;
    this.#client.connection?.stream?.destroy();
    for (const listener of this.#onLost) listener();
  }

  /**
   * Closes the connection and gives up its place in the pool before its user does, who may be the one waiting for that
   * place. To release it later on does nothing more.
   */
  discard(): void {
    this.#broken = true;
    this.release();
    this.#discarded = true;
  }

  #send(config: PgQueryConfig, guard?: Guard): Promise<PgResult | readonly PgResult[]> {
    return this.#run(() => this.#client.query(config), guard);
  }

  async #run<T>(send: () => Promise<T>, guard: Guard | undefined): Promise<T> {
    const run = () => {
      this.scope?.countStatement();
      return this.#translated(send);
    };
    if (guard === undefined) return run();
    const { signal, cancel = true } = guard;
    if (!cancel) return underGuard(this, guard, () => this.#orLost(run));
    if (signal?.aborted) throw canceledUnsent(signal);
    try {
      return await underGuard(this, guard, () => this.#orLost(run));
    } catch (error) {
      throw signal?.aborted ? this.#asCanceled(error, signal) : error;
    }
  }

  /** What a statement whose signal was aborted has failed with. */
  #asCanceled(error: unknown, signal: AbortSignal): unknown {
    // The server tells a timeout from a request by its words only, and those are in its own language: we have asked.
    const cancelled = error instanceof CanceledError || error instanceof StatementTimeoutError;
    if (cancelled && error.sqlstate === '57014') return canceledByServer(signal, error.sqlstate);
    // Outside of a transaction it may have happened, or may happen yet: that is for the ConnectionError to say.
    return this.#destroyed && this.scope !== undefined ? canceledUncommitted(signal) : error;
  }

  /** A pool that does not expose its sockets gives no other way to stop waiting. */
  #orLost<T>(run: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const onLost = (): void => reject(this.#lost);
      this.#onLost.add(onLost);
      run()
        .finally(() => this.#onLost.delete(onLost))
        .then(resolve, reject);
    });
  }

  /** A cursor waits for the server to confirm; on a lost connection it would wait for ever. */
  async #close(cursor: PgCursor): Promise<void> {
    if (this.#lost !== undefined) return;
    await new Promise<void>((resolve, reject) => {
      this.#onLost.add(resolve);
      cursor
        .close()
        .finally(() => this.#onLost.delete(resolve))
        .then(resolve, reject);
    });
  }

  async #translated<T>(run: () => Promise<T>): Promise<T> {
    // The reason of the loss says more than the driver's "not queryable".
    if (this.#lost !== undefined) throw this.#lost;
    this.#underWay++;
    try {
      return await run();
    } catch (error) {
      // The driver has told of the loss before it gives up the statement, whatever it says then.
      const translated = this.#lost === undefined ? translateError(error) : lostBy(error);
      if (isStalePlan(error)) this.#broken = true;
      if (isConnectionLost(translated)) this.#lost ??= translated;
      throw translated;
    } finally {
      this.#underWay--;
    }
  }
}

/** Whether a client shows what it speaks with the server by, and writes to. */
function isSpoken(connection: PgPoolClient['connection']): connection is PgConnection {
  return connection !== undefined && 'parsedStatements' in connection;
}

function isList(results: PgResult | readonly PgResult[]): results is readonly PgResult[] {
  return Array.isArray(results);
}

/** The result of the last of several statements that were sent as one. */
function last(results: PgResult | readonly PgResult[]): PgResult {
  if (!isList(results)) return results;
  const found = results.at(-1);
  if (found === undefined) throw new Error('The driver gave no result.');
  return found;
}

function configOf(query: CompiledQuery): PgQueryConfig {
  const config = { text: query.sql, values: [...query.parameters] };
  if (!isTextQuery(query)) return config;
  return {
    ...config,
    rowMode: 'array',
    types: asText,
    ...(query.statementName === undefined ? {} : { name: query.statementName }),
  };
}
