import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type ColumnDescription,
  readTable,
  TableAccessError,
  type TableDescription,
  TableNotFoundError,
} from '@uno/domain';
import { CanceledError } from '@uno/postgres';
import { sql } from 'kysely';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { oddTables } from '../support/odd-tables.js';
import { failureOf } from '../support/wrong.js';

let database: OpenDatabase;
beforeAll(async () => {
  database = await openDatabase([]);
  await sql.raw(oddTables).execute(database.db);
});
afterAll(() => database.close());

const read = (name: string) => readTable(database.db, name);
const notFound = (name: string) => failureOf(TableNotFoundError, () => read(name));

function columnOf({ columns }: TableDescription, name: string): ColumnDescription {
  const found = columns.find((column) => column.name === name);
  if (found === undefined) throw new Error(`no column ${name}`);
  return found;
}

describe('readTable', () => {
  it('says all of a table by one statement, as plain data', async () => {
    database.statements.length = 0;
    const table = await read('odd.everything');
    expect(database.statements).toHaveLength(1);
    expect(JSON.parse(JSON.stringify(table))).toEqual(table);
    expect(table).toMatchObject({
      schema: 'odd',
      name: 'everything',
      sqlName: 'odd.everything',
      kind: 'table',
      comment: 'All of it',
      privileges: { select: true, insert: true, update: true, delete: true },
      primaryKey: { name: 'everything_pkey', columns: ['id'] },
      foreignKeys: [],
      triggers: [],
      rowSecurity: { isEnabled: false, isActive: false, policies: [] },
    });
  });

  it('writes types with their modifiers, and says what they are made of', async () => {
    const table = await read('odd.everything');
    const types = table.columns.map(({ name, type: { sql: written, plainSql, kind, of } }) =>
      [
        name,
        written,
        ...(plainSql === written ? [] : [plainSql]),
        kind,
        ...(of === null ? [] : [of.sql, of.kind]),
      ].join(' | '),
    );
    expect(types).toEqual([
      'id | bigint | scalar',
      'select | integer | scalar',
      'counted | integer | scalar',
      'a b | text | scalar',
      '1x | character varying(5) | character varying | scalar',
      '__proto__ | character(4) | bpchar | scalar',
      'constructor | character varying | scalar',
      'and | bpchar | scalar',
      'and_ | "char" | scalar',
      'snake_case_name | smallint | scalar',
      'CamelCase | real | scalar',
      'ünï"quoted | double precision | scalar',
      'amount | numeric(10,2) | numeric | scalar',
      'exact | numeric | scalar',
      'flag | boolean | scalar',
      'small_day | date | scalar',
      'at | time(3) without time zone | time without time zone | scalar',
      'at_zone | time with time zone | scalar',
      'made | timestamp without time zone | scalar',
      'seen | timestamp with time zone | scalar',
      'seen_rounded | timestamp(3) with time zone | timestamp with time zone | scalar',
      'span | interval | scalar',
      'doc | json | scalar',
      'docb | jsonb | scalar',
      'raw | bytea | scalar',
      'unit | uuid | scalar',
      'bits | bit(3) | "bit" | scalar',
      'var_bits | bit varying(5) | bit varying | scalar',
      'mood | odd.mood | enum',
      'mixed | odd."Mixed Case" | enum',
      'place | odd.point3 | composite',
      'code | odd.short | domain | character varying(3) | scalar',
      'level | odd.positive | domain | integer | scalar',
      'digit | odd.digit | domain | integer | scalar',
      'grid | integer[] | array | integer | scalar',
      'words | text[] | array | text | scalar',
      'codes | character varying(3)[] | character varying[] | array | character varying(3) | scalar',
      'moods | odd.mood[] | array | odd.mood | enum',
      'places | odd.point3[] | array | odd.point3 | composite',
      'shorts | odd.short[] | array | odd.short | domain',
      'numbers | int4range | range',
      'several | int4multirange | range',
      'address | inet | scalar',
      'vector | tsvector | scalar',
      'money | money | scalar',
      'oids | oidvector | scalar',
      'loose | text | scalar',
      'c_sorted | text | scalar',
      'total | numeric | scalar',
    ]);
    expect(columnOf(table, 'mood').type.labels).toEqual(['sad', 'so so', 'it\'s "fine"']);
    expect(columnOf(table, 'grid').type.dimensions).toBe(2);
  });

  it('says how values come about by themselves, and what may be NULL', async () => {
    const table = await read('odd.everything');
    expect(columnOf(table, 'id')).toMatchObject({ nullable: false, identity: 'always', default: null });
    expect(columnOf(table, 'select')).toMatchObject({ nullable: false, identity: 'by default' });
    expect(columnOf(table, 'counted')).toMatchObject({
      identity: null,
      sequence: 'odd.everything_counted_seq',
      default: "nextval('odd.everything_counted_seq'::regclass)",
    });
    expect(columnOf(table, 'snake_case_name')).toMatchObject({ nullable: true, default: '(1 + 2)', sequence: null });
    expect(columnOf(table, 'digit')).toMatchObject({ nullable: false, default: '7' });
    expect(columnOf(table, 'code')).toMatchObject({ nullable: true, default: null });
    expect(columnOf(table, 'total')).toMatchObject({
      default: null,
      generated: { expression: '(amount * (2)::numeric)', stored: true },
    });
    expect(columnOf(table, 'a b')).toMatchObject({ comment: 'With a space', generated: null, collation: null });
  });

  it('names collations that are not those of the types, and those under which texts that differ are equal', async () => {
    const table = await read('odd.everything');
    expect(columnOf(table, 'loose')).toMatchObject({
      collation: 'odd.ignoring',
      looseCollation: { schema: 'odd', name: 'ignoring' },
    });
    expect(columnOf(table, 'c_sorted')).toMatchObject({ collation: '"C"', looseCollation: null });
    expect(columnOf(table, 'words')).toMatchObject({ collation: null, looseCollation: null });
  });

  it('lists unique sets and all indexes, with what limits them', async () => {
    const { uniques, indexes } = await read('odd.everything');
    const plain = { predicate: null, isImmediate: true, isConstraint: false, nullsNotDistinct: false };
    expect(uniques).toEqual([
      { ...plain, name: 'loose_unique', columns: ['loose'], isConstraint: true },
      { ...plain, name: 'deferred_unique', columns: ['1x'], isConstraint: true, isImmediate: false },
      { ...plain, name: 'partial_unique', columns: ['amount'], predicate: 'flag' },
      { ...plain, name: 'lower_unique', columns: [null, 'exact'] },
      { ...plain, name: 'Unique Pair', columns: ['unit', 'seen_rounded'] },
    ]);
    expect(indexes.map(({ name, isUnique, isPrimary, isValid }) => [name, isUnique, isPrimary, isValid])).toEqual([
      ['everything_pkey', true, true, true],
      ...uniques.map(({ name }) => [name, true, false, true]),
      ['by_mood', false, false, true],
    ]);
    expect(indexes.at(-1)).toMatchObject({
      definition: 'CREATE INDEX by_mood ON odd.everything USING hash (mood)',
      bytes: expect.any(Number),
      scans: 0,
    });
  });

  it('follows foreign keys, triggers and row security', async () => {
    expect(await read('odd.child')).toMatchObject({
      foreignKeys: [
        {
          name: 'child_other_fkey',
          columns: ['other'],
          references: { schema: 'odd', name: 'child', sqlName: 'odd.child', columns: ['id'] },
          definition: 'FOREIGN KEY (other) REFERENCES odd.child(id) ON DELETE CASCADE',
        },
        {
          name: 'to_parent',
          columns: ['b', 'a'],
          references: { schema: 'odd', name: 'Parent.Table', sqlName: 'odd."Parent.Table"', columns: ['b', 'a'] },
        },
      ],
      triggers: [
        { name: 'idle', isEnabled: false },
        { name: 'watch', isEnabled: true, definition: expect.stringContaining('BEFORE INSERT ON odd.child') },
      ],
      rowSecurity: { isEnabled: true, isActive: false, policies: ['mine'] },
    });
  });

  it('adds up size and rows of a table, and of all partitions of a partitioned one', async () => {
    expect((await read('odd.keyless')).estimatedRows).toBeNull();
    await sql`insert into odd."Parent.Table" select i, repeat('x', 1000) from generate_series(0, 99) i`.execute(
      database.db,
    );
    await sql`analyze odd."Parent.Table"`.execute(database.db);
    const partitioned = await read('odd."Parent.Table"');
    const { size, indexes, estimatedRows } = await read('odd.low');
    expect(partitioned).toMatchObject({ kind: 'partitioned', estimatedRows, size });
    expect(estimatedRows).toBe(100);
    expect(size.heap).toBeGreaterThan(100_000);
    expect(size.indexes).toBeGreaterThan(0);
    expect(size.total).toBe(size.heap + size.indexes);
    expect(partitioned.indexes).toMatchObject([{ bytes: indexes[0]?.bytes }]);
    expect(indexes[0]?.bytes).toBeGreaterThan(0);
  });

  it('takes views and materialized views for tables, whose columns may all be NULL', async () => {
    expect(await read('odd.seen')).toMatchObject({
      kind: 'view',
      primaryKey: null,
      columns: [{ name: 'id', nullable: true, sequence: null }, { name: 'a b' }],
    });
    expect(await read('odd.kept')).toMatchObject({ kind: 'materialized', columns: [{ name: 'one' }] });
  });

  it('takes names as SQL does: folded without quotes, as they are within', async () => {
    await sql`create table "Mixed" (a integer); create table folded (a integer)`.execute(database.db);
    expect(await read('"Mixed"')).toMatchObject({ schema: 'public', name: 'Mixed', sqlName: '"Mixed"' });
    expect(await read('Public.FOLDED')).toMatchObject({ name: 'folded', sqlName: 'folded' });
    expect(await read('odd."Parent.Table"')).toMatchObject({ name: 'Parent.Table' });
  });

  it('has no table for a name that is not there, and names those that are like it', async () => {
    const error = await notFound('odd.everthing');
    expect(error).toMatchObject({ code: 'UNO_TABLE_NOT_FOUND', table: 'odd.everthing', retry: 'never' });
    expect(error.message).toBe('There is no table odd.everthing. Did you mean odd.everything?');
    expect((await notFound('Parent.Table')).suggestions).toContain('odd."Parent.Table"');
    expect((await notFound('quite_another')).message).toBe('There is no table quite_another.');
    expect((await notFound('odd.numbers_of')).message).toBe('odd.numbers_of is a sequence, not a table.');
    expect((await notFound('odd.by_mood')).message).toBe('odd.by_mood is an index, not a table.');
  });

  it.each(['', ' ', '"', 'a.b.c.d', 'a b', "x'; drop table odd.child; --"])(
    'takes %j for no name, and does nothing',
    async (name) => {
      expect((await notFound(name)).code).toBe('UNO_TABLE_NOT_FOUND');
      expect(await read('odd.child')).toMatchObject({ name: 'child' });
    },
  );

  it('refuses a table on which the role has no rights, and one in a schema that it may not enter', async () => {
    await sql`create table secret (a integer); create table readable (a integer, b integer);
      create role odd_reader; grant usage on schema public to odd_reader; grant select (a) on readable to odd_reader`.execute(
      database.db,
    );
    try {
      await database.db.connection().execute(async (db) => {
        await sql`set role odd_reader`.execute(db);
        try {
          const hidden = await failureOf(TableAccessError, () => readTable(db, 'secret'));
          expect(hidden.message).toBe('The role of this connection has no privileges on the table secret.');
          const inside = await failureOf(TableAccessError, () => readTable(db, 'odd.child'));
          expect(inside).toMatchObject({ code: 'UNO_TABLE_ACCESS', table: 'odd.child' });
          expect(await readTable(db, 'readable')).toMatchObject({ privileges: { select: true, insert: false } });
          const other = await failureOf(TableNotFoundError, () => readTable(db, 'readible'));
          expect(other.suggestions).toEqual(['readable']);
        } finally {
          await sql`reset role`.execute(db);
        }
      });
    } finally {
      await sql`drop table secret, readable; revoke all on schema public from odd_reader; drop role odd_reader`.execute(
        database.db,
      );
    }
  });

  it('is not begun under a signal that is aborted', async () => {
    const call = () => readTable(database.db, 'odd.child', { signal: AbortSignal.abort() });
    expect(await failureOf(CanceledError, call)).toBeDefined();
  });
});
