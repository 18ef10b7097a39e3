import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import { column, mapEntity } from '@uno/domain';
import { type OpenTable, openTable } from './support/open-table.js';

class Blob {
  id!: number;
  text!: string;
  bytes!: Uint8Array;
}
const blobs = mapEntity(Blob, {
  table: 'blob',
  columns: { id: column.integer(), text: column.text(), bytes: column.bytea() },
});

const megabytes = 2 ** 20;
/** Whatever has to be escaped somewhere, 50 MB of it. */
const text = 'a"b\\,{}\t\n\'é'.repeat((50 * megabytes) / 11);
const bytes = new Uint8Array(50 * megabytes).fill(255);
bytes[0] = 0;

let table: OpenTable;
let operations: BatchOperations<typeof blobs>;

beforeAll(async () => {
  table = await openTable(['create table blob (id integer primary key, text text not null, bytes bytea not null)']);
  operations = new BatchOperations({ table: blobs, db: table.db });
});
afterAll(() => table.close());

const shown = () =>
  table.run(`select id, md5(text) = md5(repeat(E'a"b\\\\,{}\\t\\n\\'é', ${text.length} / 11)), length(bytes),
    get_byte(bytes, 0), get_byte(bytes, length(bytes) - 1) from blob order by id`);

describe('values of 50 MB', () => {
  it('are inserted and read', async () => {
    const result = await operations.batchInsert([{ id: 1, text, bytes: bytes.subarray(0, 2) }], { returnModels: true });
    expect(result).toMatchObject({ inserted: 1, individually: 0 });
    expect(result.models[0]?.text === text).toBe(true);
    expect(await shown()).toEqual([['1', 't', '2', '0', '255']]);
    const [found] = await operations.batchGet([1]);
    expect(found?.text === text).toBe(true);
  });

  it('are updated and upserted', async () => {
    await table.run('truncate blob');
    await operations.batchInsert([1, 2].map((id) => ({ id, text: '', bytes: bytes.subarray(0, 2) })));
    expect(await operations.batchUpdate([{ id: 1, bytes }])).toMatchObject({ updated: 1, individually: 0 });
    const result = await operations.batchUpsert([1, 2].map((id) => ({ id, text: '', bytes })));
    expect(result).toMatchObject({ unchanged: 1, updated: 1, individually: 0 });
    const row = (id: number) => [String(id), 'f', String(bytes.length), '0', '255'];
    expect(await shown()).toEqual([row(1), row(2)]);
  });
});
