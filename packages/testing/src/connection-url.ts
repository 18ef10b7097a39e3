import { TestServerError } from './test-server-error.js';

/**
 * Checks a connection URL.
 *
 * @throws {TestServerError} `invalid-option`, without the URL: it holds a password. For the same reason the error of
 *   the parser is not its cause.
 */
export function parseConnectionUrl(connectionString: string, name: string): URL {
  const url = URL.canParse(connectionString) ? new URL(connectionString) : undefined;
  if (url?.protocol === 'postgres:' || url?.protocol === 'postgresql:') return url;
  throw new TestServerError(
    'invalid-option',
    `${name} is not a connection URL: expected postgres://user:password@host:port/database.`,
  );
}

/** `host:port` of a connection URL, for messages. */
export function hostAndPort(connectionString: string): string {
  const { host, port } = partsOfAddress(connectionString);
  return `${host}:${port}`;
}

/** Where the server of a connection URL listens: at an address, or at the socket in a directory. */
export function serverAddress(connectionString: string): { host: string; port: number } | { path: string } {
  const { host, port } = partsOfAddress(connectionString);
  if (host.startsWith('/')) return { path: `${host}/.s.PGSQL.${port}` };
  return { host: host.replace(/^\[|\]$/g, ''), port };
}

function partsOfAddress(connectionString: string): { host: string; port: number } {
  const url = new URL(connectionString);
  const host = decodeURIComponent(url.hostname) || url.searchParams.get('host') || process.env['PGHOST'] || 'localhost';
  return { host, port: Number(url.port || url.searchParams.get('port') || process.env['PGPORT'] || 5432) };
}

/** The same credentials, database and parameters, at another address. */
export function withAddress(connectionString: string, host: string, port: number): string {
  const url = new URL(connectionString);
  url.hostname = host;
  url.port = String(port);
  url.searchParams.delete('host');
  url.searchParams.delete('port');
  return url.href;
}

/** The same server and credentials, another database. */
export function withDatabase(connectionString: string, database: string): string {
  const url = new URL(connectionString);
  url.pathname = `/${encodeURIComponent(database)}`;
  return url.href;
}

/** The same, under an application name, by which the reaper finds the sessions of a run. */
export function withApplicationName(connectionString: string, applicationName: string): string {
  const url = new URL(connectionString);
  url.searchParams.set('application_name', applicationName);
  return url.href;
}
