import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createUnoContainer, type UnoContainer } from '@uno/container';
import { inject, injectable, preDestroy } from 'inversify';
import { type GardenDatabase, openGardenDatabase, until } from './support/garden-database.js';
import { GardenRepository } from './support/gardens.js';

@injectable()
class FarewellService {
  readonly farewells: string[] = [];

  constructor(@inject(GardenRepository) readonly gardens: GardenRepository) {}

  @preDestroy()
  async sayFarewell(): Promise<void> {
    await this.gardens.add({ name: 'farewell' });
    this.farewells.push('said');
  }
}

@injectable()
class StubbornService {
  @preDestroy()
  refuse(): never {
    throw new Error('I will not go');
  }
}

let database: GardenDatabase;
beforeAll(async () => {
  database = await openGardenDatabase();
});
beforeEach(() => database.reset());
afterAll(() => database.close());

function open(): UnoContainer {
  return createUnoContainer({
    database: { connectionString: database.connectionString, maxConnections: 3 },
    repositories: [GardenRepository],
    services: [FarewellService, StubbornService],
  });
}

const untilNoConnection = () => until(async () => (await database.containerPids()).length === 0);

describe('disposing of a container', () => {
  it('closes all of its connections', async () => {
    const container = open();
    const repository = container.get(GardenRepository);
    await Promise.all([repository.count(), repository.count(), repository.count()]);
    expect(await database.containerPids()).toHaveLength(3);
    await container.dispose();
    await untilNoConnection();
    expect(await database.containerPids()).toEqual([]);
  });

  it('waits for the queries that are under way', async () => {
    const container = open();
    let answered = false;
    const query = container
      .get(GardenRepository)
      .count()
      .finally(() => {
        answered = true;
      });
    await until(async () => (await database.containerPids()).length > 0);
    await container.dispose();
    expect(answered).toBe(true);
    expect(await query).toBe(0);
  });

  it('is the same when it is asked for again, before and after it is done', async () => {
    const container = open();
    await container.get(GardenRepository).count();
    const first = container.dispose();
    const second = container.dispose();
    expect(second).toBe(first);
    await first;
    await expect(container.dispose()).resolves.toBeUndefined();
  });

  it('is possible before anything was asked for', async () => {
    await expect(open().dispose()).resolves.toBeUndefined();
    expect(await database.containerPids()).toEqual([]);
  });

  it('lets services finish with their repositories before the connections are closed', async () => {
    const container = open();
    const { farewells } = container.get(FarewellService);
    await container.dispose();
    expect(farewells).toEqual(['said']);
    expect(await database.names()).toEqual(['farewell']);
  });

  it('deactivates services once, and none that was never made', async () => {
    const container = open();
    await container.dispose();
    expect(await database.names()).toEqual([]);
    const used = open();
    const { farewells } = used.get(FarewellService);
    await used.dispose();
    await used.dispose();
    expect(farewells).toEqual(['said']);
  });

  it('closes the connections even when a service refuses, and tells of that', async () => {
    const container = open();
    container.get(StubbornService);
    await container.get(GardenRepository).count();
    await expect(container.dispose()).rejects.toThrow('I will not go');
    await untilNoConnection();
    expect(await database.containerPids()).toEqual([]);
  });

  it('leaves nothing to be got from it', async () => {
    const container = open();
    const repository = container.get(GardenRepository);
    await container.dispose();
    expect(() => container.get(GardenRepository)).toThrow('GardenRepository');
    await expect(repository.count()).rejects.toMatchObject({ code: 'UNO_CONNECTION' });
  });

  it('happens at the end of a block that holds it by "await using"', async () => {
    let kept: UnoContainer | undefined;
    {
      await using container = open();
      kept = container;
      await container.get(GardenRepository).add({ name: 'in the block' });
    }
    expect(kept.isBound(GardenRepository)).toBe(false);
    await untilNoConnection();
    expect(await database.names()).toEqual(['in the block']);
  });

  it('happens at the end of such a block that throws, too', async () => {
    const block = async () => {
      await using container = open();
      await container.get(GardenRepository).count();
      throw new Error('from the block');
    };
    await expect(block()).rejects.toThrow('from the block');
    await untilNoConnection();
    expect(await database.containerPids()).toEqual([]);
  });

  it('leaves a pool of the caller open', async () => {
    const container = createUnoContainer({ database: { pool: database.pool }, repositories: [GardenRepository] });
    await container.get(GardenRepository).count();
    await container.dispose();
    expect(database.pool.ended).toBe(false);
    const { rows } = await database.pool.query({ text: 'select 1 as one' });
    expect(rows).toEqual([{ one: 1 }]);
  });
});
