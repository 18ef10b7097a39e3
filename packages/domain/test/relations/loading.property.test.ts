import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type AnyMapping, asRecord, UnoContext, UnoDBRepository } from '@uno/domain';
import fc from 'fast-check';
import { type RawBuilder, sql } from 'kysely';
import { archive, halls, keepers, shelves, topics, volumes } from '../support/archive.js';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { unchecked } from '../support/wrong.js';

type Row = Readonly<Record<string, unknown>>;

/** A relation in plain SQL: which rows of the target one row of the source has. */
interface Relation {
  readonly to: string;
  readonly kind: 'owner' | 'one' | 'many';
  readonly where: (row: Row) => RawBuilder<unknown>;
}

/** A table in plain SQL, with a filter and an order of each kind as uno and as SQL say them. */
interface Table {
  readonly mapping: AnyMapping;
  readonly key: string;
  readonly filter: readonly [object, string];
  readonly order: readonly [unknown, string];
  readonly relations: Readonly<Record<string, Relation>>;
}

const inHall = (building: unknown, number: unknown) => sql`building = ${building} and number = ${number}`;
const tables: Readonly<Record<string, Table>> = {
  hall: {
    mapping: halls,
    key: 'building, number',
    filter: [{ number: { gt: 1 } }, 'number > 1'],
    order: [{ number: 'desc' }, 'number desc'],
    relations: {
      shelves: { to: 'shelf', kind: 'many', where: (row) => inHall(row['building'], row['number']) },
      keeper: {
        to: 'keeper',
        kind: 'one',
        where: (row) => sql`building = ${row['building']} and hall_number = ${row['number']}`,
      },
    },
  },
  keeper: {
    mapping: keepers,
    key: 'id',
    filter: [{ name: { ne: 'b' } }, "name <> 'b'"],
    order: ['name', 'name'],
    relations: { hall: { to: 'hall', kind: 'owner', where: (row) => inHall(row['building'], row['hall_number']) } },
  },
  shelf: {
    mapping: shelves,
    key: 'id',
    filter: [{ or: [{ turn: 'a' }, { turn: null }] }, "(turn = 'a' or turn is null)"],
    order: [{ turn: 'desc' }, 'turn desc'],
    relations: {
      hall: { to: 'hall', kind: 'owner', where: (row) => inHall(row['building'], row['number']) },
      volumes: { to: 'volume', kind: 'many', where: (row) => sql`shelf_id = ${row['id']}` },
    },
  },
  volume: {
    mapping: volumes,
    key: 'id',
    filter: [{ pages: { gte: 2 } }, 'pages >= 2'],
    order: [{ pages: 'asc' }, 'pages'],
    relations: {
      shelf: { to: 'shelf', kind: 'owner', where: (row) => sql`id = ${row['shelf_id']}` },
      before: { to: 'volume', kind: 'owner', where: (row) => sql`id = ${row['sequel_to']}` },
      sequels: { to: 'volume', kind: 'many', where: (row) => sql`sequel_to = ${row['id']}` },
      topics: {
        to: 'topic',
        kind: 'many',
        where: (row) => sql`code in (select topic_code from volume_topic where volume_id = ${row['id']})`,
      },
    },
  },
  topic: {
    mapping: topics,
    key: 'code',
    filter: [{ p: 1 }, 'p = 1'],
    order: ['p', 'p'],
    relations: {
      volumes: {
        to: 'volume',
        kind: 'many',
        where: (row) => sql`id in (select volume_id from volume_topic where topic_code = ${row['code']})`,
      },
    },
  },
};

/** How one relation is loaded. */
interface Load {
  readonly name: string;
  readonly isFiltered: boolean;
  readonly isOrdered: boolean;
  readonly limit: number | undefined;
  readonly nested: readonly Load[];
}

function loadsOf(table: string, depth: number): fc.Arbitrary<readonly Load[]> {
  const names = Object.keys(tables[table]?.relations ?? {});
  if (depth === 0) return fc.constant([]);
  return fc.subarray(names).chain((chosen) => fc.tuple(...chosen.map((name) => loadOf(table, name, depth))));
}

function loadOf(table: string, name: string, depth: number): fc.Arbitrary<Load> {
  const { to = '', kind } = tables[table]?.relations[name] ?? {};
  const maybe = kind === 'owner' ? fc.constant(false) : fc.boolean();
  const limit = kind === 'owner' ? fc.constant(undefined) : fc.option(fc.nat({ max: 3 }), { nil: undefined });
  return fc.record({
    name: fc.constant(name),
    isFiltered: maybe,
    isOrdered: maybe,
    limit,
    nested: loadsOf(to, depth - 1),
  });
}

/** As uno is asked for it. */
function treeOf(table: string, loads: readonly Load[]): object {
  return Object.fromEntries(
    loads.map(({ name, isFiltered, isOrdered, limit, nested }) => {
      const to = tables[table]?.relations[name]?.to ?? '';
      const options = {
        ...(isFiltered ? { filters: tables[to]?.filter[0] } : {}),
        ...(isOrdered ? { orderBy: [tables[to]?.order[0]] } : {}),
        ...(limit === undefined ? {} : { limit }),
        ...(nested.length === 0 ? {} : { loadRelations: treeOf(to, nested) }),
      };
      return [name, Object.keys(options).length === 0 ? true : options];
    }),
  );
}

let database: OpenDatabase;

beforeAll(async () => {
  database = await openDatabase(archive);
  const { db } = database;
  const context = new UnoContext({ db });
  const pick = <T>(from: readonly T[], seed: number, count: number) =>
    fc.sample(fc.constantFrom(...from), { numRuns: count, seed });
  const places = ['A', 'B'].flatMap((building) => [1, 2, 3].map((number) => ({ building, number })));
  await new UnoDBRepository(context, halls).batchAdd(places);
  const [turns, names, pages] = [
    pick(['a', 'b', null], 1, 12),
    pick(['a', 'b', 'c'], 2, 8),
    pick([1, 2, 3, null], 3, 30),
  ];
  await new UnoDBRepository(context, shelves).batchAdd(
    pick(places.slice(0, 5), 4, 12).map((place, i) => ({ ...place, turn: turns[i] ?? null })),
  );
  await new UnoDBRepository(context, keepers).batchAdd(
    pick(places, 5, 8).map(({ building, number }, i) => ({
      name: names[i] ?? '',
      building,
      hallNumber: i % 4 === 0 ? null : number,
    })),
  );
  const [onShelves, sequels] = [pick([null, 1, 2, 3, 4], 6, 30), pick([null, 1, 2, 3], 7, 30)];
  await new UnoDBRepository(context, volumes).batchAdd(
    pages.map((count, i) => ({
      title: `v${i}`,
      pages: count,
      shelfId: onShelves[i] ?? null,
      sequelTo: i < 4 ? null : (sequels[i] ?? null),
    })),
  );
  await new UnoDBRepository(context, topics).batchAdd(['r', 's', 't', 'u'].map((code, p) => ({ code, p: p % 2 })));
  await sql`insert into volume_topic select v, c from generate_series(1, 20) v, unnest(array['r','s','t']) c
    where (v * ascii(c)) % 3 <> 1`.execute(db);
});
afterAll(() => database.close());

/** The rows of one record after the other, with a statement for each relation of each. */
async function oneByOne(table: string, row: Row, loads: readonly Load[]): Promise<object> {
  const known = tables[table];
  const found: Record<string, unknown> = { key: keyOf(known, row) };
  for (const { name, isFiltered, isOrdered, limit, nested } of loads) {
    const relation = known?.relations[name];
    const target = tables[relation?.to ?? ''];
    if (relation === undefined || target === undefined) throw new Error(`no relation ${name}`);
    const { rows } = await sql<Row>`select * from ${sql.table(relation.to)} where ${relation.where(row)}
      and ${sql.raw(isFiltered ? target.filter[1] : 'true')}
      order by ${sql.raw(isOrdered ? `${target.order[1]}, ${target.key}` : target.key)}
      limit ${limit ?? null}::int`.execute(database.db);
    const related: object[] = [];
    for (const each of rows) related.push(await oneByOne(relation.to, each, nested));
    found[name] = relation.kind === 'many' ? related : (related[0] ?? null);
  }
  return found;
}

function keyOf(table: Table | undefined, row: Row): unknown[] {
  return (table?.key ?? '').split(', ').map((column) => row[column]);
}

/** The same of what uno has loaded. */
function shapeOf(table: string, entity: object, loads: readonly Load[]): object {
  const known = tables[table];
  const found: Record<string, unknown> = { key: keyOf(known, asRecord(entity)) };
  for (const { name, nested } of loads) {
    const to = known?.relations[name]?.to ?? '';
    const value = asRecord(entity)[name];
    const one = (related: object) => shapeOf(to, related, nested);
    found[name] = Array.isArray(value) ? value.map(one) : value instanceof Object ? one(value) : value;
  }
  return found;
}

it('loads what a statement for each relation of each record would find, in the same order', async () => {
  const roots = fc
    .constantFrom(...Object.keys(tables))
    .chain((table) => fc.record({ table: fc.constant(table), loads: loadsOf(table, 3) }));
  await fc.assert(
    fc.asyncProperty(roots, fc.nat({ max: 4 }), async ({ table, loads }, offset) => {
      const known = tables[table];
      if (known === undefined) throw new Error(`no table ${table}`);
      const repository = new UnoDBRepository(new UnoContext({ db: database.db }), known.mapping);
      const loaded = await repository.list({
        orderBy: known.mapping.key,
        limit: 3,
        offset,
        // The generator writes what the type allows; TypeScript cannot follow it there.
        loadRelations: unchecked<readonly []>(treeOf(table, loads)),
      });
      const { rows } = await sql<Row>`select * from ${sql.table(table)}
        order by ${sql.raw(known.key)} limit 3 offset ${offset}`.execute(database.db);
      const expected: object[] = [];
      for (const row of rows) expected.push(await oneByOne(table, row, loads));
      expect(loaded.map((entity) => shapeOf(table, entity, loads))).toEqual(expected);
    }),
    { numRuns: 80 },
  );
});
