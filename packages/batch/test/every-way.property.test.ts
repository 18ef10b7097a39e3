import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { createTables, type NewRecord, UnoContext, UnoDBRepository } from '@uno/domain';
import fc from 'fast-check';
import { samples } from './support/sample.js';
import { goodRecords } from './support/sample-arbitrary.js';
import { type OpenTable, openTable } from './tables/support/open-table.js';

const name = `"Odd schema"."sample ""of"" types"`;

let table: OpenTable;
let operations: BatchOperations<typeof samples>;
let single: UnoDBRepository<typeof samples>;

beforeAll(async () => {
  table = await openTable([]);
  await createTables(table.db, [samples]);
  operations = new BatchOperations({ table: samples, db: table.db, config: { batchSize: 5 } });
  single = new UnoDBRepository(new UnoContext({ db: table.db }), samples);
});
afterAll(() => table.close());

type Records = readonly NewRecord<typeof samples>[];

/** What is there before it is written over. */
async function before(records: Records): Promise<void> {
  const other = { title: 'before', count: 3, big: 1n, ratio: 0, data: ['before'], words: [null], at: new Date(0) };
  await operations.batchInsert(records.map(({ id }) => ({ ...other, id })));
}

/** An update has to say what an insert leaves to the defaults. */
function whole(records: Records): NewRecord<typeof samples>[] {
  const defaults = { count: 7, title: 'un"titled\\', big: null, ratio: null, data: null, words: null, at: null };
  return records.map((record) => ({ ...defaults, ...record }));
}

const ways: Record<string, (records: Records) => Promise<unknown>> = {
  copied: (records) => operations.batchInsert(records, { transport: 'copy' }),
  unnested: (records) => operations.batchInsert(records, { transport: 'unnest' }),
  'in one statement, with entities': (records) =>
    operations.batchInsert(records, { strategy: 'single_query', returnModels: true }),
  'one by one': (records) => single.batchAdd(records),
  'upserted as new': (records) => operations.batchUpsert(records),
  'upserted as new, with entities': (records) => operations.batchUpsert(records, { returnModels: true }),
  'upserted singly': (records) => operations.batchUpsert(records, { batchSize: 1 }),
  'upserted over others': async (records) => {
    await before(records);
    await operations.batchUpsert(whole(records));
  },
  updated: async (records) => {
    await before(records);
    await operations.batchUpdate(whole(records));
  },
  'updated one by one': async (records) => {
    await before(records);
    await single.batchUpdate(whole(records));
  },
  synced: (records) => operations.batchSync(records, { allowEmpty: true }),
};

describe('every value', () => {
  it('is the same by whichever way it is written, as the server shows it to anybody', async () => {
    await fc.assert(
      fc.asyncProperty(goodRecords, async (records) => {
        let first: unknown;
        for (const [way, write] of Object.entries(ways)) {
          await table.run(`truncate ${name}`);
          await write(records);
          // The texts that psql prints: a session of its own, by the simple protocol, in the formats of the server.
          const rows = await table.run(`select * from ${name} order by id`);
          const read = await operations.batchGet(records.map(({ id }) => id));
          first ??= { rows, read };
          expect({ way, rows, read }).toEqual({ way, ...(first as object) });
          expect(read).not.toContain(undefined);
        }
      }),
      { numRuns: 25 },
    );
  });
});
