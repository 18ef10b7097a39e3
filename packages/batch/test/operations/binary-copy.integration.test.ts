import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { column, mapEntity, type NewRecord } from '@uno/domain';
import { jsonNull } from '@uno/postgres';
import fc from 'fast-check';
import { batchErrorOf } from '../support/failure-of.js';
import { type OpenTable, openTable } from '../tables/support/open-table.js';

class Sample {
  id!: number;
  small!: number | null;
  big!: bigint | null;
  bigNumber!: number | null;
  single!: number | null;
  double!: number | null;
  flag!: boolean | null;
  title!: string | null;
  code!: string | null;
  fixed!: string | null;
  uid!: string | null;
  at!: Date | null;
  data!: unknown;
  raw!: unknown;
  bytes!: Uint8Array | null;
}
const samples = mapEntity(Sample, {
  table: 'sample',
  columns: {
    id: column.integer().generated(),
    small: column.smallint().nullable(),
    big: column.bigint().nullable(),
    bigNumber: column.bigint({ as: 'number' }).named('big number').nullable(),
    single: column.real().nullable(),
    double: column.double().nullable(),
    flag: column.boolean().nullable(),
    // In the table it is varchar(40), which is the same in bytes.
    title: column.text().nullable(),
    code: column.varchar(8).nullable(),
    fixed: column.char(4).nullable(),
    uid: column.uuid().nullable(),
    at: column.timestamptz().nullable(),
    data: column.jsonb<unknown>({ nullDocument: true }).nullable(),
    raw: column.json<unknown>({ nullDocument: true }).nullable(),
    bytes: column.bytea().nullable(),
  },
});

class Narrow {
  id!: number;
  amount!: number;
  name!: string;
}
const narrow = mapEntity(Narrow, {
  table: 'narrow',
  columns: { id: column.integer(), amount: column.integer(), name: column.text() },
});

let table: OpenTable;
let operations: BatchOperations<typeof samples>;

beforeAll(async () => {
  table = await openTable([
    `create table sample (id serial primary key, small smallint, big bigint, "big number" bigint, single real,
      double double precision, flag boolean, title varchar(40), code varchar(8), fixed char(4), uid uuid,
      at timestamptz(3), data jsonb, raw json, bytes bytea)`,
    'create table narrow (id integer primary key, amount smallint not null, name varchar(3) not null)',
  ]);
  operations = new BatchOperations({ table: samples, db: table.db });
});
afterAll(() => table.close());
beforeEach(async () => {
  await table.run('truncate sample restart identity');
  table.sent.length = 0;
});

const copies = () => table.sent.filter((text) => text.startsWith('copy'));
const text = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((one) => !one.includes('\0') && one.isWellFormed());
const short = fc.string({ unit: fc.constantFrom('a', 'ä', '😀', '"', '\\'), maxLength: 4 });
const document = fc.oneof(fc.constant(jsonNull), fc.integer(), fc.array(short), fc.dictionary(short, fc.boolean()));
const values = {
  small: fc.integer({ min: -32768, max: 32767 }),
  big: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  bigNumber: fc.maxSafeInteger(),
  single: fc.float(),
  double: fc.double(),
  flag: fc.boolean(),
  title: text,
  code: short,
  fixed: short,
  uid: fc.uuid(),
  at: fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date(8.64e15), noInvalidDate: true }),
  data: document,
  raw: document,
  bytes: fc.uint8Array({ maxLength: 20 }),
};
const records: fc.Arbitrary<NewRecord<typeof samples>[]> = fc
  .subarray(Object.keys(values), { minLength: 1 })
  .chain((names) => {
    const chosen = Object.entries(values).filter(([name]) => names.includes(name));
    const record = fc.record(Object.fromEntries(chosen.map(([name, value]) => [name, fc.option<unknown>(value)])));
    return fc.array(record as fc.Arbitrary<NewRecord<typeof samples>>, { minLength: 1, maxLength: 8 });
  });

describe('a COPY in binary', () => {
  it('stores what one statement stores, for every type that it takes', async () => {
    await fc.assert(
      fc.asyncProperty(records, fc.boolean(), async (input, returnKeys) => {
        const seen: unknown[] = [];
        for (const transport of ['copy', 'unnest'] as const) {
          await table.run('truncate sample restart identity');
          if (returnKeys) await operations.batchInsert(input, { transport, returnKeys });
          else await operations.batchInsert(input, { transport });
          seen.push(await table.run('select * from sample order by id'));
        }
        expect(seen[0]).toEqual(seen[1]);
      }),
      { numRuns: 150 },
    );
    expect(copies().length).toBeGreaterThan(100);
    expect(copies().every((sql) => sql.endsWith(' from stdin (format binary)'))).toBe(true);
  });

  it('is one in text where a column has another type than it is mapped to', async () => {
    const own = new BatchOperations({ table: narrow, db: table.db });
    await own.batchInsert([{ id: 1, amount: 2, name: 'abc' }], { transport: 'copy' });
    expect(copies()).toEqual([expect.stringMatching(/ from stdin$/)]);
    const tooMuch = own.batchInsert([{ id: 2, amount: 40_000, name: 'a' }], { transport: 'copy' });
    expect(await batchErrorOf(tooMuch)).toMatchObject({ index: 0, sqlstate: '22003' });
    expect(await table.run('select * from narrow')).toEqual([['1', '2', 'abc']]);
  });

  it('names the record that is too long for its column', async () => {
    const long = [{ title: 'short' }, { title: 'x'.repeat(41) }];
    const error = await batchErrorOf(operations.batchInsert(long, { transport: 'copy' }));
    expect(error).toMatchObject({ index: 1, sqlstate: '22001' });
    expect(copies()[0]).toContain('binary');
  });
});
