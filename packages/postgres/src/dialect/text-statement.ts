/** A statement whose SQL text never changes; only its parameters do. */
export interface TextStatement {
  readonly sql: string;
  /** Set for statements that are prepared once for each connection. */
  readonly name?: string | undefined;
}

/** The rows of a text statement: one array a row, in the order of the select list. */
export interface TextResult {
  readonly rows: readonly (readonly (string | null)[])[];
  /** Rows inserted, updated or deleted; 0 for a query. */
  readonly affected: number;
}

/** How a text statement is run. */
export interface ExecuteOptions {
  /**
   * Aborted before the statement is sent, it is never sent; aborted while the statement runs, the server is asked to
   * cancel it, and has 2,000 ms to answer before the connection is closed. No other statement is ever hit.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called once when the statement was sent, whether or not it succeeded, with the bytes that it took on the connection,
   * parameters and all: 0 where the pool does not expose its sockets. It must not throw.
   */
  readonly onSent?: ((bytes: number) => void) | undefined;
}
