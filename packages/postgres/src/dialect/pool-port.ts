/** The slice of `pg` that uno needs, declared here so that no version of its types is forced on anybody. */
export interface PgPool {
  connect(): Promise<PgPoolClient>;
  end(): Promise<void>;
  readonly options?: {
    readonly max?: number | undefined;
    readonly connectionString?: string | undefined;
    readonly host?: string | undefined;
    readonly port?: number | undefined;
    readonly database?: string | undefined;
  };
}

export interface PgPoolClient {
  query(config: PgQueryConfig): Promise<PgResult>;
  query<C extends PgCursor>(cursor: C): C;
  /** The connection was lost; without a listener, Node ends the process. */
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** `true` closes the connection instead of giving it back. */
  release(destroy?: boolean): void;
}

export interface PgQueryConfig {
  readonly text: string;
  readonly values?: unknown[];
  /** A name makes it a prepared statement of the connection. */
  readonly name?: string;
  readonly rowMode?: 'array';
  readonly types?: { getTypeParser(oid: number, format?: string): (text: string) => unknown };
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
