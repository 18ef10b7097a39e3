import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PostgresServer } from '@uno/testing';
import { PsqlProcess, psqlVersion } from '../../src/operations/ways/psql-process.js';
import { testServer } from '../support/test-server.js';

// Where there is no psql, the benchmark leaves it out, too.
const hasPsql = (await psqlVersion()) !== undefined;

let server: PostgresServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server.stop());

(hasPsql ? describe : describe.skip)('PsqlProcess', () => {
  it('answers one command after the other', async () => {
    const psql = await PsqlProcess.start(server.connectionString);
    expect(await psql.ask('select 1 + 1;')).toBe('2');
    expect(await psql.ask("select 'two' || ' words';")).toBe('two words');
    await psql.end();
  });

  it('says what psql said when a command fails, and can be ended all the same', async () => {
    const psql = await PsqlProcess.start(server.connectionString);
    await expect(psql.ask('select nothing_of_the_kind;')).rejects.toThrow(/"nothing_of_the_kind" does not exist/);
    await psql.end();
  });

  it('says why it could not connect', async () => {
    const url = new URL(server.connectionString);
    url.pathname = '/not_this_one';
    await expect(PsqlProcess.start(url.href)).rejects.toThrow(/"not_this_one" does not exist/);
  });
});
