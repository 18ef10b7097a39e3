import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Logger } from '@uno/batch';
import { createUnoContainer, type UnoContainer } from '@uno/container';
import { UnitOfWork } from '@uno/domain';
import { ConnectionError, type Retry, UnoError } from '@uno/postgres';
import { failureOf } from './support/failure-of.js';
import { type GardenDatabase, openGardenDatabase, until } from './support/garden-database.js';
import { GardenRepository } from './support/gardens.js';

let database: GardenDatabase;
beforeAll(async () => {
  database = await openGardenDatabase();
});
beforeEach(() => database.reset());
afterAll(() => database.close());

function open(connectionString = database.connectionString, logger?: Logger): UnoContainer {
  return createUnoContainer({
    database: { connectionString, maxConnections: 2, connectTimeoutMs: 10_000 },
    repositories: [GardenRepository],
    logger,
  });
}

/** The connection string of the database with something else in it. */
function changed(change: (url: URL) => void): string {
  const url = new URL(database.connectionString);
  change(url);
  return url.href;
}

describe('a container whose database cannot be reached', () => {
  const cases: [string, () => string, RegExp, Retry][] = [
    [
      'no server listens',
      () => changed((url) => (url.port = '1')),
      /ECONNREFUSED.*Check that the server is running/,
      'safe',
    ],
    [
      'the password is wrong',
      () => changed((url) => (url.password = 'n0tth1s')),
      /Check the user and the password/,
      'never',
    ],
    [
      'there is no such database',
      () => changed((url) => (url.pathname = '/atlantis')),
      /Create the database or name/,
      'never',
    ],
  ];

  it.each(cases)(
    'is made, and says where it looked when it is used: %s',
    async (_, connectionString, advice, retry) => {
      const url = new URL(connectionString());
      await using container = open(url.href);
      const error = await failureOf(ConnectionError, () => container.get(GardenRepository).count());
      expect(error).toMatchObject({ code: 'UNO_CONNECTION', retry });
      expect(error.message).toContain(`${url.hostname}:${url.port}, database "${url.pathname.slice(1)}"`);
      expect(error.message).toMatch(advice);
    },
  );

  it.each(cases)('does not show the password: %s', async (_, connectionString) => {
    const url = new URL(connectionString());
    if (url.password === '') url.password = 'n0tth1s';
    await using container = open(url.href);
    const error = await failureOf(ConnectionError, () => container.get(GardenRepository).get(1));
    const cause = error.cause instanceof Error ? `${error.cause.message} ${error.cause.stack}` : String(error.cause);
    expect(`${error.message} ${error.stack} ${cause} ${JSON.stringify(error)}`).not.toContain(url.password);
  });

  it('says so for writes and units of work too', async () => {
    await using container = open(changed((url) => (url.port = '1')));
    const repository = container.get(GardenRepository);
    await failureOf(ConnectionError, () => repository.add({ name: 'a' }));
    await failureOf(ConnectionError, () => repository.batchAdd([{ name: 'a' }]));
    const error = await failureOf(ConnectionError, () => container.get(UnitOfWork).run(() => repository.count()));
    expect(error.retry).toBe('safe');
  });
});

describe('a container that loses connections', () => {
  /** A logger that keeps what it is told. */
  class RecordingLogger implements Logger {
    readonly warnings: { context: object; message: string }[] = [];
    info(): void {}
    warn(context: object, message: string): void {
      this.warnings.push({ context, message });
    }
  }

  it('logs an idle one, and goes on with another', async () => {
    const logger = new RecordingLogger();
    await using container = open(undefined, logger);
    const repository = container.get(GardenRepository);
    await repository.add({ name: 'before' });
    for (const pid of await database.containerPids()) await database.terminate(pid);
    await until(async () => logger.warnings.length > 0);
    expect(logger.warnings).toEqual([
      { context: { err: expect.any(Error) }, message: 'An idle connection to PostgreSQL was lost.' },
    ]);
    await repository.add({ name: 'after' });
    expect(await database.names()).toEqual(['after', 'before']);
  });

  it('goes on without a logger too', async () => {
    await using container = open();
    const repository = container.get(GardenRepository);
    await repository.count();
    for (const pid of await database.containerPids()) await database.terminate(pid);
    // Whether the loss is noticed before the query or by it depends on the moment; the one after has a new connection.
    await repository.count().catch((error: unknown) => expect(UnoError.is(error)).toBe(true));
    expect(await repository.count()).toBe(0);
  });

  it('fails a unit of work that loses its own between two statements, and goes on', async () => {
    await using container = open();
    const repository = container.get(GardenRepository);
    const work = container.get(UnitOfWork).run(async () => {
      await repository.add({ name: 'never' });
      for (const pid of await database.containerPids()) await database.terminate(pid);
      await repository.add({ name: 'neither' });
    });
    const error = await failureOf(ConnectionError, () => work);
    expect(error.code).toBe('UNO_CONNECTION');
    expect(await repository.count()).toBe(0);
  });
});
