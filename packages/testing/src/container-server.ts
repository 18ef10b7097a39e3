import { serverVersion } from './connect.js';
import { settingArguments } from './options.js';
import { newPassword, type PostgresServer, postgresServer } from './postgres-server.js';
import { messageOf, TestServerError } from './test-server-error.js';

/** Debian's rather than Alpine's: the same C library, hence the same sorting, as elsewhere. */
const DEFAULT_IMAGE = 'postgres:18';

const PORT = 5432;
const STARTUP_LIMIT_MS = 180_000;

/** The part of testcontainers used here. */
export type Testcontainers = Pick<typeof import('testcontainers'), 'GenericContainer' | 'Wait'>;

/**
 * A server in a Docker container of the image UNO_POSTGRES_IMAGE (default `postgres:18`). Testcontainers has a reaper
 * of its own, a container that removes ours when this process is gone, unless TESTCONTAINERS_RYUK_DISABLED is set.
 *
 * @param load imports testcontainers, which costs half a second: only when it is needed.
 * @throws {TestServerError} `start-failed`, `invalid-option`
 */
export async function containerServer(
  env: NodeJS.ProcessEnv,
  settings: Readonly<Record<string, string>> | undefined,
  load: () => Promise<Testcontainers> = () => import('testcontainers'),
): Promise<PostgresServer> {
  const image = env['UNO_POSTGRES_IMAGE'] || DEFAULT_IMAGE;
  const password = newPassword();
  const command = ['postgres', ...settingArguments(settings)];
  try {
    const { GenericContainer, Wait } = await load();
    const container = await new GenericContainer(image)
      .withEnvironment({
        POSTGRES_PASSWORD: password,
        POSTGRES_INITDB_ARGS: '--auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync',
      })
      .withCommand(command)
      .withExposedPorts(PORT)
      // Said twice: the first time by the server that makes the cluster, and takes no connections from outside.
      .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2))
      .withStartupTimeout(STARTUP_LIMIT_MS)
      .start();
    const host = container.getHost();
    const connectionString = `postgres://postgres:${password}@${host}:${container.getMappedPort(PORT)}/postgres`;
    const release = async (): Promise<void> => {
      await container.stop();
    };
    const version = await serverVersion(connectionString).catch(async (error: unknown) => {
      await release();
      throw error;
    });
    return postgresServer({ connectionString, source: 'testcontainers', version, release });
  } catch (cause) {
    throw new TestServerError(
      'start-failed',
      `Could not start a container of ${image}: ${messageOf(cause)}. ` +
        'Set UNO_POSTGRES=embedded to do without Docker, or DATABASE_URL to use a server of yours.',
      { cause },
    );
  }
}
