import type { ConnectionSettings, PoolSettings } from './container-config.js';

const connectionOptions: Readonly<Record<keyof ConnectionSettings, true>> = {
  connectionString: true,
  maxConnections: true,
  connectTimeoutMs: true,
};
const poolOptions: Readonly<Record<keyof PoolSettings, true>> = { pool: true };

/** What is wrong with the settings of the database. Nothing of the connection string is shown: it holds the password. */
export function databaseFaults(database: ConnectionSettings | PoolSettings | undefined): string[] {
  if (typeof database !== 'object' || database === null) {
    return ['database is missing: { connectionString } or { pool }'];
  }
  const known = Object.keys('pool' in database ? poolOptions : connectionOptions);
  const faults = Object.keys(database)
    .filter((name) => !known.includes(name))
    .map((name) => `database has no option "${name}" beside ${known[0]}; known are: ${known.join(', ')}`);
  if ('pool' in database) {
    if (typeof database.pool?.connect !== 'function') faults.push('database.pool is not a pg pool');
    return faults;
  }
  const { connectionString, maxConnections = 1, connectTimeoutMs = 1 } = database;
  if (!isConnectionString(connectionString)) {
    faults.push(
      'database.connectionString is not of the form postgres://user:password@host:port/database, with the characters @ : / ? # and % of user and password written as %40 %3A %2F %3F %23 %25',
    );
  }
  for (const [name, value] of Object.entries({ maxConnections, connectTimeoutMs })) {
    if (!Number.isSafeInteger(value) || value < 1) faults.push(`database.${name} is a whole number from 1`);
  }
  return faults;
}

function isConnectionString(value: unknown): boolean {
  if (typeof value !== 'string' || !/^postgres(ql)?:\/\//.test(value)) return false;
  // `pg` takes a user without a host, as in postgres://user@/database?host=/run/postgresql; URL does not.
  const text = value.replace('@/', '@localhost/');
  if (!URL.canParse(text)) return false;
  const { pathname, search, hash } = new URL(text);
  // The rest of a password with a bare / ? or # is here, its beginning is the port, and messages show both.
  return !pathname.includes('@') && !/^\?[^=]*@/.test(search) && hash === '';
}
