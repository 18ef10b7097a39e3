import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import Cursor from 'pg-cursor';
import { isConnectionLost, isStalePlan, translateError } from '../errors/translate.js';
import type { UnoError } from '../errors/uno-error.js';
import type { PgCursor, PgPoolClient, PgQueryConfig, PgResult } from './pool-port.js';
import { isTextQuery } from './text-query.js';
import type { TransactionScope } from './transaction-scope.js';

/** The values of a result exactly as PostgreSQL wrote them. */
const asText = { getTypeParser: () => (text: string) => text };

/**
 * What the session has to write so that text can be read without knowing the server's settings. The formats are the
 * defaults of PostgreSQL; a server or a role may have others.
 */
const sessionSettings =
  "select set_config('datestyle', 'ISO, MDY', false), set_config('intervalstyle', 'postgres', false), " +
  "set_config('bytea_output', 'hex', false), set_config('extra_float_digits', '1', false)";

const writes = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

/** A pooled connection as Kysely sees it, whose errors are uno's. */
export class UnoConnection implements DatabaseConnection {
  readonly #client: PgPoolClient;
  #prepared = false;
  #broken = false;
  #lost: UnoError | undefined;
  readonly #onLost = new Set<() => void>();
  /** The transaction that is open on this connection. */
  scope: TransactionScope | undefined;

  constructor(client: PgPoolClient) {
    this.#client = client;
    // The pool listens to idle connections only, and a connection can be lost between two statements too.
    client.on('error', (error) => {
      this.#lost ??= translateError(error);
      for (const listener of this.#onLost) listener();
    });
  }

  /** Why the connection is gone, once it is. */
  get lost(): UnoError | undefined {
    return this.#lost;
  }

  /** Puts the session's formats right, once for each physical connection. */
  async prepareSession(): Promise<void> {
    if (this.#prepared) return;
    await this.#send({ text: sessionSettings });
    this.#prepared = true;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const result = await this.#send(configOf(query));
    return {
      ...(writes.has(result.command) ? { numAffectedRows: BigInt(result.rowCount ?? 0) } : {}),
      // Kysely's own contract: the caller names the type of the rows.
      rows: (result.rows ?? []) as R[],
    };
  }

  async *streamQuery<R>(query: CompiledQuery, chunkSize = 100): AsyncIterableIterator<QueryResult<R>> {
    const cursor = this.#client.query(new Cursor(query.sql, [...query.parameters]));
    try {
      for (;;) {
        const rows = await this.#translated(() => cursor.read(chunkSize));
        if (rows.length === 0) return;
        yield { rows: rows as R[] };
      }
    } finally {
      await this.#close(cursor);
    }
  }

  /** Runs a statement without parameters and gives its command tag. */
  async command(sql: string): Promise<string> {
    return (await this.#send({ text: sql })).command;
  }

  /** Gives the connection back to the pool, or closes it where it must not be used again. */
  release(): void {
    this.#client.release(this.#broken || this.#lost !== undefined || this.scope !== undefined);
  }

  /** The connection is closed when it is released. */
  markBroken(): void {
    this.#broken = true;
  }

  #send(config: PgQueryConfig): Promise<PgResult> {
    return this.#translated(() => this.#client.query(config));
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
    try {
      return await run();
    } catch (error) {
      const translated = translateError(error);
      if (isStalePlan(error)) this.#broken = true;
      if (isConnectionLost(translated)) this.#lost ??= translated;
      throw translated;
    }
  }
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
