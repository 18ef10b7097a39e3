import { describe, expect, it } from '@jest/globals';
import { createUnoContainer, type UnoContainerConfig } from '@uno/container';
import { ConfigError } from '@uno/postgres';
import { failureOf } from './support/failure-of.js';
import { GardenRepository, gardens, TreeRepository, trees } from './support/gardens.js';

/** A configuration as it comes from code that TypeScript has not checked: the one place where tests say otherwise. */
function unchecked(config: unknown): UnoContainerConfig {
  return config as UnoContainerConfig;
}

const connectionString = 'postgres://uno:hidden@localhost:1/garden';
const database = { connectionString };

async function faultsOf(config: unknown): Promise<string[]> {
  const error = await failureOf(ConfigError, () => createUnoContainer(unchecked(config)));
  const [heading = '', ...faults] = error.message.split('\n- ');
  const count = `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`;
  expect(heading).toBe(`createUnoContainer: the configuration has ${count}.`);
  return faults;
}

describe('a configuration that is right', () => {
  it.each<[string, UnoContainerConfig]>([
    ['with nothing but a database', { database }],
    ['with postgresql://', { database: { connectionString: 'postgresql://localhost/garden' } }],
    [
      'with a password that is written as it has to be',
      { database: { connectionString: 'postgres://u:p%40%2F%23@h/d' } },
    ],
    ['with a socket', { database: { connectionString: 'postgres://uno@/garden?host=/run/postgresql' } }],
    ['with an @ in a parameter', { database: { connectionString: 'postgres://h/d?user=uno@tenant' } }],
    ['with bounds of 1', { database: { connectionString, maxConnections: 1, connectTimeoutMs: 1 } }],
    ['with options that are undefined', { database, repositories: undefined, cache: undefined, logger: undefined }],
    ['without batch operations and cache', { database, batch: false, cache: false }],
  ])('is accepted: %s', async (_, config) => {
    const container = createUnoContainer(config);
    await expect(container.dispose()).resolves.toBeUndefined();
  });
});

describe('a configuration is refused', () => {
  const known = 'database, repositories, entities, services, settings, batch, cache, pageKey, logger';
  it.each<[string, object, string]>([
    ['with an option that there is not', { database, repos: [] }, `there is no option "repos"; known are: ${known}`],
    ['without a database', {}, 'database is missing: { connectionString } or { pool }'],
    [
      'with a secret of pages that is short',
      { database, pageKey: 'short' },
      'pageKey is a text or bytes, of 16 bytes or more.',
    ],
    ['with a database that is null', { database: null }, 'database is missing'],
    ['with a database that is a text', { database: connectionString }, 'database is missing'],
    ['with a pool that is none', { database: { pool: {} } }, 'database.pool is not a pg pool'],
    ['with a pool that is undefined', { database: { pool: undefined } }, 'database.pool is not a pg pool'],
    [
      'with an option of the database that there is not',
      { database: { connectionString, max: 5 } },
      'database has no option "max" beside connectionString; known are: connectionString, maxConnections, connectTimeoutMs',
    ],
    [
      'with options beside a pool, which has its own',
      { database: { pool: { connect: () => {} }, maxConnections: 5 } },
      'database has no option "maxConnections" beside pool',
    ],
    ['without a connection string', { database: {} }, 'database.connectionString is not of the form postgres://'],
    ['with no connections', { database: { connectionString, maxConnections: 0 } }, 'maxConnections is a whole number'],
    ['with half connections', { database: { connectionString, maxConnections: 1.5 } }, 'maxConnections is a whole'],
    ['with connections in words', { database: { connectionString, maxConnections: '5' } }, 'maxConnections is a whole'],
    ['with no time', { database: { connectionString, connectTimeoutMs: 0 } }, 'connectTimeoutMs is a whole number'],
    [
      'with all the time',
      { database: { connectionString, connectTimeoutMs: Infinity } },
      'connectTimeoutMs is a whole',
    ],
    [
      'with a class that is undefined',
      { database, repositories: [undefined] },
      'repositories[0] is undefined; do modules',
    ],
    ['with a repository that is no class', { database, repositories: [{}] }, 'repositories[0] is not a class'],
    [
      'with a list that is none',
      { database, repositories: GardenRepository },
      'repositories is an array, not a function',
    ],
    ['with a class for a mapping', { database, entities: [gardens.entity] }, 'entities[0] is not a mapping'],
    ['with a service that is no class', { database, services: [null] }, 'services[0] is not a class'],
    [
      'with a class registered twice, once with settings',
      { database, repositories: [GardenRepository, { repository: GardenRepository, batchSize: 5 }] },
      'the class GardenRepository is registered twice',
    ],
    [
      'with a class that is a repository and a service',
      { database, repositories: [GardenRepository], services: [GardenRepository] },
      'the class GardenRepository is registered twice',
    ],
    [
      'with an entity registered three times, which is one fault',
      { database, entities: [gardens, { mapping: gardens }, gardens] },
      'the entity Garden is registered twice',
    ],
    ['with a setting that there is not', { database, settings: { bachSize: 5 } }, 'settings has no option "bachSize"'],
    [
      'with a setting of a repository that there is not',
      { database, repositories: [{ repository: GardenRepository, bachSize: 5 }] },
      'GardenRepository has no option "bachSize". Known are: useBatchOperations, useCache, batchSize, strategy, timeoutMs.',
    ],
    [
      'with a setting of a repository of another type',
      { database, repositories: [{ repository: GardenRepository, useBatchOperations: 'no' }] },
      'GardenRepository: useBatchOperations takes true or false, not no',
    ],
    [
      'with a setting of an entity of another type',
      { database, entities: [{ mapping: gardens, batchSize: 0 }] },
      'Garden: batchSize takes a whole number from 1, not 0',
    ],
    [
      'with batch settings that are wrong',
      { database, batch: { batchSize: -1 } },
      'batchSize takes a whole number from 1',
    ],
    [
      'with batch settings that there are not',
      { database, batch: { size: 1 } },
      'batch: BatchConfig has no option "size"',
    ],
    [
      'with cache settings that are wrong',
      { database, cache: { maxEntries: 0 } },
      'cache: The cache setting maxEntries',
    ],
    [
      'with cache settings that there are not',
      { database, cache: { max: 5 } },
      'cache: The cache has no setting "max"',
    ],
    [
      'with cache settings of an entity that are wrong',
      { database, cache: { entities: new Map([[gardens, { ttlMs: -1 }]]) } },
      'cache.entities, Garden: The cache setting ttlMs',
    ],
    ['with cache settings of entities in no Map', { database, cache: { entities: {} } }, 'cache.entities is a Map'],
    ['with a logger that cannot warn', { database, logger: {} }, 'logger lacks a method: info or warn'],
  ])('%s', async (_, config, fault) => {
    const faults = await faultsOf(config);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(fault);
  });

  it.each([undefined, null, 'postgres://localhost/garden'])('when it is %p instead of an object', async (config) => {
    const error = await failureOf(ConfigError, () => createUnoContainer(unchecked(config)));
    expect(error.message).toMatch(/^createUnoContainer takes a configuration, not (undefined|null|a string)\.$/);
  });

  it('with all of its faults at once', async () => {
    const faults = await faultsOf({
      database: { connectionString: 'mysql://localhost', maxConnections: 0, connectTimeoutMs: -1 },
      repositories: [{ repository: GardenRepository, batchSize: 0, useCache: 1 }, TreeRepository, TreeRepository],
      entities: [gardens, gardens, { mapping: trees, nope: 1 }],
      settings: { strategy: 'fast', batchSize: 'big' },
      batch: { batchSize: 0, workers: 3 },
      cache: { maxEntries: 0, ttlMs: 0 },
      loger: console,
    });
    expect(faults.map((fault) => fault.slice(0, 32))).toEqual([
      'there is no option "loger"; know',
      'database.connectionString is not',
      'database.maxConnections is a who',
      'database.connectTimeoutMs is a w',
      'the class TreeRepository is regi',
      'the entity Garden is registered ',
      'settings: strategy takes one of ',
      'settings: batchSize takes a whol',
      'GardenRepository: batchSize take',
      'GardenRepository: useCache takes',
      'Tree has no option "nope". Known',
      'batch: BatchConfig: batchSize ta',
      'batch: BatchConfig has no option',
      'cache: The cache setting maxEntr',
      'cache: The cache setting ttlMs i',
    ]);
  });
});

describe('a connection string that is malformed', () => {
  it.each([
    ['is empty', ''],
    ['has no scheme', 'uno:s3cret@localhost/garden'],
    ['has another scheme', 'mysql://uno:s3cret@localhost/garden'],
    ['has a port that is no number', 'postgres://uno:s3cret@localhost:s3cret/garden'],
    ['has a bare # in the password', 'postgres://uno:12#s3cret@localhost/garden'],
    ['has a bare / in the password', 'postgres://uno:12/s3cret@localhost/garden'],
    ['has a bare ? in the password', 'postgres://uno:12?s3cret@localhost/garden'],
    ['has words before it', 'url=postgres://uno:s3cret@localhost/garden'],
    ['has a space in the host', 'postgres://uno:s3cret@local host/garden'],
  ])('is refused without being shown when it %s', async (_, wrong) => {
    const error = await failureOf(ConfigError, () => createUnoContainer({ database: { connectionString: wrong } }));
    expect(error.message).toContain('database.connectionString is not of the form postgres://user:password@host');
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain('s3cret');
    expect(error.cause).toBeUndefined();
  });
});
