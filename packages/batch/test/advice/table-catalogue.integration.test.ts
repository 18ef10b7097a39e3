import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { column, mapEntity } from '@uno/domain';
import { readTableCatalogue, type TableCatalogue } from '../../src/advice/table-catalogue.js';
import { type Cellar, openCellar } from './support/cellar.js';

class Rack {
  id!: number;
}
const racks = mapEntity(Rack, { table: 'Rack "A"', columns: { id: column.integer() } });

let cellar: Cellar;
beforeAll(async () => {
  cellar = await openCellar();
});
afterAll(() => cellar.close());

async function catalogueOf(...statements: readonly string[]): Promise<TableCatalogue> {
  await cellar.run('drop table if exists "Rack ""A""", "Room" cascade');
  for (const statement of statements) await cellar.run(statement);
  const catalogue = await readTableCatalogue(cellar.db, racks, undefined);
  if (catalogue === undefined) throw new Error('the table is not there');
  return catalogue;
}

it('knows which indexes nothing but a read needs', async () => {
  const { indexes } = await catalogueOf(
    'create table "Room" (id integer primary key)',
    `create table "Rack ""A""" (id integer primary key, room integer references "Room", name text unique, note text,
      span int4range, exclude using gist (span with &&))`,
    'create index by_room on "Rack ""A""" (room, note)',
    'create index by_note on "Rack ""A""" (note)',
    'create index some_notes on "Rack ""A""" (note) where id > 5',
    'create unique index only_note on "Rack ""A""" (note)',
    'create index short_note on "Rack ""A""" (left(note, 3))',
    'create index in_order on "Rack ""A""" (id, note)',
    'alter table "Rack ""A""" cluster on in_order',
  );
  const named = (isChosen: (index: (typeof indexes)[number]) => boolean) =>
    indexes.filter(isChosen).map(({ name }) => name);
  expect(named(({ isDispensable }) => isDispensable)).toEqual(['public.by_note', 'public.some_notes']);
  expect(named(({ isUnique }) => isUnique)).toEqual([
    ...['public."Rack ""A""_name_key"', 'public."Rack ""A""_pkey"', 'public.only_note'],
  ]);
  // The one of the exclusion is no tree, and one is about some rows only.
  expect(named(({ isFinder }) => !isFinder)).toEqual(['public."Rack ""A""_span_excl"', 'public.some_notes']);
  expect(indexes.find(({ name }) => name === 'public.short_note')?.columns).toEqual([null]);
  expect(indexes.find(({ name }) => name === 'public.by_room')?.columns).toEqual(['room', 'note']);
});

it('knows what refers to a table, and whether there is an index for that', async () => {
  const { references } = await catalogueOf(
    'create table "Rack ""A""" (id integer primary key, above integer references "Rack ""A""")',
    'create table "Room" (a integer references "Rack ""A""", b integer references "Rack ""A""")',
    'create index on "Room" (b) where b is not null',
    'insert into "Rack ""A""" select n from generate_series(1, 50) as n',
    'analyze "Rack ""A"""',
  );
  expect(references).toMatchObject([
    { constraint: 'Rack "A"_above_fkey', table: 'public."Rack ""A"""', columns: ['above'], isIndexed: false, rows: 50 },
    { constraint: 'Room_a_fkey', table: 'public."Room"', columns: ['a'], isIndexed: false },
    { constraint: 'Room_b_fkey', columns: ['b'], isIndexed: true },
  ]);
});

it('adds the partitions of a table up, and has their indexes once', async () => {
  const { kind, rows, bytes, indexes } = await catalogueOf(
    'create table "Rack ""A""" (id integer, note text) partition by range (id)',
    'create table rack_low partition of "Rack ""A""" for values from (0) to (100)',
    'create table rack_high partition of "Rack ""A""" for values from (100) to (200)',
    'create index by_note on "Rack ""A""" (note)',
    `insert into "Rack ""A""" select n, 'x' from generate_series(1, 150) as n`,
    'analyze "Rack ""A"""',
  );
  expect({ kind, rows }).toEqual({ kind: 'p', rows: 150 });
  expect(bytes).toBe(2 * 8192);
  expect(indexes).toMatchObject([{ name: 'public.by_note', isDispensable: true, bytes: 2 * 2 * 8192, scans: 0 }]);
});

it('knows of triggers that hear of updates, and not of others or of those that are off', async () => {
  const table = 'create table "Rack ""A""" (id integer primary key)';
  await cellar.run(
    'create or replace function hear() returns trigger language plpgsql as $$ begin return null; end $$',
  );
  const trigger = (event: string) => `create trigger hears after ${event} on "Rack ""A""" execute function hear()`;
  expect(await catalogueOf(table)).toMatchObject({ hasUpdateTriggers: false });
  expect(await catalogueOf(table, trigger('insert or delete'))).toMatchObject({ hasUpdateTriggers: false });
  expect(await catalogueOf(table, trigger('update'))).toMatchObject({ hasUpdateTriggers: true });
  const off = 'alter table "Rack ""A""" disable trigger hears';
  expect(await catalogueOf(table, trigger('update'), off)).toMatchObject({ hasUpdateTriggers: false });
});

it('says of a table that is not there that it is not', async () => {
  await cellar.run('drop table if exists "Rack ""A"""');
  expect(await readTableCatalogue(cellar.db, racks, undefined)).toBeUndefined();
});
