import type { PostgresServer } from '@uno/testing';

/** Stops the server of the run. jest loads this file apart from global-setup.ts; they share nothing but the globals. */
export default async function globalTeardown(): Promise<void> {
  const { unoTestServer } = globalThis as { unoTestServer?: PostgresServer };
  await unoTestServer?.stop();
}
