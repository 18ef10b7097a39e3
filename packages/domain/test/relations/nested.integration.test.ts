import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type AnyMapping,
  column,
  createTables,
  Entity,
  hasMany,
  manyToMany,
  mapEntity,
  UnoContext,
  UnoDBRepository,
} from '@uno/domain';
import { ConfigError, UnoError, ValidationError } from '@uno/postgres';
import { sql } from 'kysely';
import { archive, Hall, halls, keepers, Shelf, shelves, topics, Volume, volumes } from '../support/archive.js';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { failureOf, unchecked } from '../support/wrong.js';

let database: OpenDatabase;
const of = <M extends AnyMapping>(mapping: M) => new UnoDBRepository(new UnoContext({ db: database.db }), mapping);

beforeAll(async () => {
  database = await openDatabase(archive);
  await sql`drop table volume_topic; create table volume_topic (volume_id integer, topic_code text)`.execute(
    database.db,
  );
  await of(halls).batchAdd([
    { building: 'A', number: 1 },
    { building: 'A', number: 2 },
    { building: 'B', number: 1 },
  ]);
  await of(keepers).batchAdd([
    { name: 'Ada', building: 'A', hallNumber: 1 },
    { name: 'Bo', building: 'A', hallNumber: 1 },
    { name: 'Cy', building: 'B', hallNumber: null },
  ]);
  await of(shelves).batchAdd([
    { building: 'A', number: 1, turn: 'z' },
    { building: 'A', number: 1, turn: 'a' },
    { building: 'B', number: 1 },
  ]);
  await of(volumes).batchAdd([
    { title: 'One', shelfId: 1, pages: 30 },
    { title: 'Two', shelfId: 1, pages: 10, sequelTo: 1 },
    { title: 'Three', shelfId: 1, pages: 20, sequelTo: 2 },
    { title: 'Four', shelfId: 3, pages: null },
    { title: 'Loose', pages: 5 },
  ]);
  await of(topics).batchAdd([{ code: 'art', p: 2 }, { code: 'law', p: 1 }, { code: 'sea' }]);
  // A pair that is there twice, and one that leads nowhere.
  await sql`insert into volume_topic values (1, 'sea'), (1, 'art'), (1, 'art'), (3, 'art'), (3, 'law'), (4, 'gone')`.execute(
    database.db,
  );
});
afterAll(() => database.close());
beforeEach(() => {
  database.statements.length = 0;
});

describe('a foreign key of several fields', () => {
  it('leads to the one that it belongs to, and nowhere when a part of it is NULL', async () => {
    const [ada, , cy] = await of(keepers).list({ orderBy: ['id'], loadRelations: ['hall'] });
    expect([ada?.hall, cy?.hall]).toEqual([{ building: 'A', number: 1 }, null]);
    expect(ada?.hall).toBeInstanceOf(Hall);
  });

  it('leads back to those that have it', async () => {
    const loaded = await of(halls).list({ orderBy: ['building', 'number'], loadRelations: ['shelves'] });
    expect(loaded.map((hall) => hall.shelves.map(({ id }) => id))).toEqual([[1, 2], [], [3]]);
  });
});

describe('hasOne', () => {
  it('gives the first by key, or the first in an order, and null where there is none', async () => {
    const first = await of(halls).list({ orderBy: ['building', 'number'], loadRelations: ['keeper'] });
    expect(first.map(({ keeper }) => keeper?.name ?? null)).toEqual(['Ada', null, null]);
    const last = await of(halls).get(
      { building: 'A', number: 1 },
      { loadRelations: { keeper: { orderBy: [{ name: 'desc' }] } } },
    );
    expect(last?.keeper?.name).toBe('Bo');
  });
});

describe('manyToMany', () => {
  it('gives each entity once, in the order of the keys, from either side', async () => {
    const loaded = await of(volumes).list({ orderBy: ['id'], loadRelations: ['topics'] });
    expect(loaded.map((volume) => volume.topics.map(({ code }) => code))).toEqual([
      ['art', 'sea'],
      [],
      ['art', 'law'],
      [],
      [],
    ]);
    const [art] = await of(topics).batchGet(['art'], { loadRelations: ['volumes'] });
    expect(art?.volumes.map(({ title }) => title)).toEqual(['One', 'Three']);
  });

  it('shares one entity among all that have it', async () => {
    const [one, three] = await of(volumes).batchGet([1, 3], { loadRelations: ['topics'] });
    expect(one?.topics[0]).toBe(three?.topics[0]);
  });
});

describe('a path', () => {
  it('loads what relations lead to, over any kind of them', async () => {
    const [hall] = await of(halls).list({
      orderBy: ['building', 'number'],
      loadRelations: ['shelves.volumes.topics', 'shelves.hall'],
    });
    const [shelf] = hall?.shelves ?? [];
    expect(shelf).toBeInstanceOf(Shelf);
    expect(shelf?.hall).toEqual({ building: 'A', number: 1 });
    expect(shelf?.volumes.map(({ topics: of }) => of.length)).toEqual([2, 0, 2]);
  });

  it('goes from a table to itself', async () => {
    const [three] = await of(volumes).batchGet([3], { loadRelations: ['before.before.sequels'] });
    expect(three?.before?.before?.sequels.map(({ title }) => title)).toEqual(['Two']);
    expect(three?.before).toBeInstanceOf(Volume);
  });

  it('costs one statement for each relation of a level to many, whatever the number of parents', async () => {
    await of(halls).list({ loadRelations: ['shelves.volumes.topics', 'shelves.volumes.sequels', 'keeper'] });
    expect(database.statements).toHaveLength(6);
  });

  it('ends where there is nobody', async () => {
    const [empty] = await of(halls).list({ filters: { number: 2 }, loadRelations: ['shelves.volumes'] });
    expect(empty?.shelves).toEqual([]);
    expect(database.statements).toHaveLength(2);
  });

  it('loads no more than the direct relations by true', async () => {
    const [one] = await of(volumes).list({ orderBy: ['id'], loadRelations: true });
    expect(Object.keys(one ?? {}).filter((name) => name in volumes.relations)).toEqual(Object.keys(volumes.relations));
    expect(one?.shelf).toEqual({ id: 1, building: 'A', number: 1, turn: 'z' });
  });
});

describe('an order, a filter and a limit', () => {
  const titles = (loaded: readonly { volumes: readonly { title: string }[] }[]) =>
    loaded.map((shelf) => shelf.volumes.map(({ title }) => title));

  it('hold for each parent by itself', async () => {
    const shelf = of(shelves);
    expect(
      titles(
        await shelf.list({ orderBy: ['id'], loadRelations: { volumes: { orderBy: [{ pages: 'desc' }], limit: 2 } } }),
      ),
    ).toEqual([['One', 'Three'], [], ['Four']]);
    expect(
      titles(await shelf.list({ orderBy: ['id'], loadRelations: { volumes: { filters: { pages: { lt: 25 } } } } })),
    ).toEqual([['Two', 'Three'], [], []]);
    expect(titles(await shelf.list({ orderBy: ['id'], loadRelations: { volumes: { limit: 0 } } }))).toEqual([
      [],
      [],
      [],
    ]);
    expect(
      titles(
        await shelf.list({
          orderBy: ['id'],
          loadRelations: { volumes: { filters: { title: { ne: 'Two' } }, limit: 1 } },
        }),
      ),
    ).toEqual([['One'], [], ['Four']]);
  });

  it('hold beyond a table between the two, and for columns with the names of the statement’s own', async () => {
    const loaded = await of(volumes).list({
      orderBy: ['id'],
      loadRelations: { topics: { filters: { p: { gte: 1 } }, orderBy: ['p'], limit: 1 } },
    });
    expect(loaded.map((volume) => volume.topics.map(({ code }) => code))).toEqual([['art'], [], ['law'], [], []]);
    const [hall] = await of(halls).list({
      orderBy: ['building', 'number'],
      loadRelations: { shelves: { orderBy: ['turn'], limit: 1 } },
    });
    expect(hall?.shelves.map(({ turn }) => turn)).toEqual(['a']);
  });

  it('go on to relations of what they give', async () => {
    const [hall] = await of(halls).list({
      orderBy: ['building', 'number'],
      loadRelations: {
        shelves: {
          limit: 1,
          loadRelations: { volumes: { orderBy: ['title'], loadRelations: ['topics'] }, hall: true },
        },
      },
    });
    expect(hall?.shelves[0]?.volumes.map(({ title, topics: of }) => [title, of.length])).toEqual([
      ['One', 2],
      ['Three', 2],
      ['Two', 0],
    ]);
  });
});

it('finds tables that are called as a statement might call its own parts', async () => {
  class Person extends Entity<number> {
    children?: Person[];
    motherId!: number | null;
    friends?: Person[];
  }
  const ends = { foreignKey: 'p', otherKey: 'k0' } as const;
  const people = mapEntity(Person, {
    table: 'parents',
    columns: { id: column.integer(), motherId: column.integer().named('turn').nullable() },
    relations: {
      children: hasMany(() => Person, 'motherId'),
      friends: manyToMany(() => Person, { through: 'links', ...ends }),
    },
  });
  await createTables(database.db, [people]);
  await of(people).batchAdd([{ id: 1 }, { id: 2, motherId: 1 }, { id: 3, motherId: 1 }]);
  await sql`insert into links values (1, 3), (2, 3)`.execute(database.db);
  const order = { orderBy: [{ id: 'desc' }], limit: 1 } as const;
  const loaded = await of(people).list({ orderBy: ['id'], loadRelations: { children: order, friends: order } });
  expect(loaded.map(({ children, friends }) => [children[0]?.id, friends[0]?.id])).toEqual([
    [3, 3],
    [undefined, 3],
    [undefined, undefined],
  ]);
});

describe('what cannot be loaded', () => {
  it.each<[string, unknown, string]>([
    ['a relation of a relation', ['shelf.hal'], 'Shelf has no relation "hal". It has: hall, volumes.'],
    ['an empty part of a path', ['shelf.'], 'Shelf has no relation "". It has: hall, volumes.'],
    [
      'a relation of a tree',
      { shelves: true },
      'Volume has no relation "shelves". It has: shelf, before, sequels, topics.',
    ],
    [
      'a number',
      5,
      "loadRelations of Volume takes true, a list of relations such as ['region.country'], or an object of them, not a number.",
    ],
    ['a list with a number', [5], 'loadRelations of Volume: a list has names of relations, not a number.'],
    ['false', { shelf: false }, 'loadRelations of Volume.shelf takes true, or an object that says how, not a boolean.'],
    [
      'an unknown option',
      { topics: { limits: 1 } },
      'loadRelations of Volume.topics has no option "limits". Known are: filters, orderBy, limit, loadRelations.',
    ],
    [
      'a limit for what it belongs to',
      { shelf: { limit: 1 } },
      'loadRelations of Volume.shelf has no option "limit". Known are: loadRelations.',
    ],
    [
      'a limit that is none',
      { topics: { limit: -1 } },
      'loadRelations of Volume.topics: limit is a whole number from 0, not a negative one.',
    ],
    ['an unknown field of a filter', { topics: { filters: { q: 1 } } }, 'Topic has no field "q". It has: code, p.'],
    ['an unknown field of an order', { topics: { orderBy: ['q'] } }, 'Topic has no field "q". It has: code, p.'],
  ])('is refused with what there is: %s', async (_, wanted, message) => {
    const repository = of(volumes);
    const [one] = await repository.batchGet([1]);
    if (one === undefined) throw new Error('the row is gone');
    database.statements.length = 0;
    const error = await failureOf(UnoError, () => repository.loadRelations(one, unchecked<readonly []>(wanted)));
    expect(error.message).toBe(message);
    expect(error instanceof ConfigError || error instanceof ValidationError).toBe(true);
    expect(database.statements).toEqual([]);
  });
});
