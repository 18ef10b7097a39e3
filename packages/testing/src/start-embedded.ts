import { launchServer } from './launched-server.js';
import { locateEmbedded } from './locate-embedded.js';
import type { PostgresServer } from './postgres-server.js';

/** Options of {@link startEmbedded}. */
export interface StartEmbeddedOptions {
  /** Where it listens on 127.0.0.1; any port that is free if not said. */
  readonly port?: number | undefined;
  /** Where it keeps its data and password; thrown away with the server if not said. */
  readonly directory?: string | undefined;
}

/**
 * Starts the embedded PostgreSQL to work with by hand, whatever DATABASE_URL says. It ends with this process, however
 * that ends. With a directory the data stays, is safe against a crash of the machine, and is there again at the next
 * start. Its OpenSSL is old: for development only.
 *
 * @throws {TestServerError} says what to do
 * @example
 * await using server = await startEmbedded({ port: 5433, directory: '/home/ada/play' })
 */
export function startEmbedded({ port, directory }: StartEmbeddedOptions = {}): Promise<PostgresServer> {
  return launchServer({
    source: 'embedded',
    binaries: locateEmbedded(),
    keep: directory,
    ...(port === undefined ? {} : { pickPort: async () => port }),
  });
}
