import { describe, expect, it } from '@jest/globals';
import { LruEntityCache } from '@uno/cache';
import { createUnoContainer, kyselyToken, repositoryOf } from '@uno/container';
import { UnitOfWork, UnoContext, UnoDBRepository } from '@uno/domain';
import type { PgPool } from '@uno/postgres';
import { inject, injectable } from 'inversify';
import { Kysely } from 'kysely';
import { failureOf } from './support/failure-of.js';
import { GardenRepository, gardens, TreeRepository, trees } from './support/gardens.js';

@injectable()
class GardenService {
  constructor(
    @inject(GardenRepository) readonly gardens: GardenRepository,
    @inject(repositoryOf(trees)) readonly plainTrees: UnoDBRepository<typeof trees>,
    @inject(UnitOfWork) readonly unitOfWork: UnitOfWork,
    @inject(UnoContext) readonly context: UnoContext,
    @inject(kyselyToken) readonly db: Kysely<unknown>,
  ) {}
}

/** A pool that says when it is asked for a connection, and has none. */
function poolWithout(): PgPool & { asked: number } {
  return {
    asked: 0,
    connect() {
      this.asked++;
      return Promise.reject(new Error('there is no connection'));
    },
    end: async () => {},
  };
}

const open = () => {
  const pool = poolWithout();
  const container = createUnoContainer({
    database: { pool },
    repositories: [GardenRepository],
    entities: [trees],
    services: [GardenService],
  });
  return { container, pool };
};

describe('a container', () => {
  it('gives services what they ask for', () => {
    const { container } = open();
    const service = container.get(GardenService);
    expect(service.gardens).toBeInstanceOf(GardenRepository);
    expect(service.plainTrees).toBeInstanceOf(UnoDBRepository);
    expect(service.plainTrees.mapping).toBe(trees);
    expect(service.unitOfWork).toBeInstanceOf(UnitOfWork);
    expect(service.context).toBe(container.get(UnoContext));
    expect(service.db).toBeInstanceOf(Kysely);
  });

  it('makes repositories and services once', () => {
    const { container } = open();
    expect(container.get(GardenRepository)).toBe(container.get(GardenRepository));
    expect(container.get(repositoryOf(trees))).toBe(container.get(repositoryOf(trees)));
    expect(container.get(GardenService)).toBe(container.get(GardenService));
    expect(container.get(GardenService).gardens).toBe(container.get(GardenRepository));
    expect(container.get(UnitOfWork)).toBe(container.get(UnitOfWork));
    expect(container.get(kyselyToken)).toBe(container.get(kyselyToken));
  });

  it('connects to nothing before the first query', async () => {
    const { container, pool } = open();
    container.get(GardenService);
    expect(pool.asked).toBe(0);
    await expect(container.get(GardenRepository).count()).rejects.toThrow('there is no connection');
    expect(pool.asked).toBe(1);
  });

  it('has the cache among its services, unless it is left out', () => {
    const pool = poolWithout();
    expect(open().container.get(LruEntityCache)).toBeInstanceOf(LruEntityCache);
    const without = createUnoContainer({ database: { pool }, cache: false });
    expect(without.isBound(LruEntityCache)).toBe(false);
    expect(without.get(UnoContext).cache).toBeUndefined();
    expect(without.get(UnoContext).observers).toEqual([]);
  });

  it('leaves batch operations out when it is told to', () => {
    const pool = poolWithout();
    expect(createUnoContainer({ database: { pool } }).get(UnoContext).batch).toBeDefined();
    expect(createUnoContainer({ database: { pool }, batch: false }).get(UnoContext).batch).toBeUndefined();
  });

  it.each([
    [undefined, 4],
    [1, 1],
    [2, 1],
    [4, 3],
    [50, 4],
  ])('with %p connections reads %p at a time, which leaves one to others', (max, expected) => {
    const pool = max === undefined ? poolWithout() : { ...poolWithout(), options: { max } };
    expect(createUnoContainer({ database: { pool } }).get(UnoContext).readConcurrency).toBe(expected);
  });

  it('takes more bindings of the caller, as an Inversify container does', () => {
    const { container } = open();
    container.bind('greeting').toConstantValue('hello');
    expect(container.get<string>('greeting')).toBe('hello');
  });

  it('says which class lacks what when it cannot be made', async () => {
    const container = createUnoContainer({ database: { pool: poolWithout() }, services: [GardenService] });
    const error = await failureOf(Error, () => container.get(GardenService));
    expect(error.message).toContain('GardenRepository');
    expect(error.message).toContain('GardenService');
  });

  it('says which entity has no plain repository', async () => {
    const container = createUnoContainer({ database: { pool: poolWithout() } });
    const error = await failureOf(Error, () => container.get(repositoryOf(gardens)));
    expect(error.message).toContain('repository of Garden');
  });

  it('says so when a class has no decorators that tell what it needs', async () => {
    class Undecorated extends UnoDBRepository<typeof trees> {
      constructor(context: UnoContext) {
        super(context, trees);
      }
    }
    const create = () => createUnoContainer({ database: { pool: poolWithout() }, repositories: [Undecorated] });
    const error = await failureOf(Error, create);
    expect(error.message).toContain('missing metadata on type "Undecorated"');
    expect(error.message).toContain('@inject');
  });

  it('has nothing in common with another one', () => {
    const first = open().container;
    const second = open().container;
    for (const token of [GardenRepository, GardenService, UnoContext, UnitOfWork, LruEntityCache]) {
      expect(first.get<unknown>(token)).not.toBe(second.get<unknown>(token));
    }
    expect(first.get(repositoryOf(trees))).not.toBe(second.get(repositoryOf(trees)));
    expect(first.get(kyselyToken)).not.toBe(second.get(kyselyToken));
  });

  it('is not reached by later changes of the configuration that it was made from', () => {
    const entry = { repository: TreeRepository, batchSize: 5 };
    const container = createUnoContainer({ database: { pool: poolWithout() }, repositories: [entry] });
    entry.batchSize = 7;
    expect(container.get(TreeRepository).settings.batchSize).toBe(5);
  });
});
