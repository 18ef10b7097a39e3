import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { type AnyMapping, column, mapEntity } from '@uno/domain';
import { sql } from 'kysely';
import { type OpenTable, openTable } from '../tables/support/open-table.js';

class Word {
  id!: number;
  v!: string | null;
  s!: boolean;
  w!: number | null;
}
const columns = {
  id: column.integer().generated(),
  v: column.text().nullable(),
  s: column.boolean().default(true),
  w: column.integer().nullable(),
};
const words = mapEntity(Word, { table: 'word', columns });
const parents = mapEntity(Word, { table: 'parent', columns });
const later = mapEntity(Word, { table: 'later', columns });
const folded = mapEntity(Word, { table: 'folded', columns });
const short = mapEntity(Word, { table: 'short', columns });

class Count {
  id!: number;
  n!: string;
  w!: number;
}
const counts = mapEntity(Count, {
  table: 'counted',
  columns: { id: column.integer().generated(), n: column.numeric(), w: column.integer() },
});

let table: OpenTable;
const shape = 's boolean not null default true, w integer';

beforeAll(async () => {
  table = await openTable([
    `create collation ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
    `create table word (id serial primary key, v text, ${shape})`,
    'create unique index word_part on word (coalesce(w, 0)) where not s',
    'create unique index word_loose on word (v collate ci)',
    `create table parent (id serial primary key, v text, ${shape})`,
    'create unique index parent_part on parent (v) where s',
    'create unique index parent_lower on parent (lower(v))',
    'create table child () inherits (parent)',
    `create table later (id serial primary key, v text, ${shape})`,
    'alter table later add constraint later_v unique (v) deferrable',
    `create table folded (id serial primary key, v text collate ci unique, ${shape})`,
    `create table short (id serial primary key, v varchar(3) unique, ${shape})`,
    'create table counted (id serial primary key, n numeric not null unique, w integer not null check (w <> 99))',
  ]);
});
afterAll(() => table.close());
beforeEach(async () => {
  await table.run('truncate word, parent, child, later, folded, short, counted restart identity');
  table.sent.length = 0;
});

const on = <M extends AnyMapping>(mapping: M) => new BatchOperations({ table: mapping, db: table.db });
const sent = () => table.sent.filter((text) => /\b(insert|update|partition by)\b/.test(text)).length;
const statuses = ({ outcomes }: { readonly outcomes: readonly { readonly status: string }[] }) =>
  outcomes.map(({ status }) => status);

describe('an upsert that searches', () => {
  it('knows which rows an index is about', async () => {
    await table.run(
      `insert into parent (v, s, w) values ('a', true, 1); insert into child (v, s, w) values ('c', true, 1)`,
    );
    const records = [
      { v: 'c', s: true, w: 5 },
      { v: 'n', s: false, w: 9 },
      { v: null, w: 3 },
    ];
    const result = await on(parents).batchUpsert(records, {
      constraint: 'parent_part',
      outcomes: true,
      returnModels: true,
    });
    expect(statuses(result)).toEqual(['updated', 'inserted', 'inserted']);
    expect(result.models.map(({ v, w }) => [v, w])).toEqual([
      ['c', 5],
      ['n', 9],
      [null, 3],
    ]);
    expect(new Set(result.outcomes.map(({ key }) => key)).size).toBe(3);
    expect(await table.run('select tableoid::regclass, v, w from parent order by v')).toEqual([
      ['parent', 'a', '1'],
      ['child', 'c', '5'],
      ['parent', 'n', '9'],
      ['parent', null, '3'],
    ]);
  });

  it('goes by expressions', async () => {
    await table.run(`insert into child (v, w) values ('c', 1)`);
    const records = [
      { v: 'C', w: 2 },
      { v: 'D', w: 3 },
    ];
    const options = { constraint: 'parent_lower', outcomes: true } as const;
    expect(statuses(await on(parents).batchUpsert(records, options))).toEqual(['updated', 'inserted']);
    expect(statuses(await on(parents).batchUpsert(records, options))).toEqual(['unchanged', 'unchanged']);
    expect(await table.run('select v, w from parent order by v')).toEqual([
      ['C', '2'],
      ['D', '3'],
    ]);
  });

  it.each([{}, { onConflict: 'nothing' }] as const)('makes a new row of each record with a NULL: %j', async (more) => {
    const records = [
      { v: null, w: 1 },
      { v: 'q', w: 2 },
      { v: null, w: 1 },
    ];
    const options = { constraint: 'later_v', ...more } as const;
    expect(await on(later).batchUpsert(records, options)).toMatchObject({ inserted: 3, skipped: 0 });
    const again = await on(later).batchUpsert(records, { ...options, returnModels: true, outcomes: true });
    expect(statuses(again)).toEqual(['inserted', 'unchanged', 'inserted']);
    expect(again.models.map(({ v }) => v)).toEqual([null, 'q', null]);
    expect(again.outcomes.every(({ key }) => key !== undefined)).toBe(true);
    expect(await table.run('select count(*) from later')).toEqual([['5']]);
  });
});

describe('records that are alike to PostgreSQL', () => {
  it.each([
    ['a column of a loose collation', folded, { constraintColumns: ['v'] }],
    ['an index of a loose collation', words, { constraint: 'word_loose' }],
  ] as const)('are found by %s, whatever the mapping says', async (_, mapping, by) => {
    const records = [
      { v: 'a', w: 1 },
      { v: 'b', w: 2 },
      { v: 'A', w: 3 },
    ];
    const result = await on(mapping).batchUpsert(records, { ...by, outcomes: true, returnModels: true });
    expect(statuses(result)).toEqual(['skipped', 'inserted', 'inserted']);
    expect(result.models.map(({ w }) => w)).toEqual([3, 2, 3]);
    const got = await on(mapping).batchUpsert([{ v: 'B' }], { ...by, onConflict: 'nothing', returnModels: true });
    expect(got.models[0]).toMatchObject({ v: 'b', w: 2 });
    const failing = on(mapping).batchUpsert(records, { ...by, duplicates: 'error' });
    await expect(failing).rejects.toMatchObject({ index: 2, cause: { firstIndex: 0 } });
  });

  it('are found by what a narrower column keeps', async () => {
    await on(short).batchUpsert([{ v: 'abc', w: 1 }], { constraintColumns: ['v'] });
    const options = { constraintColumns: ['v'], returnModels: true, outcomes: true } as const;
    const { models, outcomes } = await on(short).batchUpsert([{ v: 'abc  ', w: 2 }, { v: 'd' }], options);
    expect(outcomes.map(({ status }) => status)).toEqual(['updated', 'inserted']);
    expect(models.map(({ v, w }) => [v, w])).toEqual([
      ['abc', 2],
      ['d', null],
    ]);
  });

  it('are made one, for one statement more', async () => {
    const records = Array.from({ length: 200 }, (_, i) => ({
      n: i % 2 ? `${i - 1}.0` : `${i}`,
      w: i % 2 ? i + 1000 : 99,
    }));
    const result = await on(counts).batchUpsert(records, { constraintColumns: ['n'] });
    expect(result).toMatchObject({ total: 200, inserted: 100, updated: 0, skipped: 100 });
    expect(sent()).toBe(2);
    const { models } = await on(counts).batchUpsert(records, { constraintColumns: ['n'], returnModels: true });
    expect(models).toHaveLength(200);
    expect(models[0]).toEqual(models[1]);
  });

  it('are all of those that give none of its columns', async () => {
    const records = [
      { v: 'x', s: false },
      { v: 'y', s: false },
    ];
    const result = await on(words).batchUpsert(records, { constraint: 'word_part' });
    expect(result).toMatchObject({ inserted: 1, skipped: 1, individually: 0 });
  });

  it('lock their rows in one order, so that many callers end', async () => {
    const callers = await Promise.all(
      [1, 2, 3, 4].map((caller) => {
        const records = Array.from({ length: 60 }, (_, i) => ({
          n: `${(i * 7 * caller) % 31}${caller % 2 ? '' : '.0'}`,
          w: caller,
        }));
        return on(counts).batchUpsert(records, { constraintColumns: ['n'], outcomes: true });
      }),
    );
    const inserted = callers.reduce((sum, one) => sum + one.inserted, 0);
    expect(await table.run('select count(*) from counted')).toEqual([[`${inserted}`]]);
  });
});

describe('one mapping of two databases', () => {
  it('goes by what each of them has', async () => {
    const other = await openTable([`create table short (id serial primary key, v varchar(2) unique, ${shape})`]);
    try {
      const records = [{ v: 'ab' }, { v: 'ab ' }];
      const options = { constraintColumns: ['v'], duplicates: 'first', outcomes: true } as const;
      expect(statuses(await on(short).batchUpsert(records, options))).toEqual(['inserted', 'inserted']);
      // What is too long for the column loses its spaces.
      const there = new BatchOperations({ table: short, db: other.db });
      expect(statuses(await there.batchUpsert(records, options))).toEqual(['inserted', 'skipped']);
    } finally {
      await other.close();
    }
  });
});

describe('updateWhere', () => {
  it('may end in a comment', async () => {
    const options = { constraintColumns: ['n'], updateWhere: () => sql.raw('true -- always') } as const;
    await on(counts).batchUpsert([{ n: '1', w: 1 }], options);
    expect(await on(counts).batchUpsert([{ n: '1', w: 2 }], options)).toMatchObject({ updated: 1 });
  });
});
