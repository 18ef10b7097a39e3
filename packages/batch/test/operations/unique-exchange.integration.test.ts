import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { type AnyColumn, type AnyMapping, column, mapEntity, StaleEntityError } from '@uno/domain';
import { ConstraintError } from '@uno/postgres';
import fc from 'fast-check';
import { batchErrorOf, failureOf } from '../support/failure-of.js';
import { type OpenTable, openTable } from '../tables/support/open-table.js';

class Seat {
  id!: number;
  code!: string;
  row!: number | null;
  place!: number | null;
  note!: string | null;
  active!: boolean;
  revision!: number;
}
const seats = mapEntity(Seat, {
  table: 'seat',
  columns: {
    id: column.integer(),
    code: column.text(),
    row: column.integer().nullable(),
    place: column.integer().nullable(),
    note: column.text().nullable(),
    active: column.boolean(),
    revision: column.integer(),
  },
});

let table: OpenTable;
let operations: BatchOperations<typeof seats>;

beforeAll(async () => {
  table = await openTable([
    `create table seat (id integer primary key, code text not null check (code <> 'bad'), "row" integer, place integer,
      note text, active boolean not null, revision integer not null)`,
    'create table done (what text)',
  ]);
  operations = new BatchOperations({ table: seats, db: table.db });
});
afterAll(() => table.close());

/** Seat n has the code Cn and is in row n, place -n; those from 7 on are not active. */
async function seated(...indexes: string[]): Promise<void> {
  await table.run('drop table seat');
  await table.run(
    `create table seat (id integer primary key, code text not null check (code <> 'bad'), "row" integer, place integer,
      note text, active boolean not null, revision integer not null)`,
  );
  await table.run(`insert into seat select n, 'C' || n, n, -n, null, n < 7, 1 from generate_series(1, 9) as n`);
  for (const index of indexes) await table.run(index);
  await table.run('truncate done');
  table.sent.length = 0;
}
const codes = async () => (await table.run('select code from seat order by id')).flat();
const uniqueCode = 'create unique index seat_code on seat (code)';

/** Of nine seats, some have another's code. */
const codesWith = (changed: Readonly<Record<number, string>>) =>
  [1, 2, 3, 4, 5, 6, 7, 8, 9].map((id) => changed[id] ?? `C${id}`);

const strategies = ['single_query', 'chunked', 'parallel', 'pipelined', 'optimistic'] as const;
const ways = strategies.flatMap((strategy) =>
  (['abort', 'skip'] as const).flatMap((onRecordError) => [
    [strategy, onRecordError, undefined] as const,
    [strategy, onRecordError, 'chunk'] as const,
  ]),
);

describe.each(ways)('unique values under %s, %s, atomicity %s', (strategy, onRecordError, atomicity) => {
  const options = { strategy, onRecordError, ...(atomicity === undefined ? {} : { atomicity }) } as const;
  beforeEach(() => seated(uniqueCode));

  it('are exchanged by two records', async () => {
    const swap = [
      { id: 1, code: 'C2', note: 'x' },
      { id: 2, code: 'C1', note: 'y' },
    ];
    expect(await operations.batchUpdate(swap, options)).toMatchObject({ updated: 2, failed: 0, individually: 0 });
    expect(await codes()).toEqual(codesWith({ 1: 'C2', 2: 'C1' }));
  });

  it('go round among three, beside a shift by one and a record of another shape', async () => {
    const moves = [
      { id: 1, code: 'C2' },
      { id: 2, code: 'C3', note: 'z' },
      { id: 3, code: 'C1' },
      ...[4, 5, 6, 7].map((id) => ({ id, code: `C${id + 1}` })),
      { id: 8, code: 'free' },
      { id: 9, note: 'z' },
    ];
    expect(await operations.batchUpdate(moves, options)).toMatchObject({ updated: 9 });
    expect(await codes()).toEqual(['C2', 'C3', 'C1', 'C5', 'C6', 'C7', 'C8', 'free', 'C9']);
  });

  it('of somebody else stay theirs, and the record that wants one is named', async () => {
    const moves = [
      { id: 1, code: 'C2' },
      { id: 3, code: 'C9' },
      { id: 2, code: 'C1' },
    ];
    const fault = { sqlstate: '23505', constraint: 'seat_code' };
    if (onRecordError === 'abort') {
      expect(await batchErrorOf(operations.batchUpdate(moves, options))).toMatchObject({
        index: 1,
        key: '3',
        ...fault,
      });
      expect(await codes()).toEqual(codesWith({}));
      return;
    }
    const { updated, failures } = await operations.batchUpdate(moves, options);
    expect([updated, failures]).toMatchObject([2, [{ index: 1, key: '3', error: fault }]]);
    expect(await codes()).toEqual(codesWith({ 1: 'C2', 2: 'C1' }));
  });

  it('are not exchanged with a record that is refused for something else, which is named', async () => {
    const moves = [
      { id: 4, code: 'C5' },
      { id: 1, code: 'C2' },
      { id: 2, code: 'C3' },
      { id: 3, code: 'bad' },
      { id: 5, code: 'C4' },
    ];
    if (onRecordError === 'abort') {
      const error = await batchErrorOf(operations.batchUpdate(moves, options));
      expect(error).toMatchObject({ index: 3, key: '3', sqlstate: '23514' });
      expect(await codes()).toEqual(codesWith({}));
      return;
    }
    const { failures } = await operations.batchUpdate(moves, options);
    expect(failures).toMatchObject([
      { index: 1, error: { sqlstate: '23505' } },
      { index: 2, error: { sqlstate: '23505' } },
      { index: 3, error: { sqlstate: '23514' } },
    ]);
    expect(await codes()).toEqual(codesWith({ 4: 'C5', 5: 'C4' }));
  });
});

describe('an exchange', () => {
  it.each([
    ['a composite index', 'create unique index on seat ("row", place)'],
    ['two indexes', 'create unique index on seat ("row"); create unique index on seat (place)'],
    ['an index with equal NULLs', 'create unique index on seat ("row") nulls not distinct'],
    ['a NOT NULL column', 'alter table seat alter "row" set not null; create unique index on seat ("row")'],
    ['numbers above zero', 'alter table seat add check ("row" > 0); create unique index on seat ("row")'],
    ['a constraint', 'alter table seat add unique ("row")'],
    ['a partial index', 'create unique index on seat ("row") where active'],
    ['an index over an expression', 'create unique index on seat (("row" % 10))'],
  ])('goes by %s', async (_, make) => {
    if (make.includes('nulls not distinct') && table.version < 15) return;
    await seated(make);
    const moves = [
      { id: 1, row: 2, place: -2 },
      { id: 2, row: 3, place: -1 },
      { id: 3, row: 1, place: -3 },
    ];
    expect(await operations.batchUpdate(moves)).toMatchObject({ updated: 3 });
    expect(await table.run('select "row", place from seat where id < 4 order by id')).toEqual([
      ['2', '-2'],
      ['3', '-1'],
      ['1', '-3'],
    ]);
  });

  it('goes by an index over lower(…), in the column’s own case', async () => {
    await seated('create unique index on seat (lower(code))');
    await operations.batchUpdate([
      { id: 1, code: 'c2' },
      { id: 2, code: 'c1' },
    ]);
    expect(await codes()).toEqual(codesWith({ 1: 'c2', 2: 'c1' }));
  });

  it('goes by a predicate that the records change', async () => {
    await seated('create unique index on seat ("row") where active');
    await table.run('update seat set "row" = 1 where id = 7');
    await operations.batchUpdate([
      { id: 7, active: true },
      { id: 1, active: false },
    ]);
    expect(await table.run('select id from seat where "row" = 1 and active')).toEqual([['7']]);
  });

  it('writes no row twice where it is enough that one goes before the other', async () => {
    await seated(uniqueCode);
    await table.run(`create or replace function noted() returns trigger language plpgsql as
      $$ begin insert into done values (new.code); return new; end $$`);
    await table.run('create trigger noted after update on seat for each row execute function noted()');
    await operations.batchUpdate([
      { id: 1, code: 'C2' },
      { id: 2, code: 'free' },
    ]);
    expect(await table.run('select what from done')).toEqual([['free'], ['C2']]);
  });

  it('adds in an order that makes room, as what is added to cannot be set aside', async () => {
    await seated('alter table seat alter "row" set not null', 'create unique index on seat ("row")');
    const moves = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((id) => ({ id, row: 1 }));
    expect(await operations.batchUpdate(moves, { increment: ['row'] })).toMatchObject({ updated: 9 });
    expect(await table.run('select min("row"), max("row"), count(distinct "row") from seat')).toEqual([
      ['2', '10', '9'],
    ]);
    const ring = [
      { id: 1, row: 1 },
      { id: 2, row: -1 },
    ];
    const error = await batchErrorOf(operations.batchUpdate(ring, { increment: ['row'] }));
    expect(error).toMatchObject({ index: 0, sqlstate: '23505', constraint: 'seat_row_idx' });
    expect(error.message).toContain('DEFERRABLE');
  });

  it('goes by versions: a stale record exchanges nothing', async () => {
    await seated(uniqueCode);
    const moves = [
      { id: 1, code: 'C2', revision: 1 },
      { id: 2, code: 'C1', revision: 1 },
      { id: 3, code: 'C4', revision: 1 },
      { id: 4, code: 'C3', revision: 7 },
    ];
    const { failures } = await operations.batchUpdate(moves, { version: 'revision', onRecordError: 'skip' });
    expect(failures).toMatchObject([
      { index: 2, error: { sqlstate: '23505' } },
      { index: 3, error: expect.any(StaleEntityError) },
    ]);
    expect(await codes()).toEqual(codesWith({ 1: 'C2', 2: 'C1' }));
    expect(await table.run('select revision from seat where id < 4 order by id')).toEqual([['2'], ['2'], ['1']]);
  });

  it('leaves nothing in a row whose update a trigger suppresses', async () => {
    await seated(uniqueCode);
    await table.run(`create or replace function kept() returns trigger language plpgsql as
      $$ begin if new.code = 'C1' then return null; end if; return new; end $$`);
    await table.run('create trigger kept before update on seat for each row execute function kept()');
    const ring = [
      { id: 1, code: 'C2' },
      { id: 2, code: 'C3' },
      { id: 3, code: 'C1' },
    ];
    expect(await batchErrorOf(operations.batchUpdate(ring))).toMatchObject({ sqlstate: '23505' });
    expect(await codes()).toEqual(codesWith({}));
  });

  it('keeps to foreign keys: what refers to a value follows it', async () => {
    await seated('alter table seat add constraint seat_code unique (code)');
    await table.run(`create table ticket (id integer, code text references seat (code) on update cascade)`);
    await table.run(`insert into ticket values (1, 'C1'), (2, 'C2')`);
    const swap = [
      { id: 1, code: 'C2' },
      { id: 2, code: 'C1' },
    ];
    await operations.batchUpdate(swap);
    expect(await table.run('select code from ticket order by id')).toEqual([['C2'], ['C1']]);
    await table.run('alter table ticket drop constraint ticket_code_fkey');
    await table.run('alter table ticket add foreign key (code) references seat (code)');
    const error = await batchErrorOf(operations.batchUpdate(swap.map(({ id }) => ({ id, code: `C${id}` }))));
    expect(error).toMatchObject({ index: 0, sqlstate: '23505', cause: expect.any(ConstraintError) });
    await table.run('drop table ticket');
  });

  it('happens in a transaction of the caller’s, which can go on', async () => {
    await seated(uniqueCode);
    await table.db.transaction().execute(async (db) => {
      const joined = new BatchOperations({ table: seats, db });
      const swap = [
        { id: 1, code: 'C2' },
        { id: 2, code: 'C1' },
      ];
      expect(await joined.batchUpdate(swap)).toMatchObject({ updated: 2 });
      expect(await joined.batchUpdate([{ id: 3, code: 'free' }])).toMatchObject({ updated: 1 });
    });
    expect(await codes()).toEqual(codesWith({ 1: 'C2', 2: 'C1', 3: 'free' }));
  });

  it('costs a handful of statements, and an update without one none', async () => {
    await seated(uniqueCode);
    const moves = (shift: number) =>
      [...Array(9).keys()].map((i) => ({ id: i + 1, code: `C${((i + shift) % 9) + 1}` }));
    await operations.batchUpdate(moves(1));
    const many = table.sent.filter((sql) => !/^(begin|commit|savepoint|release|rollback)/i.test(sql));
    // Refused, the catalogue, two indexes looked at, set aside, written.
    expect(many.length).toBeLessThanOrEqual(6);
    table.sent.length = 0;
    await operations.batchUpdate([{ id: 1, code: 'free' }]);
    expect(table.sent).toHaveLength(1);
  });
});

describe('unique values across chunks', () => {
  const ring = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((id) => ({ id, code: `C${id === 9 ? 1 : id + 1}` }));
  const moved = ['C2', 'C3', 'C4', 'C5', 'C6', 'C7', 'C8', 'C9', 'C1'];
  beforeEach(() => seated(uniqueCode));

  it.each(['chunked', 'pipelined'] as const)('of one transaction are exchanged, %s', async (strategy) => {
    for (const batchSize of [1, 2, 4]) {
      await seated(uniqueCode);
      expect(await operations.batchUpdate(ring, { strategy, batchSize })).toMatchObject({ updated: 9 });
      expect(await codes()).toEqual(moved);
      const backwards = ring.map(({ id }) => ({ id, code: `C${id}` })).toReversed();
      expect(await operations.batchUpdate(backwards, { strategy, batchSize })).toMatchObject({ updated: 9 });
      expect(await codes()).toEqual(codesWith({}));
    }
  });

  it('are not where a record is refused, which is named', async () => {
    const moves = ring.map((move) => (move.id === 7 ? { id: 7, code: 'bad' } : move));
    const error = await batchErrorOf(operations.batchUpdate(moves, { batchSize: 2 }));
    expect(error).toMatchObject({ index: 6, key: '7', sqlstate: '23514' });
    expect(await codes()).toEqual(codesWith({}));
  });

  it('are not where each chunk commits by itself', async () => {
    const error = await batchErrorOf(operations.batchUpdate(ring, { batchSize: 2, atomicity: 'chunk' }));
    expect(error).toMatchObject({ index: 1, sqlstate: '23505' });
    expect(await codes()).toEqual(codesWith({}));
  });

  it('are not where records may be left out', async () => {
    const { failures } = await operations.batchUpdate(ring, { batchSize: 2, onRecordError: 'skip' });
    expect(failures).toHaveLength(9);
    expect(await codes()).toEqual(codesWith({}));
  });

  it('stay as they were when a record has changed before its turn', async () => {
    for (const change of [{ id: 99 }, { code: undefined }]) {
      const list = ring.map((record) => ({ ...record }));
      const onProgress = () => {
        for (const record of list.slice(6)) Object.assign(record, change);
      };
      const updating = operations.batchUpdate(list, { batchSize: 2, onProgress });
      expect(await failureOf(updating)).toMatchObject({ sqlstate: '23505' });
      expect(await codes()).toEqual(codesWith({}));
    }
  });

  it('are not taken from a row whose record, later on, keeps its value', async () => {
    const moves = [
      { id: 1, code: 'C9' },
      { id: 2, note: 'x' },
      { id: 9, note: 'y' },
    ];
    const error = await batchErrorOf(operations.batchUpdate(moves, { batchSize: 2 }));
    expect(error).toMatchObject({ index: 0, key: '1', sqlstate: '23505' });
    expect(error.message).not.toContain('DEFERRABLE');
  });

  it('are not taken from a record that has got its value before', async () => {
    const moves = [
      { id: 2, code: 'X' },
      { id: 1, code: 'X' },
      { id: 3, code: 'C2' },
    ];
    const error = await batchErrorOf(operations.batchUpdate(moves, { batchSize: 1 }));
    expect(error).toMatchObject({ index: 1, key: '1', sqlstate: '23505', constraint: 'seat_code' });
  });

  it('leave nothing in a later row whose update a trigger suppresses', async () => {
    await table.run(`create or replace function kept() returns trigger language plpgsql as
      $$ begin if new.code = 'C1' then return null; end if; return new; end $$`);
    await table.run('create trigger kept before update on seat for each row execute function kept()');
    expect(await failureOf(operations.batchUpdate(ring, { batchSize: 2 }))).toMatchObject({ sqlstate: '23505' });
    expect(await codes()).toEqual(codesWith({}));
  });
});

describe('values of a type', () => {
  const types: [string, AnyColumn, string, readonly string[]][] = [
    ['smallint', column.smallint(), 'smallint', ['1', '2', '3']],
    ['integer', column.integer(), 'integer', ['1', '2', '3']],
    ['bigint', column.bigint(), 'bigint', ['1', '2', '3']],
    ['numeric', column.numeric(5, 2), 'numeric(5,2)', ['1.00', '2.00', '3.50']],
    ['double', column.double(), 'double precision', ['1', '2', '3']],
    ['real', column.real(), 'real', ['1', '2', '3']],
    ['text of one character', column.text(), 'varchar(1)', ['A', 'B', 'C']],
    ['letters', column.text(), `text check (x ~ '^[A-Z]+$')`, ['A', 'B', 'C']],
    ['a domain', column.text(), 'short', ['A', 'B', 'C']],
    ['uuid', column.uuid(), 'uuid', [1, 2, 3].map((n) => `00000000-0000-0000-0000-00000000000${n}`)],
    ['date', column.date(), 'date', ['2020-01-01', '2020-01-02', '2020-01-03']],
  ];
  it.each(types)('%s go round', async (_, field, type, [a = '', b = '', c = '']) => {
    await table.run('drop table if exists typed');
    await table.run('drop domain if exists short');
    await table.run('create domain short as varchar(4) not null');
    await table.run(`create table typed (id integer primary key, x ${type} unique not null)`);
    for (const [i, x] of [a, b, c].entries()) await table.run(`insert into typed values (${i + 1}, '${x}')`);
    class Typed {
      id!: number;
      x!: unknown;
    }
    const typed: AnyMapping = mapEntity(Typed, { table: 'typed', columns: { id: column.integer(), x: field } });
    const given = (text: string) => field.type.decode(text);
    await new BatchOperations({ table: typed, db: table.db }).batchUpdate([
      { id: 1, x: given(b) },
      { id: 2, x: given(c) },
      { id: 3, x: given(a) },
    ]);
    expect(await table.run('select x from typed order by id')).toEqual([[b], [c], [a]]);
  });

  it('that an enum has no spare one of cannot go round, and the error says what would help', async () => {
    await table.run(`create type suit as enum ('hearts', 'spades')`);
    await table.run('create table card (id integer primary key, suit suit unique not null)');
    await table.run(`insert into card values (1, 'hearts'), (2, 'spades')`);
    class Card {
      id!: number;
      suit!: 'hearts' | 'spades';
    }
    const cards = mapEntity(Card, {
      table: 'card',
      columns: { id: column.integer(), suit: column.enumeration('suit', ['hearts', 'spades']) },
    });
    const operations = new BatchOperations({ table: cards, db: table.db });
    const error = await batchErrorOf(
      operations.batchUpdate([
        { id: 1, suit: 'spades' },
        { id: 2, suit: 'hearts' },
      ]),
    );
    expect(error).toMatchObject({ index: 0, key: '1', sqlstate: '23505', constraint: 'card_suit_key' });
    expect(error.message).toContain('A DEFERRABLE constraint would allow it');
  });
});

describe('an update of unique values', () => {
  it('does what a deferrable constraint would do', async () => {
    const targets = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 10 })), {
      maxLength: 9,
    });
    const permutations = fc
      .shuffledSubarray([1, 2, 3, 4, 5, 6, 7, 8, 9])
      .chain((ids) =>
        fc
          .shuffledSubarray(ids, { minLength: ids.length })
          .map((to) => ids.map((id, i): [number, number] => [id, to[i] ?? 0])),
      );
    const sizes = fc.integer({ min: 1, max: 10 });
    const show = () => table.run('select id, code, "row" from seat order by id');
    await fc.assert(
      fc.asyncProperty(fc.oneof(permutations, targets), fc.boolean(), sizes, async (pairs, isNullable, batchSize) => {
        const moves = [...new Map(pairs)].map(([id, to]) => ({
          id,
          ...(to % 4 === 0 ? { note: 'x' } : { code: `C${to}` }),
          ...(to % 5 === 0 ? { note: 'y' } : { row: to }),
        }));
        const seen: unknown[] = [];
        for (const timing of ['deferrable', '']) {
          await seated(
            isNullable ? 'select' : 'alter table seat alter "row" set not null',
            `alter table seat add unique (code) ${timing}, add unique ("row") ${timing}`,
          );
          const done = await operations.batchUpdate(moves, timing === '' ? { batchSize } : {}).then(
            ({ updated, unchanged }) => ({ updated, unchanged }),
            (error: unknown) => (error instanceof Error ? Reflect.get(error, 'sqlstate') : error),
          );
          seen.push({ done, rows: await show() });
        }
        expect(seen[1]).toEqual(seen[0]);
      }),
      { numRuns: 60 },
    );
  });
});
