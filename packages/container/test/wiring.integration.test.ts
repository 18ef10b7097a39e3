import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LruEntityCache } from '@uno/cache';
import { createUnoContainer, kyselyToken, repositoryOf, type UnoContainer } from '@uno/container';
import { UnitOfWork, type UnoDBRepository } from '@uno/domain';
import { inject, injectable } from 'inversify';
import { type Kysely, sql } from 'kysely';
import { type GardenDatabase, openGardenDatabase } from './support/garden-database.js';
import { Garden, GardenRepository, gardens, trees } from './support/gardens.js';

@injectable()
class PlantingService {
  constructor(
    @inject(GardenRepository) private readonly gardens: GardenRepository,
    @inject(repositoryOf(trees)) private readonly plainTrees: UnoDBRepository<typeof trees>,
    @inject(UnitOfWork) private readonly unitOfWork: UnitOfWork,
    @inject(kyselyToken) private readonly db: Kysely<unknown>,
  ) {}

  /** A garden with its trees, or nothing. */
  plant(garden: string, species: readonly string[]): Promise<Garden> {
    return this.unitOfWork.run(async () => {
      const added = await this.gardens.add({ name: garden });
      await this.plainTrees.batchAdd(species.map((one) => ({ species: one })));
      if (species.includes('triffid')) throw new Error('no triffids');
      return added;
    });
  }

  async treesByOwnSql(): Promise<string[]> {
    const { rows } = await sql<{ species: string }>`select species from tree order by id`.execute(this.db);
    return rows.map((row) => row.species);
  }
}

let database: GardenDatabase;
let container: UnoContainer;
beforeAll(async () => {
  database = await openGardenDatabase();
});
beforeEach(async () => {
  await database.reset();
  container = open();
});
afterEach(() => container.dispose());
afterAll(() => database.close());

function open(): UnoContainer {
  return createUnoContainer({
    database: { connectionString: database.connectionString, maxConnections: 2 },
    repositories: [GardenRepository],
    entities: [trees],
    services: [PlantingService],
  });
}

describe('a service of a container', () => {
  it('writes and reads through the repositories that it was given', async () => {
    const garden = await container.get(PlantingService).plant('Park', ['oak', 'ash']);
    expect(garden).toBeInstanceOf(Garden);
    expect(await container.get(GardenRepository).get(garden.id)).toEqual(garden);
    expect(await container.get(repositoryOf(trees)).count()).toBe(2);
  });

  it('undoes everything when its unit of work fails, in all repositories', async () => {
    await expect(container.get(PlantingService).plant('Park', ['triffid'])).rejects.toThrow('no triffids');
    expect(await container.get(GardenRepository).count()).toBe(0);
    expect(await container.get(repositoryOf(trees)).count()).toBe(0);
  });

  it('runs queries of its own on the same database', async () => {
    const service = container.get(PlantingService);
    await service.plant('Park', ['oak', 'ash']);
    expect(await service.treesByOwnSql()).toEqual(['oak', 'ash']);
  });

  it('uses methods that a repository class added', async () => {
    await container.get(GardenRepository).batchAdd([{ name: 'b' }, { name: 'a' }]);
    expect((await container.get(GardenRepository).byName()).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('reads through the cache, which hears of what every repository of the container writes', async () => {
    const repository = container.get(GardenRepository);
    const { id } = await repository.add({ name: 'old' });
    await repository.get(id);
    await repository.get(id);
    await repository.update({ id, name: 'new' });
    expect((await repository.get(id))?.name).toBe('new');
    expect(container.get(LruEntityCache).statistics(gardens)).toMatchObject({ hits: 1, misses: 2 });
  });
});

describe('two containers in one process', () => {
  it('have their own connections, caches and units of work', async () => {
    await using other = open();
    const here = container.get(GardenRepository);
    const there = other.get(GardenRepository);
    await container.get(UnitOfWork).run(async () => {
      await here.add({ name: 'not there yet' });
      expect(await there.count()).toBe(0);
    });
    expect(await there.count()).toBe(1);
    await here.get(1);
    expect(other.get(LruEntityCache).statistics(gardens)).toMatchObject({ hits: 0, misses: 0 });
  });

  it('leave each other alone when one of them is disposed', async () => {
    const other = open();
    await other.get(GardenRepository).count();
    await container.get(GardenRepository).count();
    await other.dispose();
    expect(await container.get(GardenRepository).count()).toBe(0);
    expect(other.isBound(UnitOfWork)).toBe(false);
  });
});
