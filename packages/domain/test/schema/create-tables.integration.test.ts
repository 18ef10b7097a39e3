import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  belongsTo,
  checkMappings,
  column,
  createTables,
  Entity,
  manyToMany,
  mapEntity,
  readTable,
  UnoContext,
  UnoDBRepository,
} from '@uno/domain';
import { StatementError, UnoError } from '@uno/postgres';
import { sql } from 'kysely';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { failureOf } from '../support/wrong.js';

class Author extends Entity<number> {
  name!: string;
  bestId!: number | null;
  best?: Book | null;
}
class Book extends Entity<number> {
  authorId!: number;
  title!: string;
  author?: Author;
}

const authors = mapEntity(Author, {
  table: 'author',
  schema: 'library',
  columns: { id: column.integer().generated(), name: column.text(), bestId: column.integer().nullable() },
  relations: { best: belongsTo(() => Book, 'bestId') },
});
const books = mapEntity(Book, {
  table: 'book',
  schema: 'library',
  columns: { id: column.integer().generated(), authorId: column.integer(), title: column.text() },
  relations: { author: belongsTo(() => Author, 'authorId') },
  uniques: [['authorId', 'title']],
});

class Defaults extends Entity<number> {
  text!: string;
  amount!: string;
  tags!: string[];
  mood!: 'it’s ok' | 'sad';
  at!: Date;
  today!: string;
  bytes!: Uint8Array;
  missing!: number | null;
  twice!: number;
}
const defaults = mapEntity(Defaults, {
  table: 'defaults',
  columns: {
    id: column.integer().generated(),
    text: column.text().default(`it's a "\\" \n 😀`),
    amount: column.numeric(10, 2).default('1.50'),
    tags: column.array(column.text()).default(['a,b', `'"\\`]),
    mood: column.enumeration('defaults_mood', ['it’s ok', 'sad']).default('sad'),
    at: column.timestamptz().default(new Date(0)),
    today: column.date().default(sql`current_date`),
    bytes: column.bytea().default(new Uint8Array([0, 255])),
    missing: column.integer().nullable(),
    twice: column.integer().computed(sql`id * 2`),
  },
});

class Odd extends Entity<number> {
  select!: string;
  quoted!: string;
  upper!: number;
  emoji!: number;
  mixedCase!: number;
}
const odds = mapEntity(Odd, {
  table: 'order',
  schema: 'My "Schema"',
  columns: {
    id: column.integer().generated().named('ID'),
    select: column.text(),
    quoted: column.text().named('a "quoted" name'),
    upper: column.integer().named('UPPER CASE'),
    emoji: column.integer().named('😀; drop table "order" --'),
    mixedCase: column.integer(),
  },
  uniques: [['select', 'quoted']],
});

let database: OpenDatabase;
beforeAll(async () => {
  database = await openDatabase([]);
});
afterAll(() => database.close());

const repositoryOf = <M extends typeof authors | typeof books | typeof defaults | typeof odds>(mapping: M) =>
  new UnoDBRepository(new UnoContext({ db: database.db }), mapping);

describe('createTables', () => {
  it('makes tables that refer to each other in a circle, in a schema that it makes too', async () => {
    await createTables(database.db, [authors, books]);
    await checkMappings(database.db, [authors, books]);
    const author = await repositoryOf(authors).add({ name: 'Ende' });
    const book = await repositoryOf(books).add({ authorId: author.id, title: 'Momo' });
    await repositoryOf(authors).update({ id: author.id, bestId: book.id });
    await expect(repositoryOf(books).add({ authorId: 99, title: 'x' })).rejects.toMatchObject({ sqlstate: '23503' });
    await expect(repositoryOf(books).add({ authorId: 1, title: 'Momo' })).rejects.toMatchObject({ sqlstate: '23505' });
  });

  it('makes an index on every foreign key', async () => {
    const { rows } = await sql<{ indexdef: string }>`select indexdef from pg_indexes
      where schemaname = 'library' and indexname not like '%key' order by indexname`.execute(database.db);
    const definitions = rows.map(({ indexdef }) => indexdef).filter((text) => !text.includes('UNIQUE'));
    expect(definitions).toEqual([
      expect.stringContaining('library.author USING btree ("bestId")'),
      expect.stringContaining('library.book USING btree ("authorId")'),
    ]);
  });

  it('gives columns their defaults, by value and by expression, and computes what is computed', async () => {
    await createTables(database.db, [defaults]);
    await checkMappings(database.db, [defaults]);
    const added = await repositoryOf(defaults).add({});
    expect(added).toEqual({
      id: 1,
      text: `it's a "\\" \n 😀`,
      amount: '1.50',
      tags: ['a,b', `'"\\`],
      mood: 'sad',
      at: new Date(0),
      today: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      bytes: new Uint8Array([0, 255]),
      missing: null,
      twice: 2,
    });
  });

  it('quotes every name, and so does everything else', async () => {
    await createTables(database.db, [odds]);
    await checkMappings(database.db, [odds]);
    const repository = repositoryOf(odds);
    const record = { select: 'x', quoted: 'y', upper: 1, emoji: 2, mixedCase: 3 };
    const [added] = await repository.batchAdd([record]);
    expect(added).toEqual({ id: 1, ...record });
    expect(await repository.update({ id: 1, emoji: 7, select: 'z' })).toMatchObject({ emoji: 7 });
    const filters = { select: 'z', emoji: { in: [7] }, quoted: { like: 'y' } };
    expect(await repository.list({ filters, orderBy: ['upper', { emoji: 'desc' }] })).toHaveLength(1);
    expect(await repository.count({ filters })).toBe(1);
    expect(await repository.batchUpdate([{ id: 1, mixedCase: 4 }])).toBe(1);
    expect(await repository.exists(1)).toBe(true);
    expect(await repository.batchRemove([1])).toBe(1);
  });

  it('makes all or nothing when one of the tables exists', async () => {
    class Fresh extends Entity<number> {}
    const fresh = mapEntity(Fresh, { table: 'fresh', schema: 'new', columns: { id: column.integer() } });
    const error = await failureOf(StatementError, () => createTables(database.db, [fresh, authors]));
    expect(error.sqlstate).toBe('42P07');
    const { rows } = await sql`select from pg_namespace where nspname = 'new'`.execute(database.db);
    expect(rows).toHaveLength(0);
  });

  it('never changes a table that exists', async () => {
    const before = await repositoryOf(authors).list();
    await failureOf(StatementError, () => createTables(database.db, [authors]));
    expect(await repositoryOf(authors).list()).toEqual(before);
  });

  it('makes no foreign key to a table that is not among the given ones', async () => {
    class Review extends Entity<number> {
      bookId!: number;
      book?: Book;
    }
    const reviews = mapEntity(Review, {
      table: 'review',
      columns: { id: column.integer().generated(), bookId: column.integer() },
      relations: { book: belongsTo(() => Book, 'bookId') },
    });
    await createTables(database.db, [reviews]);
    const repository = new UnoDBRepository(new UnoContext({ db: database.db }), reviews);
    expect(await repository.add({ bookId: 99 })).toMatchObject({ bookId: 99 });
  });

  it('joins a transaction that it is given', async () => {
    class Gone extends Entity<number> {}
    const gone = mapEntity(Gone, { table: 'gone', columns: { id: column.integer() } });
    const run = database.db.transaction().execute(async (db) => {
      await createTables(db, [gone]);
      throw new Error('changed my mind');
    });
    await expect(run).rejects.toThrow('changed my mind');
    await createTables(database.db, [gone]);
    expect(await new UnoDBRepository(new UnoContext({ db: database.db }), gone).count()).toBe(0);
  });
});

describe('createTables with tables between others', () => {
  class Song extends Entity<number> {
    singers?: Singer[];
  }
  class Singer {
    name!: string;
    city!: string;
    songs?: Song[];
  }
  const ends = { through: 'song_singer', schema: 'radio' } as const;
  const songs = mapEntity(Song, {
    table: 'song',
    columns: { id: column.integer().generated() },
    relations: {
      singers: manyToMany(() => Singer, { ...ends, foreignKey: 'song_id', otherKey: ['singer_name', 'singer_city'] }),
    },
  });
  const singers = mapEntity(Singer, {
    table: 'singer',
    columns: { name: column.varchar(40), city: column.text() },
    key: ['name', 'city'],
    relations: {
      songs: manyToMany(() => Song, { ...ends, foreignKey: ['singer_name', 'singer_city'], otherKey: 'song_id' }),
    },
  });

  it('makes one for both directions, with the keys of both ends and references to them', async () => {
    const empty = await openDatabase([]);
    try {
      await createTables(empty.db, [songs, singers]);
      const table = await readTable(empty.db, 'radio.song_singer');
      expect(table.columns.map(({ name, type, nullable }) => [name, type.sql, nullable])).toEqual([
        ['song_id', 'integer', false],
        ['singer_name', 'character varying(40)', false],
        ['singer_city', 'text', false],
      ]);
      expect(table.primaryKey?.columns).toEqual(['song_id', 'singer_name', 'singer_city']);
      expect(table.foreignKeys.map(({ references }) => references.name)).toEqual(['song', 'singer']);
    } finally {
      await empty.close();
    }
  });

  it('leaves out one that leads to a table which is not made', async () => {
    const empty = await openDatabase([]);
    try {
      await createTables(empty.db, [songs]);
      await failureOf(UnoError, () => readTable(empty.db, 'radio.song_singer'));
    } finally {
      await empty.close();
    }
  });
});
