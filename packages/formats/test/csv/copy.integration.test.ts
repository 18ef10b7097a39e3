import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@uno/testing';
import fc from 'fast-check';
import pg from 'pg';
import { readCsv, writeCsv } from '../../src/index.js';
import { copyCsv } from '../support/copy-csv.js';
import { saidBy } from '../support/entries.js';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase({ name: 'formats' });
  client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  await client.query('create table sheet (line serial, a text, b text); create table strip (line serial, a text)');
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const cell = fc.option(
  fc
    .array(fc.constantFrom('"', ',', '\n', '\r', '\\', '\\.', '\\N', ' ', 'x', 'é', '😀', '\ufeff'), { maxLength: 4 })
    .map((parts) => parts.join('')),
);

describe.each([
  ['sheet', ['a', 'b'], fc.array(fc.tuple(cell, cell).map((row) => [...row]))],
  ['strip', ['a'], fc.array(fc.tuple(cell).map((row) => [...row]))],
] as const)('the CSV of any rows of %s', (table, columns, anyRows) => {
  it('is read by COPY as by readCsv, which reads what COPY writes', async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, async (rows) => {
        let text = '';
        for await (const block of writeCsv(rows, columns)) text += block;
        await client.query(`truncate ${table} restart identity`);
        await copyCsv(client, `copy ${table} (${columns}) from stdin (format csv, header)`, Buffer.from(text));
        const stored = await client.query({ text: `select ${columns} from ${table} order by line`, rowMode: 'array' });
        expect(stored.rows).toEqual(rows);
        const ordered = `(select ${columns} from ${table} order by line)`;
        const copied = await copyCsv(client, `copy ${ordered} to stdout (format csv, header)`);
        expect((await saidBy(readCsv(copied))).map(([, cells]) => cells)).toEqual(rows);
      }),
      { numRuns: 40 },
    );
  });
});
