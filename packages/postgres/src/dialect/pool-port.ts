import type { ConnectionOptions } from 'node:tls';

/** The slice of `pg` that uno needs, declared here so that no version of its types is forced on anybody. */
export interface PgPool {
  connect(): Promise<PgPoolClient>;
  end(): Promise<void>;
  /** A connection is about to be given to somebody. */
  on?(event: 'acquire', listener: (client: PgPoolClient) => void): unknown;
  readonly options?: {
    readonly max?: number | undefined;
    readonly connectionString?: string | undefined;
    readonly host?: string | undefined;
    readonly port?: number | undefined;
    readonly database?: string | undefined;
  };
  /** Connections that are open or being opened. */
  readonly totalCount?: number | undefined;
  readonly idleCount?: number | undefined;
  /** Callers that wait for a connection. */
  readonly waitingCount?: number | undefined;
}

/** What is optional is needed to cancel statements and to count bytes; all of `pg`'s clients but the native one have it. */
export interface PgPoolClient {
  /** Without it, nothing can be copied or sent together. */
  query<S extends PgSubmittable>(submittable: S): S;
  query(config: PgQueryConfig): Promise<PgResult | readonly PgResult[]>;
  query<C extends PgCursor>(cursor: C): C;
  /** The connection was lost; without a listener, Node ends the process. */
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** `true` closes the connection instead of giving it back. */
  release(destroy?: boolean): void;
  /** Whether it sends statements ahead by itself, and then refuses others that do. */
  readonly pipeline?: boolean | undefined;
  /** A host name, an address, or the directory of a Unix socket. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly ssl?: boolean | ConnectionOptions | undefined;
  /** `direct` begins TLS without asking for it first. */
  readonly sslNegotiation?: string | undefined;
  /** Of the server's BackendKeyData; a key of more than 4 bytes is a buffer. */
  readonly processID?: number | null | undefined;
  readonly secretKey?: number | Uint8Array | null | undefined;
  readonly connection?: { readonly stream?: PgStream | undefined } | undefined;
}

/** The socket of a client. */
export interface PgStream {
  destroy(error?: Error): unknown;
  readonly bytesWritten?: number | undefined;
  /** `true` on a TLS socket. */
  readonly encrypted?: boolean | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

export interface PgQueryConfig {
  readonly text: string;
  readonly values?: unknown[];
  /** A name makes it a prepared statement of the connection. */
  readonly name?: string;
  readonly rowMode?: 'array';
  readonly types?: PgTypes;
}

/** Where the type parsers of a client are found. */
export interface PgTypes {
  getTypeParser(oid: number, format?: string): (text: string) => unknown;
}

export interface PgResult {
  readonly command: string;
  readonly rowCount: number | null;
  readonly rows: unknown[];
}

export interface PgCursor {
  read(rows: number): Promise<unknown[]>;
  close(): Promise<void>;
}

/** What speaks with the server itself; `pg` tells it what the server says. */
export interface PgSubmittable {
  /** Begins; the error is why it cannot. */
  submit(connection: PgConnection): Error | undefined;
  handleCopyInResponse(connection: PgConnection): void;
  /** The bytes are the driver's, which writes over them. */
  handleCopyData?(message: { readonly chunk: Uint8Array }, connection: PgConnection): void;
  handleCommandComplete(message: { readonly text: string }): void;
  handleReadyForQuery(): void;
  handleError(error: unknown, connection: PgConnection): void;
}

/** What a client speaks with the server by. */
export interface PgConnection {
  readonly stream: PgSocket;
  query(sql: string): void;
  endCopyFrom(): void;
  sendCopyFail(why: string): void;
  /** The text of every statement that is prepared on it, by name; other clients have none. */
  readonly parsedStatements?: Record<string, string>;
  on(event: 'parseComplete', listener: () => void): unknown;
  removeListener(event: 'parseComplete', listener: () => void): unknown;
}

/** The socket of a client, as what is written to; what is optional makes fewer packets of it. */
export interface PgSocket {
  readonly writable: boolean;
  /**
   * `false` when it has enough for now: it says `drain` when it has room again.
   *
   * @param onWritten - called when the system has taken these bytes, or never will
   */
  write(bytes: Uint8Array, onWritten?: () => void): boolean;
  destroy(error?: Error): unknown;
  once(event: 'drain', listener: () => void): unknown;
  removeListener(event: 'drain', listener: () => void): unknown;
  cork?(): void;
  uncork?(): void;
  /** Nothing is read any more, so that the other side cannot send either, until it is resumed. */
  pause?(): unknown;
  resume?(): unknown;
}

/** A column in a RowDescription. */
export interface PgField {
  readonly name: string;
  readonly dataTypeID: number;
}
