import { describe, expect, it } from '@jest/globals';
import { type RepositorySettings, UnitOfWork, UnoContext, UnoDBRepository } from '@uno/domain';
import { ConfigError } from '@uno/postgres';
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import { unreachableDatabase } from '../support/database.js';
import { City, cities } from '../support/world.js';
import { failureOf, unchecked } from '../support/wrong.js';

const db = unreachableDatabase();

describe('a context', () => {
  it('refuses a Kysely of another dialect and says which one it takes', async () => {
    const other = new Kysely({
      dialect: {
        createAdapter: () => new PostgresAdapter(),
        createDriver: () => new DummyDriver(),
        createIntrospector: (kysely) => new PostgresIntrospector(kysely),
        createQueryCompiler: () => new PostgresQueryCompiler(),
      },
    });
    const error = await failureOf(ConfigError, () => new UnoContext({ db: other }));
    expect(error.message).toContain('new UnoPostgresDialect({ pool })');
  });

  it.each([[0], [-1], [1.5], [Number.NaN], [Number.POSITIVE_INFINITY]])(
    'refuses %p reads side by side',
    async (readConcurrency) => {
      const error = await failureOf(ConfigError, () => new UnoContext({ db, readConcurrency }));
      expect(error.message).toContain('readConcurrency is a whole number from 1');
    },
  );

  it('is not touched by later changes of the options it was made of', () => {
    const observers = [{ written: () => {} }];
    const context = new UnoContext({ db, observers });
    observers.push({ written: () => {} });
    expect(context.observers).toHaveLength(1);
    expect(Object.isFrozen(context.observers)).toBe(true);
  });

  it('gives the database outside of a unit of work', () => {
    expect(new UnoContext({ db }).current()).toBe(db);
  });

  it('rejects, and does not throw, when a unit of work cannot connect', async () => {
    await expect(new UnitOfWork(new UnoContext({ db })).run(async () => 1)).rejects.toThrow('asked for a connection');
  });
});

describe('the settings of a repository', () => {
  class CityRepository extends UnoDBRepository<typeof cities> {
    constructor(context: UnoContext) {
      super(context, cities, { batchSize: 10, useCache: true });
    }
  }

  it('are those of the context, over them those of the class, over them the overrides', () => {
    const context = new UnoContext({
      db,
      settings: { batchSize: 1, useCache: false, strategy: 'parallel' },
      overrides: new Map([[CityRepository, { batchSize: 99 }]]),
    });
    expect(new CityRepository(context).settings).toEqual({ batchSize: 99, useCache: true, strategy: 'parallel' });
  });

  it('are not overridden by `undefined`', () => {
    const context = new UnoContext({ db, overrides: new Map([[CityRepository, { batchSize: undefined }]]) });
    expect(new CityRepository(context).settings.batchSize).toBe(10);
  });

  it('are overridden by the entity’s class where the repository has none of its own', () => {
    const context = new UnoContext({ db, overrides: new Map([[City, { useBatchOperations: false }]]) });
    expect(new UnoDBRepository(context, cities).settings).toEqual({ useBatchOperations: false });
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(new CityRepository(new UnoContext({ db })).settings)).toBe(true);
  });

  it.each<[string, unknown, string]>([
    ['an unknown one', { batchsize: 1 }, 'no option "batchsize". Known are: useBatchOperations, useCache,'],
    ['one that every object has', { constructor: 1 }, 'no option "constructor"'],
    ['a text for a number', { batchSize: '5' }, 'batchSize takes a whole number from 1, not 5'],
    ['a batch of none', { batchSize: 0 }, 'batchSize takes a whole number from 1, not 0'],
    ['a batch of NaN', { batchSize: Number.NaN }, 'not NaN'],
    ['half a record', { batchSize: 0.5 }, 'not 0.5'],
    ['null', { useCache: null }, 'useCache takes true or false, not null'],
    ['an unknown strategy', { strategy: 'fast' }, 'strategy takes one of single_query, chunked, parallel,'],
    ['a strategy that every object has', { strategy: 'toString' }, 'not toString'],
  ])('refuse %s, naming who said it', async (_, settings, message) => {
    const wrong = unchecked<RepositorySettings>(settings);
    const byClass = await failureOf(ConfigError, () => new UnoDBRepository(new UnoContext({ db }), cities, wrong));
    expect(byClass.message).toContain(message);
    expect(byClass.message).toMatch(/^City[ :]/);
    const byContext = await failureOf(ConfigError, () => new UnoContext({ db, settings: wrong }));
    expect(byContext.message).toMatch(/^UnoContext settings[ :]/);
  });
});
