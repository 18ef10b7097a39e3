import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import { ConstraintError, isRecordFault } from '../../src/index.js';
import { failureOf } from '../support/conditions.js';
import { prepare, TestBed } from '../support/test-bed.js';

let bed: TestBed;
let db: Kysely<unknown>;

beforeAll(async () => {
  bed = await TestBed.create();
  const opened = bed.open();
  db = opened.db;
  await prepare(
    opened.pool,
    'create table country (code text constraint country_pk primary key)',
    `create table city (
      id integer constraint city_pk primary key,
      name text not null,
      country text constraint city_country_fk references country on delete restrict,
      population integer constraint city_population_ck check (population >= 0),
      founded int4range,
      slug text,
      constraint city_slug_uq unique (slug, country),
      constraint city_founded_ex exclude using gist (founded with &&)
    )`,
    "insert into country values ('no')",
    "insert into city values (1, 'Oslo', 'no', 1, '[1,5)', 'oslo')",
    `create view big_city as select * from city where population > 1000 with check option`,
    `create table loaded (id integer primary key, parent integer,
      constraint loaded_fk foreign key (parent) references loaded deferrable initially deferred)`,
  );
});
afterAll(() => bed.close());

interface Refusal {
  readonly what: string;
  readonly statement: string;
  readonly expected: object;
}

const refusals: readonly Refusal[] = [
  {
    what: 'a primary key that exists',
    statement: "insert into city (id, name) values (1, 'again')",
    expected: { sqlstate: '23505', constraint: 'city_pk', table: 'city', column: undefined },
  },
  {
    what: 'a unique constraint of two columns',
    statement: "insert into city (id, name, country, slug) values (2, 'x', 'no', 'oslo')",
    expected: { sqlstate: '23505', constraint: 'city_slug_uq', table: 'city' },
  },
  {
    what: 'a null where none is allowed',
    statement: 'insert into city (id) values (2)',
    expected: { sqlstate: '23502', table: 'city', column: 'name', constraint: undefined },
  },
  {
    what: 'a foreign key to nothing',
    statement: "insert into city (id, name, country) values (2, 'x', 'zz')",
    expected: { sqlstate: '23503', constraint: 'city_country_fk', table: 'city' },
  },
  {
    what: 'the removal of a row that is referred to',
    statement: "delete from country where code = 'no'",
    expected: { sqlstate: expect.stringMatching(/^2300[13]|^23503/), constraint: 'city_country_fk' },
  },
  {
    what: 'a check constraint',
    statement: "insert into city (id, name, population) values (2, 'x', -1)",
    expected: { sqlstate: '23514', constraint: 'city_population_ck', table: 'city' },
  },
  {
    what: 'an exclusion constraint',
    statement: "insert into city (id, name, founded) values (2, 'x', '[3,9)')",
    expected: { sqlstate: '23P01', constraint: 'city_founded_ex', table: 'city' },
  },
  {
    what: 'the check option of a view',
    statement: "insert into big_city (id, name, population) values (2, 'x', 3)",
    expected: { sqlstate: '44000' },
  },
];

describe('a ConstraintError', () => {
  it.each(refusals)('says which rule refused $what', async ({ statement, expected }) => {
    const error = await failureOf(sql.raw(statement).execute(db));
    expect(error).toBeInstanceOf(ConstraintError);
    expect(error).toMatchObject({ code: 'UNO_CONSTRAINT', retry: 'never', ...expected });
    expect(error).toHaveProperty('cause', expect.any(pg.DatabaseError));
    expect(isRecordFault(error)).toBe(true);
  });

  it('names the schema of the table', async () => {
    const error = await failureOf(sql.raw('insert into city (id) values (2)').execute(db));
    expect(error).toHaveProperty('schema', 'public');
  });

  it('comes from COMMIT where the constraint is deferred, and nothing of the transaction stays', async () => {
    const reached: string[] = [];
    const transaction = db.transaction().execute(async (trx) => {
      await sql`insert into loaded values (1, 99)`.execute(trx);
      reached.push('the end of the transaction');
    });
    const error = await failureOf(transaction);
    expect(error).toBeInstanceOf(ConstraintError);
    expect(error).toMatchObject({ sqlstate: '23503', constraint: 'loaded_fk', table: 'loaded', retry: 'never' });
    expect(reached).toEqual(['the end of the transaction']);
    expect((await sql`select * from loaded`.execute(db)).rows).toEqual([]);
  });

  it('comes early where a deferred constraint is made immediate', async () => {
    const transaction = db.transaction().execute(async (trx) => {
      await sql`insert into loaded values (1, 99)`.execute(trx);
      await sql`set constraints all immediate`.execute(trx);
    });
    await expect(transaction).rejects.toMatchObject({ code: 'UNO_CONSTRAINT', constraint: 'loaded_fk' });
  });

  it('leaves the connection usable', async () => {
    await failureOf(sql.raw('insert into city (id) values (1)').execute(db));
    expect((await sql`select name from city`.execute(db)).rows).toEqual([{ name: 'Oslo' }]);
  });
});
