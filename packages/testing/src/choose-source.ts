import type { PostgresSource } from './options.js';
import { TestServerError } from './test-server-error.js';

const STARTED_HERE: readonly PostgresSource[] = ['embedded', 'installed', 'testcontainers'];

/**
 * What `'auto'` means, in this order: the server of DATABASE_URL; what UNO_POSTGRES names; a container where a Docker
 * engine answers; the embedded binaries.
 *
 * @throws {TestServerError} `invalid-option` when UNO_POSTGRES is something else.
 */
export async function chooseSource(
  env: NodeJS.ProcessEnv,
  dockerAnswers: () => Promise<boolean>,
): Promise<PostgresSource> {
  if (env['DATABASE_URL']) return 'database-url';
  const wanted = env['UNO_POSTGRES'];
  if (wanted) {
    const source = STARTED_HERE.find((name) => name === wanted);
    if (source !== undefined) return source;
    throw new TestServerError(
      'invalid-option',
      `UNO_POSTGRES is ${JSON.stringify(wanted)}: expected one of ${STARTED_HERE.join(', ')}, or unset.`,
    );
  }
  return (await dockerAnswers()) ? 'testcontainers' : 'embedded';
}
