import type { PoolConfig } from 'pg';
import { NoDatabaseError, UsageError } from '../frame/cli-errors.js';
import type { CommandContext } from '../frame/command.js';

/** The variables by which PostgreSQL's own programs find a server; one of the first two is enough. */
const variables = {
  PGHOST: 'host',
  PGDATABASE: 'database',
  PGPORT: 'port',
  PGUSER: 'user',
  PGPASSWORD: 'password',
} as const;

/**
 * How to connect: by `--database`, else DATABASE_URL, else PGHOST, PGDATABASE and their like.
 *
 * @throws NoDatabaseError when none of them is set
 * @throws UsageError for a URL that is none; it does not show it, as it holds a password
 */
export function chooseDatabase({ options, env }: Pick<CommandContext, 'options' | 'env'>): PoolConfig {
  if (options.database !== undefined) return byUrl(options.database, '--database');
  const url = env['DATABASE_URL'];
  if (url !== undefined && url !== '') return byUrl(url, 'DATABASE_URL');
  if (!env['PGHOST'] && !env['PGDATABASE']) throw new NoDatabaseError();
  return Object.fromEntries(
    Object.entries(variables).flatMap(([variable, option]) => (env[variable] ? [[option, env[variable]]] : [])),
  );
}

function byUrl(connectionString: string, from: string): PoolConfig {
  // `pg` takes a user without a host, as in postgres://user@/database?host=/run/postgresql; URL does not.
  const text = connectionString.replace('@/', '@localhost/');
  if (/^postgres(ql)?:\/\//.test(connectionString) && URL.canParse(text)) return { connectionString };
  throw new UsageError(
    `${from} is no URL of the form postgres://user:password@host:port/database, with the characters @ : / ? # and % of user and password written as %40 %3A %2F %3F %23 and %25.`,
  );
}
