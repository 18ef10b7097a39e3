import { describe, expect, it } from '@jest/globals';
import { withConnection } from '../src/connect.js';
import { containerServer, type Testcontainers } from '../src/container-server.js';
import { dockerAnswers } from '../src/docker-answers.js';
import { startPostgres } from '../src/index.js';

describe('containerServer', () => {
  it('connects to the container it has started, and stops it', async () => {
    const inside = await startPostgres({ source: 'embedded' });
    const said: Record<string, unknown> = {};
    class GenericContainer {
      constructor(image: string) {
        said['image'] = image;
      }
      withEnvironment(environment: Record<string, string>) {
        said['password'] = environment['POSTGRES_PASSWORD'];
        return this;
      }
      withCommand(command: string[]) {
        said['command'] = command.join(' ');
        return this;
      }
      withExposedPorts() {
        return this;
      }
      withWaitStrategy() {
        return this;
      }
      withStartupTimeout() {
        return this;
      }
      async start() {
        const sql = `ALTER ROLE postgres PASSWORD '${said['password']}'`;
        await withConnection(inside.connectionString, (client) => client.query(sql));
        const port = Number(new URL(inside.connectionString).port);
        return { getHost: () => '127.0.0.1', getMappedPort: () => port, stop: () => inside.stop() };
      }
    }
    const pretended = { GenericContainer, Wait: { forLogMessage: () => undefined } } as unknown as Testcontainers;
    const env = { UNO_POSTGRES_IMAGE: 'postgres:17' };
    const server = await containerServer(env, { work_mem: '1MB' }, async () => pretended);
    expect(server).toMatchObject({ source: 'testcontainers', version: inside.version });
    expect(said).toMatchObject({
      image: 'postgres:17',
      command: expect.stringMatching(/^postgres -c fsync=off .*-c work_mem=1MB$/),
    });
    await (await server.createDatabase()).drop();
    await server.stop();
    await expect(inside.createDatabase()).rejects.toMatchObject({ code: 'stopped' });
  });

  it('starts a real container where Docker answers, and says what else to do where it does not', async () => {
    const env = { ...process.env, DATABASE_URL: '' };
    if (await dockerAnswers(env)) {
      const server = await startPostgres({ source: 'testcontainers', env });
      expect(server.version).toMatch(/^18/);
      await server.stop();
    } else {
      await expect(startPostgres({ source: 'testcontainers', env })).rejects.toMatchObject({
        code: 'start-failed',
        message: expect.stringContaining('UNO_POSTGRES=embedded'),
      });
    }
  }, 200_000);
});
