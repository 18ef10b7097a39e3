import { describe, expect, it } from '@jest/globals';
import { column, mapEntity } from '@uno/domain';
import { isChanged, patchItem } from '../../src/compute/patch-item.js';

class Thing {
  id!: string;
  amount!: string | null;
  ratio!: number | null;
  at!: Date | null;
  data!: unknown;
  code!: string | null;
  list!: number[] | null;
}

const things = mapEntity(Thing, {
  table: 'thing',
  columns: {
    id: column.numeric(),
    amount: column.numeric().nullable(),
    ratio: column.double().nullable(),
    at: column.timestamptz().nullable(),
    data: column.jsonb<unknown>().nullable(),
    code: column.varchar(3).nullable(),
    list: column.array(column.integer()).nullable(),
  },
});

const row = ['1.0', '2.50', '-0', '2024-01-02 03:04:05.678912+00', '{"a": 1}', 'longer', '{1,2}'];
const fields = things.fields.filter(({ isKey }) => !isKey);

function changesOf(patch: unknown, allowed = fields): Readonly<Record<string, unknown>> {
  const item = patchItem(things, allowed, row, patch, { index: 7, key: ['1'] });
  expect([item.indices, item.key]).toEqual([[7], ['1']]);
  const named = things.fields.map(({ property, position }) => [property, item.values[position]]);
  const changes = Object.fromEntries(named.filter(([, value]) => value !== undefined));
  expect(isChanged(item)).toBe(Object.keys(changes).length > 0);
  return changes;
}

describe('what was computed', () => {
  it('changes nothing where it is nothing, or as the row is', () => {
    expect(changesOf(undefined)).toEqual({});
    expect(changesOf(null)).toEqual({});
    expect(changesOf({})).toEqual({});
    expect(changesOf({ amount: undefined })).toEqual({});
    const { code: _, ...asRead } = things.hydrate(row);
    expect(changesOf(asRead)).toEqual({});
    expect(changesOf(things.hydrate(['1.0', null, null, null, null, null, null]))).toEqual(
      Object.fromEntries(fields.map(({ property }) => [property, null])),
    );
  });

  it.each([
    ['another spelling of a number, which PostgreSQL shows', { amount: '2.5' }],
    ['the other zero', { ratio: 0 }],
    ['the next millisecond', { at: new Date('2024-01-02T03:04:05.679Z') }],
    ['another document', { data: { a: 2 } }],
    ['what is longer in the table than the mapping allows', { code: 'abc' }],
    ['another list', { list: [1, 2, 3] }],
    ['NULL', { amount: null }],
  ])('changes a field that is %s', (_, patch) => {
    expect(changesOf(patch)).toEqual(patch);
  });

  it('changes none but the fields that may be written', () => {
    expect(changesOf({ amount: '3', ratio: 1 }, [things.field('ratio')])).toEqual({ ratio: 1 });
  });

  it('may have the key of the row in any spelling that was read, and no other', () => {
    expect(changesOf({ id: '1.0', ratio: 1 })).toEqual({ ratio: 1 });
    expect(() => changesOf({ id: '2', ratio: 1 })).toThrow('has another "id" than the row, which keeps its key');
  });

  it('is refused if it is no change of such a row', () => {
    expect(() => changesOf(5)).toThrow('Thing record 7 is a number, not an object.');
    expect(() => changesOf({ ratoi: 1 })).toThrow('unknown field "ratoi"');
    expect(() => changesOf({ ratio: 'x' })).toThrow('Thing record 7, field "ratio"');
  });
});
