import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Kysely } from 'kysely';
import { executeText, parseRecordText } from '../../src/index.js';
import { TestBed } from '../support/test-bed.js';

let bed: TestBed;
let db: Kysely<unknown>;
beforeAll(async () => {
  bed = await TestBed.create();
  ({ db } = bed.open());
});
afterAll(() => bed.close());

const value = fc.option(
  fc.oneof(
    fc.constantFrom(
      '',
      ' ',
      '"',
      '""',
      '\\',
      '\\\\',
      '\\"',
      ',',
      '(',
      ')',
      '(,)',
      '\n',
      '\t',
      'NULL',
      '{"a":"b\\\\"}',
      '😀',
    ),
    fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !text.includes('\0') && text.isWellFormed()),
  ),
  { nil: null },
);

describe('parseRecordText', () => {
  it('gives the values of any row that the server wrote as one text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 6 }), async (values) => {
        const columns = values.map((_, i) => `$${i + 1}::text`).join();
        const { rows } = await executeText(db, { sql: `select row(${columns})::text` }, values);
        expect(parseRecordText(String(rows[0]?.[0]), values.length)).toEqual(values);
      }),
      { numRuns: 300 },
    );
  });
});
