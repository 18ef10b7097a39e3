import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { column, Entity, type Filters, mapEntity, UnoContext, UnoDBRepository } from '@uno/domain';
import { type JsonNull, jsonNull, ValidationError } from '@uno/postgres';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { failureOf } from '../support/wrong.js';

class Item extends Entity<number> {
  name!: string;
  size!: number | null;
  price!: string;
  active!: boolean;
  madeAt!: Date;
  day!: string | null;
  kind!: 'a' | 'b';
  tags!: string[];
  document!: { a: number } | JsonNull | null;
  raw!: { a: number } | JsonNull;
  bytes!: Uint8Array;
  serial!: bigint;
  span!: string;
  code!: string;
}

const items = mapEntity(Item, {
  table: 'item',
  columns: {
    id: column.integer(),
    name: column.text(),
    size: column.integer().nullable(),
    price: column.numeric(10, 2),
    active: column.boolean(),
    madeAt: column.timestamptz(),
    day: column.date().nullable(),
    kind: column.enumeration('item_kind', ['a', 'b']),
    tags: column.array(column.text()),
    document: column.jsonb<{ a: number }>({ nullDocument: true }).nullable(),
    raw: column.json<{ a: number }>({ nullDocument: true }),
    bytes: column.bytea(),
    serial: column.bigint(),
    span: column.ofType('int4range'),
    code: column.char(4),
  },
});

let database: OpenDatabase;
let repository: UnoDBRepository<typeof items>;

beforeAll(async () => {
  database = await openDatabase([items]);
  repository = new UnoDBRepository(new UnoContext({ db: database.db }), items);
  const common = { raw: { a: 1 }, bytes: new Uint8Array([0, 255]), tags: [], document: null, span: '[1,3)', code: 'x' };
  await repository.batchAdd([
    {
      ...common,
      id: 0,
      name: 'Zürich',
      size: null,
      price: '1.00',
      active: true,
      madeAt: new Date(0),
      day: null,
      kind: 'a',
      serial: 1n,
    },
    {
      ...common,
      id: 1,
      name: 'bern',
      size: 10,
      price: '1.01',
      active: false,
      madeAt: new Date(1000),
      day: '2024-02-29',
      kind: 'b',
      serial: 2n ** 60n,
      tags: ['x', 'a"b'],
    },
    {
      ...common,
      id: 2,
      name: '100%_\\',
      size: 20,
      price: '2.50',
      active: true,
      madeAt: new Date(2000),
      day: '1999-12-31',
      kind: 'a',
      serial: -5n,
      document: { a: 1 },
    },
    {
      ...common,
      id: 3,
      name: 'Bern',
      size: 30,
      price: '-3.00',
      active: false,
      madeAt: new Date(3000),
      day: null,
      kind: 'b',
      serial: 0n,
      document: jsonNull,
      span: 'empty',
      code: 'abcd',
    },
  ]);
});
afterAll(() => database.close());

async function found(filters: Filters<typeof items>): Promise<number[]> {
  const rows = await repository.list({ filters, orderBy: ['id'] });
  expect(await repository.count({ filters })).toBe(rows.length);
  return rows.map(({ id }) => id);
}

describe('a filter', () => {
  it.each<[string, Filters<typeof items>, number[]]>([
    ['nothing: all rows', {}, [0, 1, 2, 3]],
    ['a value: equal', { name: 'bern' }, [1]],
    ['the value 0', { id: 0 }, [0]],
    ['the value false', { active: false }, [1, 3]],
    ['a Date', { madeAt: new Date(1000) }, [1]],
    ['a bigint', { serial: 2n ** 60n }, [1]],
    ['null: NULL', { size: null }, [0]],
    ['several fields: all hold', { active: true, kind: 'a', size: 20 }, [2]],
    ['eq', { size: { eq: 20 } }, [2]],
    ['eq null', { size: { eq: null } }, [0]],
    ['ne, which NULL is not', { size: { ne: 20 } }, [1, 3]],
    ['ne null', { day: { ne: null } }, [1, 2]],
    ['lt', { size: { lt: 20 } }, [1]],
    ['lte', { size: { lte: 20 } }, [1, 2]],
    ['gt', { size: { gt: 20 } }, [3]],
    ['gte', { size: { gte: 20 } }, [2, 3]],
    ['two operators: both hold', { size: { gt: 10, lt: 30 } }, [2]],
    ['in', { id: { in: [3, 0, 99, 3] } }, [0, 3]],
    ['in with quotes, backslashes and signs', { name: { in: ['100%_\\', '"', '{', ','] } }, [2]],
    ['in with enumerated values', { kind: { in: ['b'] } }, [1, 3]],
    ['in with Dates', { madeAt: { in: [new Date(0), new Date(3000)] } }, [0, 3]],
    ['in an empty list: nothing', { id: { in: [] } }, []],
    ['notIn, which NULL is not', { size: { notIn: [10] } }, [2, 3]],
    ['notIn an empty list: everything, NULL too', { size: { notIn: [] } }, [0, 1, 2, 3]],
    ['like', { name: { like: '%er%' } }, [1, 3]],
    ['like with one character', { name: { like: '_ern' } }, [1, 3]],
    ['like, literally', { name: { like: '100\\%\\_\\\\' } }, [2]],
    ['like, with case', { name: { like: 'b%' } }, [1]],
    ['ilike', { name: { ilike: 'BERN' } }, [1, 3]],
    ['like on text that is no text in PostgreSQL', { day: { like: '1999-%' } }, [2]],
    ['isNull', { size: { isNull: true } }, [0]],
    ['isNull false', { size: { isNull: false } }, [1, 2, 3]],
    ['between, both ends included', { size: { between: [10, 20] } }, [1, 2]],
    ['between in the wrong order: nothing', { size: { between: [20, 10] } }, []],
    ['days', { day: { gte: '2000-01-01' } }, [1]],
    ['enumerated values in the order of their labels', { kind: { gt: 'a' } }, [1, 3]],
    ['a decimal with more digits than the column has, not rounded', { price: { gt: '1.005' } }, [1, 2]],
    ['a decimal that the column cannot hold', { price: '1.005' }, []],
    ['a decimal that is larger than the column can hold', { price: { lt: '123456789012' } }, [0, 1, 2, 3]],
    ['decimals with more digits in a list', { price: { in: ['1.005', '2.5'] } }, [2]],
    ['an array', { tags: { eq: ['x', 'a"b'] } }, [1]],
    ['an empty array', { tags: { eq: [] } }, [0, 2, 3]],
    ['a document', { document: { eq: { a: 1 } } }, [2]],
    ['the null of JSON, which is not NULL', { document: { eq: jsonNull } }, [3]],
    ['a document that has only its text', { raw: { eq: { a: 1 } } }, [0, 1, 2, 3]],
    ['another document that has only its text', { raw: { ne: { a: 2 } } }, [0, 1, 2, 3]],
    ['bytes', { bytes: { eq: new Uint8Array([0, 255]) } }, [0, 1, 2, 3]],
    ['a type known by its text only, in any spelling', { span: { eq: '[1,2]' } }, [0, 1, 2]],
    ['text that PostgreSQL pads', { code: 'x' }, [0, 1, 2]],
    ['padded text in a list', { code: { in: ['abcd', 'y'] } }, [3]],
    ['or', { or: [{ id: 1 }, { name: 'Bern' }] }, [1, 3]],
    ['or of nothing: nothing', { or: [] }, []],
    ['and', { and: [{ active: false }, { size: { gt: 10 } }] }, [3]],
    ['and of nothing: everything', { and: [] }, [0, 1, 2, 3]],
    ['not', { not: { active: true } }, [1, 3]],
    ['not of what is unknown: unknown', { not: { size: 20 } }, [1, 3]],
    ['a field beside or', { active: true, or: [{ id: 0 }, { id: 1 }] }, [0]],
    ['all of them nested', { not: { or: [{ id: 1 }, { and: [{ kind: 'a' }, { not: { size: null } }] }] } }, [0, 3]],
    [
      'and inside of or keeps together',
      {
        or: [
          { id: 0, active: false },
          { id: 3, kind: 'b' },
        ],
      },
      [3],
    ],
  ])('by %s', async (_, filters, ids) => {
    expect(await found(filters)).toEqual(ids);
  });

  it('has one text whatever the length of its lists', async () => {
    database.statements.length = 0;
    await repository.count({ filters: { id: { in: [1] } } });
    await repository.count({ filters: { id: { in: Array.from({ length: 70_000 }, (_, i) => i) } } });
    expect(new Set(database.statements).size).toBe(1);
  });

  it.each<[string, Filters<typeof items>]>([
    ['arrays', { tags: { in: [['x']] } }],
    ['documents that have only their text', { raw: { notIn: [{ a: 1 }] } }],
    ['types known by their text only', { span: { in: ['[1,2)'] } }],
  ])('by a list of %s is refused, since PostgreSQL cannot compare it so', async (_, filters) => {
    const error = await failureOf(ValidationError, () => found(filters));
    expect(error.message).toMatch(/(in|notIn) is not possible for (text\[\]|json|int4range)/);
  });

  it('with a pattern that ends in its escape is refused by PostgreSQL, in uno’s words', async () => {
    const error = await failureOf(ValidationError, () => found({ name: { like: '%\\' } }));
    expect(error).toMatchObject({ sqlstate: '22025' });
  });
});
