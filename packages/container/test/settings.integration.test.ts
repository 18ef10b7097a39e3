import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LruEntityCache } from '@uno/cache';
import { createUnoContainer, repositoryOf, type UnoContainer, type UnoContainerConfig } from '@uno/container';
import { type GardenDatabase, insertsInto, openGardenDatabase } from './support/garden-database.js';
import { felledTrees, GardenRepository, gardens, TreeRepository, trees } from './support/gardens.js';

let database: GardenDatabase;
let container: UnoContainer;
beforeAll(async () => {
  database = await openGardenDatabase();
});
beforeEach(() => database.reset());
afterEach(() => container.dispose());
afterAll(() => database.close());

function open(config: Omit<UnoContainerConfig, 'database'>): UnoContainer {
  container = createUnoContainer({ database: { pool: database.pool }, ...config });
  return container;
}

const fourGardens = ['a', 'b', 'c', 'd'].map((name) => ({ name }));
const fourTrees = ['oak', 'ash', 'elm', 'fir'].map((species) => ({ species }));

/** In how many statements four gardens are written by the class that says a statement takes two. */
async function gardenStatements(): Promise<number> {
  await container.get(GardenRepository).batchAdd(fourGardens);
  return insertsInto(database.statements, 'garden');
}

async function treeStatements(): Promise<number> {
  await container.get(TreeRepository).batchAdd(fourTrees);
  return insertsInto(database.statements, 'tree');
}

describe('how four records are written', () => {
  it('is what the class says', async () => {
    open({ repositories: [GardenRepository] });
    expect(await gardenStatements()).toBe(2);
  });

  it('is what the configuration says of the class, rather than the class', async () => {
    open({ repositories: [{ repository: GardenRepository, batchSize: 4 }] });
    expect(await gardenStatements()).toBe(1);
  });

  it('is record by record when the configuration switches batching off for the class', async () => {
    open({ repositories: [{ repository: GardenRepository, useBatchOperations: false }] });
    expect(await gardenStatements()).toBe(4);
    expect(await database.names()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is what the call says, rather than configuration and class', async () => {
    open({ repositories: [{ repository: GardenRepository, batchSize: 1 }] });
    await container.get(GardenRepository).batchAdd(fourGardens, { batchSize: 3 });
    expect(insertsInto(database.statements, 'garden')).toBe(2);
  });

  it('is in a batch when the call says so and the configuration says otherwise', async () => {
    open({ repositories: [{ repository: GardenRepository, useBatchOperations: false }] });
    await container.get(GardenRepository).batchAdd(fourGardens, { useBatchOperations: true });
    expect(insertsInto(database.statements, 'garden')).toBe(2);
  });

  it('is record by record when the call says so and the configuration says otherwise', async () => {
    open({ repositories: [{ repository: GardenRepository, useBatchOperations: true }] });
    await container.get(GardenRepository).batchAdd(fourGardens, { useBatchOperations: false });
    expect(insertsInto(database.statements, 'garden')).toBe(4);
  });

  it('is what the settings of all say where the class says nothing', async () => {
    open({ repositories: [TreeRepository], settings: { batchSize: 1 } });
    expect(await treeStatements()).toBe(4);
  });

  it('is what the class says, rather than the settings of all', async () => {
    open({ repositories: [GardenRepository], settings: { batchSize: 4 } });
    expect(await gardenStatements()).toBe(2);
  });

  it('is what the settings of batch operations say where nobody else says anything', async () => {
    open({ repositories: [TreeRepository], batch: { batchSize: 2 } });
    expect(await treeStatements()).toBe(2);
  });

  it('is one statement where nobody says anything at all', async () => {
    open({ repositories: [TreeRepository] });
    expect(await treeStatements()).toBe(1);
  });

  it('is record by record without batch operations, even when a call asks for them', async () => {
    open({ repositories: [GardenRepository], batch: false });
    await container.get(GardenRepository).batchAdd(fourGardens, { useBatchOperations: true });
    expect(insertsInto(database.statements, 'garden')).toBe(4);
  });

  it('is said for one class without a word on the others', async () => {
    open({ repositories: [{ repository: GardenRepository, useBatchOperations: false }, TreeRepository] });
    expect(await gardenStatements()).toBe(4);
    expect(await treeStatements()).toBe(1);
  });
});

describe('a plain repository', () => {
  it('does what the configuration says of its mapping', async () => {
    open({ entities: [{ mapping: trees, batchSize: 1 }], settings: { batchSize: 2 } });
    await container.get(repositoryOf(trees)).batchAdd(fourTrees);
    expect(insertsInto(database.statements, 'tree')).toBe(4);
  });

  it('does what is said of its own mapping, not of another one of the same class', async () => {
    open({ entities: [{ mapping: trees, batchSize: 1 }, felledTrees] });
    await container.get(repositoryOf(trees)).batchAdd(fourTrees);
    await container.get(repositoryOf(felledTrees)).batchAdd(fourTrees);
    expect(insertsInto(database.statements, 'tree')).toBe(4);
    expect(insertsInto(database.statements, 'felled_tree')).toBe(1);
  });
});

describe('the cache of a container', () => {
  const readTwice = async () => {
    const repository = container.get(GardenRepository);
    await repository.add({ name: 'a' });
    await repository.get(1);
    database.statements.length = 0;
    await repository.get(1);
    return database.statements.length;
  };

  it('answers what was read before', async () => {
    open({ repositories: [GardenRepository] });
    expect(await readTwice()).toBe(0);
  });

  it('is not there when it is left out', async () => {
    open({ repositories: [GardenRepository], cache: false });
    expect(await readTwice()).toBe(1);
  });

  it('is not asked by a repository whose configuration says so', async () => {
    open({ repositories: [{ repository: GardenRepository, useCache: false }] });
    expect(await readTwice()).toBe(1);
  });

  it('has the bounds of all entities, and of single ones', async () => {
    open({
      repositories: [GardenRepository, TreeRepository],
      cache: { maxEntries: 1, entities: new Map([[gardens, { maxEntries: 3 }]]) },
    });
    await container.get(GardenRepository).batchAdd(fourGardens);
    await container.get(TreeRepository).batchAdd(fourTrees);
    await container.get(GardenRepository).batchGet([1, 2, 3, 4]);
    await container.get(TreeRepository).batchGet([1, 2, 3, 4]);
    expect(container.get(LruEntityCache).statistics(gardens).entries).toBe(3);
    expect(container.get(LruEntityCache).statistics(trees).entries).toBe(1);
  });
});

describe('a cursor of a page', () => {
  const firstPage = async (pageKey: string) => {
    const repository = open({ repositories: [GardenRepository], pageKey }).get(GardenRepository);
    return { repository, page: await repository.page({ limit: 1 }) };
  };

  it('is taken where the configuration has the same secret, and nowhere else', async () => {
    open({ repositories: [GardenRepository] });
    await container.get(GardenRepository).batchAdd(fourGardens);
    const one = await firstPage('one secret of the tests');
    const same = await firstPage('one secret of the tests');
    const next = await same.repository.page({ limit: 1, after: one.page.next });
    expect(next.items).toMatchObject([{ name: 'b' }]);
    const other = await firstPage('other secret of the tests');
    const refused = other.repository.page({ limit: 1, after: one.page.next });
    await expect(refused).rejects.toMatchObject({ code: 'UNO_PAGE_CURSOR', fault: 'signature' });
  });
});
