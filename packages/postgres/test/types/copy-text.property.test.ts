import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Kysely } from 'kysely';
import { copyIn, copyLine, executeText } from '../../src/index.js';
import { anyText } from '../support/arbitraries.js';
import { runs } from '../support/round-trip.js';
import { prepare, TestBed } from '../support/test-bed.js';

let bed: TestBed;
let db: Kysely<unknown>;

beforeAll(async () => {
  bed = await TestBed.create();
  const opened = bed.open();
  db = opened.db;
  await prepare(
    opened.pool,
    'create table sheet (line serial, a text, b text, c text)',
    'create table strip (line serial, a text)',
  );
});
afterAll(() => bed.close());

/** The rows that a table has when it had none and these were copied into it, in order. */
async function copied(table: string, columns: string[], rows: (string | null)[][]): Promise<unknown> {
  await executeText(db, { sql: `truncate ${table} restart identity` });
  const bare = columns.map(() => false);
  await copyIn(db, { table: [table], columns }, rows.map((row) => copyLine(row, bare)).join(''));
  return (await executeText(db, { sql: `select ${columns.join(', ')} from ${table} order by line` })).rows;
}

describe('rows of whatever texts and nulls', () => {
  const field = fc.option(anyText);

  it('come back as they were copied', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(field, field, field).map((row) => [...row])), async (rows) => {
        expect(await copied('sheet', ['a', 'b', 'c'], rows)).toEqual(rows);
      }),
      runs,
    );
  });

  it('come back of one column, too, where an empty text is an empty line', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(field).map((row) => [...row])), async (rows) => {
        expect(await copied('strip', ['a'], rows)).toEqual(rows);
      }),
      runs,
    );
  });
});
