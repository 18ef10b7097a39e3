import { TestServerError } from './test-server-error.js';

/** Where a test server comes from. */
export type PostgresSource = 'database-url' | 'testcontainers' | 'embedded' | 'installed';

/** Options of `startPostgres`. */
export interface StartPostgresOptions {
  /** Default `'auto'`: see `chooseSource`. */
  readonly source?: 'auto' | PostgresSource;
  /** Server settings, such as `{ shared_preload_libraries: 'pg_stat_statements' }`. Not for a server of DATABASE_URL. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Read instead of `process.env`: DATABASE_URL, UNO_POSTGRES, UNO_POSTGRES_BIN, UNO_POSTGRES_IMAGE, DOCKER_HOST, PATH. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * The settings of every server started here. Nothing is made safe against a crash of the machine, as the data lives
 * no longer than the process: never take these for a server whose data matters.
 */
export const THROWAWAY_SETTINGS: Readonly<Record<string, string>> = Object.freeze({
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  // Tests of a stalled network leave sessions behind that the server takes a while to notice.
  max_connections: '300',
  // The same everywhere, whatever the zone of the machine.
  timezone: 'UTC',
});

/** Where the server listens and keeps its data is decided by the launcher. */
const RESERVED = new Set(['port', 'listen_addresses', 'unix_socket_directories', 'data_directory', 'hba_file']);

/** The `-c name=value` arguments for the server, the general settings first. */
export function settingArguments(
  settings: Readonly<Record<string, string>> = {},
  general: Readonly<Record<string, string>> = THROWAWAY_SETTINGS,
): string[] {
  for (const [name, value] of Object.entries(settings)) {
    if (!/^[a-z_][a-z0-9_.]*$/i.test(name) || RESERVED.has(name.toLowerCase()) || /[\0\r\n]/.test(value)) {
      throw new TestServerError(
        'invalid-option',
        `settings.${JSON.stringify(name)} cannot be set: expected the name and value of a server setting other than ${[...RESERVED].join(', ')}.`,
      );
    }
  }
  return Object.entries({ ...general, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
