import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type AnyMapping,
  asRecord,
  checkMappings,
  mappingOf,
  readTable,
  UnoContext,
  UnoDBRepository,
} from '@uno/domain';
import { ConfigError, executeText } from '@uno/postgres';
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

const mapped = async (name: string): Promise<AnyMapping> => mappingOf(await readTable(database.db, name));

/** A row of every column, as texts that PostgreSQL itself writes, or values of the types that are exact. */
const row = {
  select: 5,
  counted: 6,
  'a b': 'tab\t"quotes" \\ and \n lines',
  '1x': 'five5',
  __proto___: 'ab  ',
  constructor_: 'made',
  and__: '  padded',
  and_: 'c',
  snake_case_name: -3,
  CamelCase: '1.5',
  'ünï"quoted': '-0',
  amount: '12345678.90',
  exact: '123456789012345678901234567890.123456789012345678901234567890',
  flag: true,
  small_day: '0044-03-15 BC',
  at: '23:59:59.123',
  at_zone: '12:00:00.123456+05:30',
  made: 'infinity',
  seen_rounded: '2026-02-28 12:00:00.123+00',
  seen: '2026-02-28 12:00:00.123456+00',
  span: '1 year 2 mons -3 days +04:05:06.789012',
  doc: '{"a": 12345678901234567890.10, "a": 2}',
  docb: '{"n": 12345678901234567890.10}',
  raw: '\\x00ff',
  unit: '123e4567-e89b-12d3-a456-426614174000',
  bits: '101',
  var_bits: '1',
  mood: 'it\'s "fine"',
  mixed: 'a',
  place: '(1,,3)',
  code: 'abc',
  level: '1',
  digit: '9',
  grid: '{{1,NULL},{3,4}}',
  words: '{"a,b",NULL,"","\\"q\\\\"}',
  codes: '{abc,d}',
  moods: '{"so so","it\'s \\"fine\\""}',
  places: '{"(1,2,3)","(,,)"}',
  shorts: '{abc}',
  numbers: '[1,5)',
  several: '{[1,2),[5,7)}',
  address: '192.168.0.1/24',
  vector: "'a':1 'b'",
  money: '$12.50',
  oids: '1 2 3',
  loose: 'Ä',
  c_sorted: 'ä',
};

describe('mappingOf', () => {
  it('fits the table that it was made of', async () => {
    const names = ['everything', '"Parent.Table"', 'low', 'child', 'only_unique', 'seen'];
    const mappings = await Promise.all(names.map((name) => mapped(`odd.${name}`)));
    expect(await checkMappings(database.db, mappings)).toBeUndefined();
    expect(mappings.map(({ name, tableName }) => [name, tableName])).toContainEqual([
      'Parent.Table',
      'odd.Parent.Table',
    ]);
  });

  it('calls fields as columns, but for names that none can have', async () => {
    const { fields } = await mapped('odd.everything');
    const table = await readTable(database.db, 'odd.everything');
    expect(fields.map(({ column }) => column)).toEqual(table.columns.map(({ name }) => name));
    expect(fields.flatMap(({ property, column }) => (property === column ? [] : [[column, property]]))).toEqual([
      ['__proto__', '__proto___'],
      ['constructor', 'constructor_'],
      ['and', 'and__'],
    ]);
  });

  it('knows what comes about by itself, and what a record has to give', async () => {
    const mapping = await mapped('odd.everything');
    const required = mapping.fields.filter(({ insertMode }) => insertMode === 'required');
    expect(required.map(({ property }) => property)).toEqual(['1x', 'seen_rounded']);
    expect(mapping.madeFields.map(({ property }) => property)).toEqual(['id', 'total']);
    expect(mapping.field('id').definition.origin).toEqual({ kind: 'identity', always: true });
    expect(mapping.field('select').definition.origin).toEqual({ kind: 'identity', always: false });
    expect(mapping.field('total').definition.origin?.kind).toBe('computed');
    expect(mapping.field('digit')).toMatchObject({ insertMode: 'optional', nullable: false });
  });

  it('loses nothing of any type', async () => {
    const mapping = await mapped('odd.everything');
    const repository = new UnoDBRepository(new UnoContext({ db: database.db }), mapping);
    expect(Object.keys(row).length + mapping.madeFields.length).toBe(mapping.fields.length);
    const added = await repository.add(row);
    expect(added).toEqual({ ...row, id: 1n, and__: '  padded', total: '24691357.80' });
    expect(await repository.get(asRecord(added)['id'])).toEqual(added);
    expect(await repository.update(asRecord(added))).toEqual(added);
  });

  it.each([
    ['1x', 'sixsix'],
    ['code', 'abcd'],
    ['bits', '1'],
    ['var_bits', '101010'],
    ['codes', '{abcd}'],
  ])('has a value of %s that is too long refused, not cut', async (property, value) => {
    const repository = new UnoDBRepository(new UnoContext({ db: database.db }), await mapped('odd.everything'));
    await expect(repository.add({ ...row, [property]: value })).rejects.toMatchObject({ code: 'UNO_VALIDATION' });
  });

  it('finds rows by the primary key, else by the first unique set that is always there, else by all of them', async () => {
    expect(await mapped('odd."Parent.Table"')).toMatchObject({ key: ['b', 'a'], uniques: [] });
    expect(await mapped('odd.only_unique')).toMatchObject({ key: ['c', 'b'], uniques: [['a'], ['c']] });
    expect(await mapped('odd.keyless')).toMatchObject({ key: ['a', 'b', 'c'], uniques: [] });
    expect(await mapped('odd.seen')).toMatchObject({ key: ['id', 'a b'], uniques: [] });
    expect((await mapped('odd.everything')).uniques).toEqual([['loose'], ['unit', 'seen_rounded']]);
  });

  it('adds to a table without a key, rows that are equal and NULLs too', async () => {
    const repository = new UnoDBRepository(new UnoContext({ db: database.db }), await mapped('odd.keyless'));
    const records = [
      { a: 1, c: '{1.10}' },
      { a: 1, c: '{1.10}' },
      { a: null, b: 'y' },
    ];
    await repository.batchAdd(records);
    const { rows } = await executeText(database.db, { sql: 'select a, b, c from odd.keyless' });
    expect(rows).toEqual([
      ['1', 'x', '{1.10}'],
      ['1', 'x', '{1.10}'],
      [null, 'y', null],
    ]);
  });

  it('has nothing to map of a table without columns', async () => {
    const error = await failureOf(ConfigError, () => mapped('odd.nothing_at_all'));
    expect(error.message).toContain('odd.nothing_at_all has no columns');
  });
});
