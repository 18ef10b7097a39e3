import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  column,
  Entity,
  type Filters,
  filterCondition,
  mapEntity,
  mappingOf,
  readTable,
  UnoContext,
  UnoDBRepository,
} from '@uno/domain';
import { executeTextSql, type Json, UnoError } from '@uno/postgres';
import { sql } from 'kysely';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { failureOf, unchecked } from '../support/wrong.js';

class Place extends Entity<number> {
  name!: string;
  about!: string | null;
  tags!: string[];
  prices!: string[] | null;
  details!: { size?: { width: number; 'a.b'?: number }; doors?: (string | null)[]; note?: string | null };
  raw!: Json;
  words!: string;
}

const places = mapEntity(Place, {
  table: 'place',
  columns: {
    id: column.integer(),
    name: column.varchar(40),
    about: column.text().nullable(),
    tags: column.array(column.text()),
    prices: column.array(column.numeric(10, 2)).nullable(),
    details: column.jsonb<Place['details']>(),
    raw: column.json(),
    words: column.ofType('tsvector').computed(sql`to_tsvector('english', coalesce(about, ''))`),
  },
});

let database: OpenDatabase;
let repository: UnoDBRepository<typeof places>;

beforeAll(async () => {
  database = await openDatabase([places]);
  repository = new UnoDBRepository(new UnoContext({ db: database.db }), places);
  await repository.batchAdd([
    {
      id: 1,
      name: 'ZÜRICH',
      about: 'Three churches and a lake',
      tags: ['lake', 'a"b'],
      prices: ['1.50', '2.00'],
      details: { size: { width: 5, 'a.b': 1 }, doors: ['in', 'out'], note: null },
      raw: { a: [1, { b: 'x' }] },
    },
    {
      id: 2,
      name: 'Bern',
      about: 'An old town with a church',
      tags: [],
      prices: null,
      details: { size: { width: 12.5 }, note: "it's" },
      raw: 'plain',
    },
    { id: 3, name: 'bern', about: null, tags: ['lake', 'old'], prices: ['2'], details: {}, raw: [] },
  ]);
});
afterAll(() => database.close());

async function found(filters: Filters<typeof places>): Promise<number[]> {
  return (await repository.list({ filters, fields: ['id'], orderBy: ['id'] })).map(({ id }) => id);
}

describe('a filter', () => {
  it.each<[string, Filters<typeof places>, number[]]>([
    ['equality regardless of case', { name: { ieq: 'BERN' } }, [2, 3]],
    ['equality regardless of case, in which signs of patterns mean themselves', { name: { ieq: 'B%' } }, []],
    ['letters beyond ASCII regardless of case', { name: { ieq: 'zürich' } }, [1]],
    ['a list regardless of case', { name: { iin: ['zürich', 'BERN', '"'] } }, [1, 2, 3]],
    ['words in their forms of the language', { about: { matches: { query: 'church', config: 'english' } } }, [1, 2]],
    ['words as they are', { about: { matches: { query: 'church', config: 'simple' } } }, [2]],
    ['a phrase', { about: { matches: { query: '"old town"', config: 'english' } } }, [2]],
    ['words and no others', { about: { matches: { query: 'church -lake', config: 'english' } } }, [2]],
    ['either word', { about: { matches: { query: 'lakes or towns', config: 'english' } } }, [1, 2]],
    [
      'signs that mean nothing to a search',
      { about: { matches: { query: "lake & | ! ' \\ (", config: 'english' } } },
      [1],
    ],
    ['a search in text of limited length', { name: { matches: { query: 'bern', config: 'simple' } } }, [2, 3]],
    ['a search in what was prepared for it', { words: { matches: { query: 'churches', config: 'english' } } }, [1, 2]],
    ['elements of an array', { tags: { contains: ['lake'] } }, [1, 3]],
    ['elements with quotes', { tags: { contains: ['a"b', 'lake', 'lake'] } }, [1]],
    ['no elements, which all arrays have', { tags: { contains: [] } }, [1, 2, 3]],
    ['no other elements', { tags: { containedBy: ['lake', 'old'] } }, [2, 3]],
    ['any of some elements', { tags: { overlaps: ['old', 'a"b'] } }, [1, 3]],
    ['decimals of an array, as numbers', { prices: { overlaps: ['1.5', '2.0'] } }, [1, 3]],
    ['decimals of more digits than the array has, not rounded', { prices: { contains: ['1.501'] } }, []],
    ['a part of a document', { details: { contains: { size: { width: 5 } } } }, [1]],
    ['a part of an array in a document', { details: { contains: { doors: ['out'] } } }, [1]],
    ['a document within another', { details: { containedBy: { size: { width: 12.5 }, note: "it's" } } }, [2, 3]],
    ['a part of a document that has only its text', { raw: { contains: { a: [1] } } }, [1]],
    ['a path', { details: { at: { 'size.width': 12.5 } } }, [2]],
    ['a path with a position', { details: { at: { 'doors.1': { in: ['out', 'x'] } } } }, [1]],
    ['a path in a document that has only its text', { raw: { at: { 'a.1.b': 'x' } } }, [1]],
    ['the whole of a document that has only its text', { raw: { at: { 'a.1': { eq: { b: 'x' } } } } }, [1]],
    ['paths that all have to hold', { details: { at: { 'size.width': { gt: 1 }, note: { like: 'it_s' } } } }, [2]],
    ['numbers in their order, not that of their texts', { details: { at: { 'size.width': { gt: 5, lt: 100 } } } }, [2]],
    ['what is null or not there', { details: { at: { note: null } } }, [1, 3]],
    ['what is there, null or not', { details: { at: { note: { exists: true } } } }, [1, 2]],
    ['what is not there', { details: { at: { size: { exists: false } } } }, [3]],
    ['a text of a document regardless of case', { details: { at: { note: { ieq: "IT'S" } } } }, [2]],
  ])('by %s', async (_, filters, ids) => {
    expect(await found(filters)).toEqual(ids);
  });

  it('by a name with a dot in it, which a backslash makes one step', async () => {
    expect(await found({ raw: { at: { 'a\\.b': 1 } } })).toEqual([]);
    expect(await found(unchecked({ details: { at: { 'size.a\\.b': 1 } } }))).toEqual([1]);
    expect(await found(unchecked({ details: { at: { 'size.a.b': 1 } } }))).toEqual([]);
  });

  it('has one text whatever is looked for, as all of it is parameters', async () => {
    database.statements.length = 0;
    for (const word of ['a', "'; drop table place --"]) {
      await found({
        name: { ieq: word, iin: [word, word].slice(word.length % 2) },
        about: { matches: { query: word, config: 'simple' } },
        tags: { overlaps: [word] },
        raw: { at: { [word]: { eq: word } }, contains: word },
      });
    }
    expect(new Set(database.statements).size).toBe(1);
    expect(database.statements[0]).not.toContain("'; drop");
  });

  it.each<[string, string, Filters<typeof places>]>([
    ['lower(name)', 'btree (lower(name::text))', { name: { ieq: 'BERN' } }],
    ['lower(name) for a list', 'btree (lower(name::text))', { name: { iin: ['BERN', 'zürich'] } }],
    ['a search', "gin (to_tsvector('english', about))", { about: { matches: { query: 'church', config: 'english' } } }],
    ['a prepared search', 'gin (words)', { words: { matches: { query: 'church', config: 'english' } } }],
    ['an array', 'gin (tags)', { tags: { overlaps: ['lake'] } }],
    ['a document', 'gin (details)', { details: { contains: { note: 'x' } } }],
  ])('is served by an index of %s', async (_, index, filters) => {
    await database.db.transaction().execute(async (db) => {
      await sql`create index probe on place using ${sql.raw(index)}`.execute(db);
      await sql`set local enable_seqscan = off`.execute(db);
      const { rows } = await executeTextSql(
        db,
        sql`explain select id from place where ${filterCondition(places, filters)}`,
      );
      expect(rows.join('\n')).toContain('probe');
      await sql`drop index probe`.execute(db);
    });
  });

  it('goes by the type of the column where the mapping is made of the table', async () => {
    const mapping = mappingOf(await readTable(database.db, 'place'));
    const dynamic = new UnoDBRepository(new UnoContext({ db: database.db }), mapping);
    const count = (filters: object) => dynamic.count({ filters: unchecked<Filters<typeof mapping>>(filters) });
    expect(await count({ details: { at: { 'size.width': { gt: 5 } } } })).toBe(1);
    expect(await count({ raw: { contains: '{"a": [1]}' } })).toBe(1);
    expect(await count({ words: { matches: { query: 'church', config: 'english' } } })).toBe(2);
  });

  it('by a search in a language that there is not is an error of PostgreSQL’s, in uno’s words', async () => {
    const call = () => found({ about: { matches: { query: 'x', config: 'klingon' } } });
    expect(await failureOf(UnoError, call)).toMatchObject({ sqlstate: '42704' });
  });
});

describe('an operator', () => {
  it.each<[string, unknown, string]>([
    ['a number for a text', { name: { ieq: 5 } }, '"name" ieq takes a text (it is a number)'],
    ['a text for a list', { name: { iin: 'a' } }, '"name" iin takes a list (it is a string)'],
    ['null in a list', { name: { iin: [null] } }, '"name" iin takes texts in its list (it is null)'],
    ['U+0000', { name: { ieq: '\0' } }, 'cannot hold the character U+0000'],
    ['a search by a text only', { about: { matches: 'x' } }, '"about" matches takes an object such as { query:'],
    ['a search without a language', { about: { matches: { query: 'x' } } }, 'matches takes an object such as'],
    ['an unknown part of a search', { about: { matches: { query: 'x', config: 'simple', a: 1 } } }, 'such as { query:'],
    [
      'a search in numbers',
      { id: { matches: { query: 'x', config: 'simple' } } },
      '"id" matches is not possible for integer',
    ],
    ['a search in an array', { tags: { matches: { query: 'x', config: 'simple' } } }, 'not possible for text[]'],
    ['elements of a text', { name: { contains: ['a'] } }, '"name" contains is not possible for varchar(40)'],
    ['an element for an array', { tags: { contains: 'a' } }, 'field "tags": text[] takes an array, not a string'],
    ['null for an array', { tags: { overlaps: null } }, '"tags" overlaps is compared with nothing (it is null)'],
    ['an overlap of documents', { details: { overlaps: {} } }, '"details" overlaps is not possible for jsonb'],
    ['a path in an array', { tags: { at: { 0: 'a' } } }, '"tags" at is not possible for text[]'],
    ['no path', { details: { at: {} } }, '"details" at takes paths, such as { '],
    ['a text for paths', { details: { at: 'size' } }, '"details" at takes paths, such as { '],
    [
      'undefined at a path',
      { details: { at: { note: undefined } } },
      '"details at note" eq is undefined; leave it out',
    ],
    ['no operator at a path', { details: { at: { note: {} } } }, '"details at note" has no operator'],
    [
      'an unknown operator at a path',
      { details: { at: { note: { equals: 1 } } } },
      'unknown operator "equals". Known are: eq, ne,',
    ],
    ['an operator of every object', { details: { at: { note: { toString: 1 } } } }, 'unknown operator "toString"'],
    [
      'an order by a flag',
      { details: { at: { note: { lt: true } } } },
      '"details at note" lt takes a number or a text',
    ],
    ['one value for between', { details: { at: { note: { between: [1] } } } }, 'between takes two values'],
    ['what JSON cannot say', { details: { at: { note: { eq: Number.NaN } } } }, 'jsonb cannot hold NaN'],
    ['null in a list at a path', { details: { at: { note: { in: [null] } } } }, 'in takes no null in its list'],
    ['a text for exists', { details: { at: { note: { exists: 'yes' } } } }, 'exists takes true or false'],
    ['U+0000 in a path', { details: { at: { 'a\0': 1 } } }, 'cannot hold the character U+0000'],
  ])('is refused before anything is sent: %s', async (_, filters, message) => {
    database.statements.length = 0;
    const error = await failureOf(UnoError, () => found(unchecked(filters)));
    expect(error.message).toContain(message);
    expect(error.code).toBe('UNO_VALIDATION');
    expect(database.statements).toEqual([]);
  });
});
