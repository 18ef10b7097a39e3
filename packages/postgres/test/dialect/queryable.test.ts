import { describe, expect, it } from '@jest/globals';
import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { ConfigError, copyIn, executeText, requireUnoDialect, UnoPostgresDialect } from '../../src/index.js';
import { failureOf } from '../support/conditions.js';

// No pool here ever connects: nothing is sent.
const pool = new pg.Pool({ host: 'no-such-host.invalid' });
pool.on('error', () => {});
const stock = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
const own = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool }) });

describe('requireUnoDialect', () => {
  it('refuses Kysely with its stock dialect, and says what to write instead', () => {
    expect(() => requireUnoDialect(stock)).toThrow(ConfigError);
    expect(() => requireUnoDialect(stock)).toThrow('new Kysely({ dialect: new UnoPostgresDialect({ pool }) })');
  });

  it.each([
    ['as it is', own],
    ['with plugins', own.withPlugin(new CamelCasePlugin())],
    ['without plugins', own.withoutPlugins()],
    ['with a schema', own.withSchema('private')],
  ])('takes Kysely with the dialect of uno, %s', (_what, db) => {
    expect(requireUnoDialect(db)).toBeUndefined();
  });

  it('guards executeText and copyIn, before anything is sent', async () => {
    expect(await failureOf(executeText(stock, { sql: 'select 1' }))).toBeInstanceOf(ConfigError);
    expect(await failureOf(copyIn(stock, { table: ['city'], columns: ['id'] }, '1'))).toBeInstanceOf(ConfigError);
    expect(pool.totalCount).toBe(0);
  });
});
