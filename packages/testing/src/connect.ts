import pg from 'pg';

/** How long a server may take to accept a connection. */
const CONNECT_LIMIT_MS = 10_000;

/** Runs `work` on a connection of its own. Rejects with the error of the driver. */
export async function withConnection<T>(
  connectionString: string,
  work: (client: pg.Client) => Promise<T>,
  connectLimitMs: number = CONNECT_LIMIT_MS,
): Promise<T> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: connectLimitMs });
  // A connection lost while a query waits also rejects that query; lost between queries it would be uncaught.
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The version of the server, such as `18.4`. */
export async function serverVersion(connectionString: string, connectLimitMs?: number): Promise<string> {
  const ask = async (client: pg.Client): Promise<string> => {
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    return rows[0]?.server_version.split(' ')[0] ?? 'unknown';
  };
  return withConnection(connectionString, ask, connectLimitMs);
}
