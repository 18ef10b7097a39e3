import { afterAll, beforeAll, beforeEach, describe, it } from '@jest/globals';
import { BatchOperations, type BatchPlan } from '@uno/batch';
import { column, mapEntity } from '@uno/domain';
import { expectTrue } from './support/expect-true.js';
import { openWatchedPool, type WatchedPool } from './support/watched-pool.js';

class Barrel {
  code!: string;
  label!: string;
  weight!: number | null;
}

const barrels = mapEntity(Barrel, {
  table: 'barrel',
  key: 'code',
  columns: {
    code: column.numeric(),
    label: column.text(),
    weight: column.integer().nullable(),
  },
});

const table = 'create table barrel (code numeric primary key, label text not null, weight integer)';
const trigger = (body: string) => [
  `create function meddle() returns trigger language plpgsql as $$ begin ${body} end $$`,
  'create trigger meddling before insert or update on barrel for each row execute function meddle()',
];

/** Kinds of tables that are written in ways of their own. */
const kinds: Record<string, readonly string[]> = {
  'a table whose keys have several spellings': [table],
  'a table whose trigger drops rows': [table, ...trigger('if new.weight = 3 then return null; end if; return new;')],
  'a table whose trigger changes rows': [table, ...trigger('new.label = upper(new.label); return new;')],
  'a partitioned table': [
    'create table barrel (code numeric primary key, label text not null, weight integer) partition by range (code)',
    'create table barrel_few partition of barrel for values from (minvalue) to (5)',
    'create table barrel_many partition of barrel for values from (5) to (maxvalue)',
  ],
  'a table from which others inherit': [table, 'create table keg () inherits (barrel)'],
  'a table with a deferrable key': [
    'create table barrel (code numeric primary key deferrable, label text not null, weight integer)',
  ],
  'a view': [table.replace('barrel', 'stored'), 'create view barrel as select * from stored'],
  'a view whose triggers do the work': [
    table.replace('barrel', 'stored'),
    'create view barrel as select * from stored',
    `create function store() returns trigger language plpgsql as $$ begin
      if tg_op = 'DELETE' then delete from stored where code = old.code; return old; end if;
      if tg_op = 'INSERT' then insert into stored values (new.code, new.label, new.weight); return new; end if;
      update stored set label = new.label, weight = new.weight where code = old.code; return new;
    end $$`,
    'create trigger storing instead of insert or update or delete on barrel for each row execute function store()',
  ],
};

const rows = Array.from({ length: 5 }, (_, i) => ({ code: String(i + 1), label: `label ${i + 1}`, weight: i + 1 }));
const added = [
  { code: '11', label: 'eleven', weight: 1 },
  { code: '12.50', label: 'twelve' },
  { code: '13', label: 'thirteen', weight: 4 },
  { code: '14', label: 'fourteen', weight: null },
];
const changed = [{ code: '2', weight: 20 }, { code: '4.0', label: 'four' }, { code: '99', weight: 9 }, { code: '1' }];
const both = [...added.filter(({ weight }) => weight !== 3), { code: '2', label: 'two', weight: 2 }, ...rows.slice(4)];

type Barrels = BatchOperations<typeof barrels>;
type Both = readonly [plan: () => Promise<BatchPlan>, call: () => Promise<unknown>];

const calls: Record<string, (operations: Barrels) => Both> = {
  ...Object.fromEntries(
    [{}, { returnModels: true }, { returnKeys: true }, { outcomes: true }].map((said) => [
      `batchInsert ${JSON.stringify(said)}`,
      (one: Barrels): Both => [
        () => one.plan.batchInsert(added, said as never),
        () => one.batchInsert(added, said as never),
      ],
    ]),
  ),
  batchUpdate: (one) => [() => one.plan.batchUpdate(changed), () => one.batchUpdate(changed)],
  batchUpsert: (one) => [() => one.plan.batchUpsert(both), () => one.batchUpsert(both)],
  'batchUpsert with outcomes': (one) => [
    () => one.plan.batchUpsert(both, { outcomes: true }),
    () => one.batchUpsert(both, { outcomes: true }),
  ],
  'batchUpsert that inserts or gets': (one) => [
    () => one.plan.batchUpsert(both, { onConflict: 'nothing', outcomes: true }),
    () => one.batchUpsert(both, { onConflict: 'nothing', outcomes: true }),
  ],
  batchDelete: (one) => [() => one.plan.batchDelete(['1', '7', '3']), () => one.batchDelete(['1', '7', '3'])],
  'batchDelete with models': (one) => [
    () => one.plan.batchDelete(['1', '7', '3'], { returnModels: true }),
    () => one.batchDelete(['1', '7', '3'], { returnModels: true }),
  ],
  batchGet: (one) => [() => one.plan.batchGet(['1', '7']), () => one.batchGet(['1', '7'])],
};

describe.each(Object.entries(kinds))('a plan for %s', (_, make) => {
  let pool: WatchedPool;

  beforeAll(async () => {
    pool = await openWatchedPool(make);
  });

  afterAll(async () => {
    await pool.close();
  });

  beforeEach(async () => {
    await pool.run('delete from barrel');
    for (const { code, label, weight } of rows) {
      await pool.run(`insert into barrel values (${code}, '${label}', ${weight})`);
    }
  });

  it.each(Object.entries(calls))('says what is sent by %s', async (_, callOf) => {
    const [plan, call] = callOf(new BatchOperations({ table: barrels, db: pool.db, config: { batchSize: 3 } }));
    const planned = await plan();
    expectTrue(planned, await pool.watch(call));
  });
});
