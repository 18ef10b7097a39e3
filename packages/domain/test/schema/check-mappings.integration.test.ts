import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AnyColumn, checkMappings, column, Entity, MappingMismatchError, mapEntity } from '@uno/domain';
import { type RawBuilder, sql } from 'kysely';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { countries, world } from '../support/world.js';
import { failureOf } from '../support/wrong.js';

class Sample extends Entity<number> {
  name!: string;
  note!: string | null;
  size!: number;
  total!: number;
  plain!: string;
  made!: string;
  day!: Date;
}

let database: OpenDatabase;
beforeAll(async () => {
  database = await openDatabase(world);
});
afterAll(() => database.close());

/** Runs SQL that defines tables, and undoes it afterwards. */
async function withTables(definition: RawBuilder<unknown>, drop: string, run: () => Promise<void>): Promise<void> {
  await definition.execute(database.db);
  try {
    await run();
  } finally {
    await sql`drop table ${sql.id(drop)}`.execute(database.db);
  }
}

async function problemsOf(...mappings: Parameters<typeof checkMappings>[1]): Promise<string[]> {
  const error = await failureOf(MappingMismatchError, () => checkMappings(database.db, mappings));
  return error.differences.map(({ entity, field, problem }) => `${entity}${field ? `.${field}` : ''}: ${problem}`);
}

describe('checkMappings', () => {
  it('passes mappings that fit their tables, by two statements each, and changes nothing', async () => {
    database.statements.length = 0;
    await checkMappings(database.db, world);
    expect(database.statements).toHaveLength(2 * world.length);
    expect(database.statements.every((statement) => statement.startsWith('select'))).toBe(true);
  });

  it('lists every way in which a table differs', async () => {
    const mapping = mapEntity(Sample, {
      table: 'sample',
      columns: {
        id: column.integer().generated(),
        name: column.text(),
        note: column.text().nullable(),
        size: column.integer(),
        total: column.integer().computed(sql`1`),
        plain: column.text().default('x'),
        made: column.text(),
        day: column.timestamptz(),
      },
      uniques: [['name', 'note']],
    });
    const table = sql`create table sample (id integer not null, name text, note text not null, size bigint not null,
      total integer not null, plain text not null, made text not null generated always as ('x') stored,
      extra integer not null, "defaulted" integer not null default 1, "optional" integer)`;
    await withTables(table, 'sample', async () => {
      await sql`create unique index on sample (name, note) where note <> ''`.execute(database.db);
      expect(await problemsOf(mapping)).toEqual([
        'Sample.id: mapped with a default, but the column has none',
        'Sample.name: mapped as not null, but the column may be NULL',
        'Sample.note: mapped as nullable, but the column is NOT NULL',
        'Sample.size: mapped as integer, but the column is bigint',
        'Sample.total: mapped as computed, but the column is not generated',
        'Sample.plain: mapped with a default, but the column has none',
        'Sample.made: the column is generated; map it with .computed()',
        'Sample.day: there is no column "day"',
        'Sample: the column "extra" is not mapped, may not be NULL and has no default, so nothing can be added',
        'Sample: the key (id) has no unique index',
        'Sample: the unique set (name, note) has no unique index',
      ]);
    });
  });

  it('names the tables of all mappings that differ, in one error', async () => {
    class One extends Entity<number> {}
    class Two extends Entity<number> {}
    const one = mapEntity(One, { table: 'one', columns: { id: column.integer() } });
    const two = mapEntity(Two, { table: 'two', schema: 'no_such', columns: { id: column.integer() } });
    const error = await failureOf(MappingMismatchError, () => checkMappings(database.db, [one, countries, two]));
    expect(error).toMatchObject({ code: 'UNO_MAPPING_MISMATCH', retry: 'never', operation: 'checkMappings' });
    expect(error.message).toBe(
      'The mappings do not fit the database in 2 way(s):\n' +
        '  One (one): there is no such table\n' +
        '  Two (no_such.two): there is no such table',
    );
    expect(Object.isFrozen(error.differences)).toBe(true);
  });

  it.each<[string, AnyColumn, string]>([
    ['varchar(10)', column.varchar(20), 'mapped as varchar(20), but the column is character varying(10)'],
    ['varchar(20)', column.varchar(10), 'mapped as varchar(10), but the column is character varying(20)'],
    ['varchar', column.varchar(10), 'mapped as varchar(10), but the column is character varying'],
    ['varchar(10)', column.text(), 'mapped as text, but the column is character varying(10)'],
    ['numeric(10,2)', column.numeric(10, 3), 'mapped as numeric(10,3), but the column is numeric(10,2)'],
    ['text[]', column.array(column.integer()), 'mapped as integer[], but the column is text[]'],
    ['timestamp', column.timestamptz(), 'mapped as timestamptz(3), but the column is timestamp without time zone'],
    ['integer', column.ofType('no_such_type'), 'mapped as no_such_type, but the column is integer'],
  ])('refuses a column of %s with a mapping of another type or length', async (type, mapped, problem) => {
    const mapping = mapEntity(Untyped, { table: 'typed', columns: { id: column.integer(), value: mapped } });
    const table = sql`create table typed (id integer primary key, value ${sql.raw(type)} not null)`;
    await withTables(table, 'typed', async () => {
      expect(await problemsOf(mapping)).toEqual([`Untyped.value: ${problem}`]);
    });
  });

  it.each<[string, AnyColumn]>([
    ['varchar(10)', column.varchar(10)],
    ['char(3)', column.char(3)],
    ['numeric(10, 2)', column.numeric(10, 2)],
    ['numeric(10, 2)', column.numeric()],
    ['timestamptz', column.timestamptz()],
    ['timestamptz(3)', column.timestamptz({ as: 'string' })],
    ['integer[]', column.array(column.array(column.integer()))],
    ['numeric(10,2)[]', column.array(column.numeric(10, 2))],
    ['bigint', column.bigint({ as: 'number' })],
    ['int4range', column.ofType('int4range')],
  ])('passes a column of %s with a mapping of that type', async (type, mapped) => {
    const mapping = mapEntity(Untyped, { table: 'typed', columns: { id: column.integer(), value: mapped } });
    const table = sql`create table typed (id integer primary key, value ${sql.raw(type)} not null)`;
    await withTables(table, 'typed', async () => {
      expect(await checkMappings(database.db, [mapping])).toBeUndefined();
    });
  });

  it('finds a key whose texts may differ and be equal, unless it is mapped so', async () => {
    const mapping = mapEntity(Loose, { table: 'loose', key: 'value', columns: { value: column.text() } });
    const mapped = (nondeterministic: string) =>
      mapEntity(Loose, { table: 'loose', key: 'value', columns: { value: column.text({ nondeterministic }) } });
    await sql`create collation if not exists loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`.execute(
      database.db,
    );
    const table = sql`create table loose (value text collate loose primary key)`;
    await withTables(table, 'loose', async () => {
      expect(await problemsOf(mapping)).toEqual([
        expect.stringContaining('has the nondeterministic collation "loose"'),
      ]);
      expect(await problemsOf(mapped('other'))).toEqual([
        'Loose.value: mapped with the nondeterministic collation "other", which the column does not have',
      ]);
      expect(await checkMappings(database.db, [mapped('loose')])).toBeUndefined();
    });
  });

  it('tells an identity that takes numbers from one that does not', async () => {
    const always = mapEntity(Counted, { table: 'counted', columns: { id: column.integer().generated('always') } });
    const byDefault = mapEntity(Counted, { table: 'counted', columns: { id: column.integer().generated() } });
    await withTables(
      sql`create table counted (id integer generated always as identity primary key)`,
      'counted',
      async () => {
        expect(await checkMappings(database.db, [always])).toBeUndefined();
        expect(await problemsOf(byDefault)).toEqual([
          `Counted.id: the column is GENERATED ALWAYS AS IDENTITY and takes no value; map it with .generated('always')`,
        ]);
      },
    );
    await withTables(sql`create table counted (id serial primary key)`, 'counted', async () => {
      expect(await checkMappings(database.db, [byDefault])).toBeUndefined();
      expect(await problemsOf(always)).toEqual([
        'Counted.id: mapped as always generated, but the column is not GENERATED ALWAYS AS IDENTITY',
      ]);
    });
  });

  it('passes a column of a domain that is mapped as the domain or as a type under it', async () => {
    await sql`create domain short as varchar(10) not null default 'none'`.execute(database.db);
    await sql`create domain shorter as short check (length(value) < 5)`.execute(database.db);
    const mapped = (value: AnyColumn) =>
      mapEntity(Untyped, { table: 'typed', columns: { id: column.integer(), value } });
    try {
      await withTables(sql`create table typed (id integer primary key, value shorter)`, 'typed', async () => {
        const short = column.varchar(10);
        const passing = [short, short.default('x'), column.ofType('shorter'), column.ofType('short')];
        expect(await checkMappings(database.db, passing.map(mapped))).toBeUndefined();
        expect(await problemsOf(...[column.varchar(11), column.text(), short.nullable()].map(mapped))).toEqual([
          'Untyped.value: mapped as varchar(11), but the column is character varying(10)',
          'Untyped.value: mapped as text, but the column is shorter',
          'Untyped.value: mapped as nullable, but the column is NOT NULL',
        ]);
      });
    } finally {
      await sql`drop domain shorter, short`.execute(database.db);
    }
  });

  it('looks at the columns and types of a view, which has no NOT NULL, no defaults and no indexes', async () => {
    const mapped = (value: AnyColumn) =>
      mapEntity(Untyped, { table: 'seen', columns: { id: column.integer().generated(), value }, uniques: [['value']] });
    await withTables(sql`create table typed (id serial primary key, value text unique)`, 'typed', async () => {
      await sql`create view seen as select * from typed`.execute(database.db);
      try {
        expect(await checkMappings(database.db, [mapped(column.text())])).toBeUndefined();
        expect(await problemsOf(mapped(column.integer()))).toEqual([
          'Untyped.value: mapped as integer, but the column is text',
        ]);
      } finally {
        await sql`drop view seen`.execute(database.db);
      }
    });
  });

  it('takes a unique index for a key, and an identity, a sequence or an expression for a default', async () => {
    const mapping = mapEntity(Sample, {
      table: 'sample',
      columns: { id: column.integer().generated(), name: column.text().default('x') },
      uniques: [['name']],
    });
    const table = sql`create table sample (id serial not null, name text not null default upper('x'))`;
    await withTables(table, 'sample', async () => {
      await sql`create unique index on sample (id)`.execute(database.db);
      await sql`create unique index on sample (name) include (id)`.execute(database.db);
      expect(await checkMappings(database.db, [mapping])).toBeUndefined();
    });
  });
});

class Untyped extends Entity<number> {
  value!: unknown;
}

class Counted extends Entity<number> {}

class Loose {
  value!: string;
}
