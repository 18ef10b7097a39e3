import { register } from 'node:module';

/**
 * Imports our packages from their TypeScript sources, where jest does not do it for us: its globalSetup knows neither
 * its moduleNameMapper nor its export conditions, and compiles what it loads to CommonJS.
 * @returns {Promise<typeof import('@uno/testing')>}
 */
export function importTesting() {
  register('../../../../scripts/typescript-hooks.mjs', import.meta.url);
  return import('@uno/testing');
}
