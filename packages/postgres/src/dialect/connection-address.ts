import { ConnectionError } from '../errors/database-errors.js';
import { sqlstateOf } from '../errors/sqlstate-of.js';
import { translateError } from '../errors/translate.js';
import type { PgPool } from './pool-port.js';

/** Where a pool connects to, for messages: host, port and database, never the password. */
function addressOf(options: PgPool['options']): string {
  if (options === undefined) return 'the configured server';
  const { connectionString } = options;
  if (typeof connectionString === 'string' && URL.canParse(connectionString)) {
    const url = new URL(connectionString);
    return address(decodeURIComponent(url.hostname), url.port, decodeURIComponent(url.pathname.slice(1)));
  }
  return address(options.host, options.port, options.database);
}

function address(host: unknown, port: unknown, database: unknown): string {
  const name = typeof database === 'string' && database !== '' ? `, database "${database}"` : '';
  return `${host || process.env['PGHOST'] || 'localhost'}:${port || process.env['PGPORT'] || 5432}${name}`;
}

function advice(sqlstate: string | undefined, reason: string): string {
  // The driver itself finds that there is no password to answer with.
  if (reason.startsWith('SASL')) return 'Check the user and the password.';
  if (reason.includes('after calling end')) return 'It was closed: what was disposed of, or destroyed, is used again.';
  if (reason.includes('timeout exceeded')) {
    return 'Either the server does not answer, or all connections of the pool are in use; look for transactions that are left open, or allow more connections.';
  }
  switch (sqlstate?.slice(0, 2)) {
    case '28':
      return 'Check the user and the password.';
    case '3D':
      return 'Create the database or name another one.';
    case '53':
      return 'Lower the size of the pools or raise max_connections.';
    default:
      return 'Check that the server is running there, and host, port and firewall.';
  }
}

/** The error for a pool that cannot give a connection: it says where the server was looked for and what to check. */
export function connectFailure(error: unknown, pool: PgPool): Error {
  const translated = translateError(error);
  const sqlstate = sqlstateOf(translated);
  const reason = translated.message
    .replace(/^The (connection to PostgreSQL|statement) failed: /, '')
    .replace(/\.$/, '');
  return new ConnectionError(
    `Cannot connect to PostgreSQL at ${addressOf(pool.options)}: ${reason}. ${advice(sqlstate, reason)}`,
    // Nothing was sent; but what is refused for good, such as a password, is refused again.
    translated.retry === 'never' ? 'never' : 'safe',
    { cause: error, sqlstate },
  );
}
