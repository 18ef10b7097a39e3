import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { type CsvOptions, type CsvWriteOptions, readCsv, writeCsv } from '../../src/index.js';
import { entriesOf, latin1, pieces, saidBy } from '../support/entries.js';

const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
const awkward = [
  '"',
  '""',
  ',',
  ';',
  '\t',
  '\n',
  '\r',
  '\r\n',
  '\\',
  "'",
  ' ',
  'é',
  '😀',
  '\ufeff',
  'x',
  'NULL',
  '\\.',
];
const text = fc.oneof(
  fc.array(fc.constantFrom(...awkward), { maxLength: 5 }).map((parts) => parts.join('')),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
);
const name = text.filter((value) => value !== '');
const runs = { numRuns: 200 };

/** A table of one column to four, each with a name of its own, and its rows. */
const table = fc.uniqueArray(name, { minLength: 1, maxLength: 4 }).chain((columns) =>
  fc.record({
    columns: fc.constant(columns),
    rows: fc.array(fc.tuple(...columns.map(() => fc.option(text))), { maxLength: 6 }),
  }),
);

const dialect: fc.Arbitrary<CsvWriteOptions> = fc.constantFrom<CsvWriteOptions>(
  {},
  { lineBreak: '\r\n' },
  { delimiter: ';', nullText: 'NULL' },
  { delimiter: '\t', quote: "'" },
  { escape: '\\', nullText: '\\N' },
  { quote: '|', escape: '"' },
);

async function written(rows: (string | null)[][], columns: string[], options: CsvWriteOptions): Promise<Buffer> {
  let all = '';
  for await (const block of writeCsv(rows, columns, options)) all += block;
  return Buffer.from(all);
}

describe('any CSV', () => {
  it('is read back as it was written, wherever its bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(table, dialect, lengths, async ({ columns, rows }, options, cuts) => {
        const bytes = await written(rows, columns, options);
        const { lineBreak: _, ...reading } = options;
        const reader = readCsv(pieces(bytes, cuts), reading as CsvOptions);
        expect((await reader.open())?.columns).toEqual(columns);
        expect((await saidBy(reader)).map(([, cells]) => cells)).toEqual(rows);
      }),
      runs,
    );
  });

  /** Bytes of which nothing is sure but that there is a header. */
  const file = fc.record({
    header: fc.constantFrom('a,b\n', '\xef\xbb\xbfa,b\r\n', '"a","b"\r', '\n\na\n'),
    body: fc.array(fc.constantFrom('"', '"', ',', ',', '\n', '\r', '\r\n', 'x', 'yz', '\xc3\xa9', '\xe9', ' '), {
      maxLength: 40,
    }),
  });
  const outcome = async (bytes: Buffer, cuts: readonly number[]) => {
    const seen: unknown[] = [];
    try {
      for await (const block of readCsv(pieces(bytes, cuts))) seen.push(...block);
    } catch (error) {
      // Where it is cut decides how many records come before an error, but not what the error is.
      return String(error);
    }
    return seen;
  };

  it('is the same wherever its bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(file, lengths, async ({ header, body }, cuts) => {
        const bytes = latin1(header + body.join(''));
        expect(await outcome(bytes, cuts)).toEqual(await outcome(bytes, [bytes.length]));
      }),
      { numRuns: 400 },
    );
  });

  it('is made of the bytes of its records, on the lines where they begin', async () => {
    await fc.assert(
      fc.asyncProperty(file, async ({ header: first, body }) => {
        const whole = first + body.join('');
        const reader = readCsv(latin1(whole));
        const header = await reader.open();
        const entries = await entriesOf(reader).catch(() => undefined);
        if (entries === undefined) return;
        // The first line break decides; CR CR LF is one.
        const breaks = /^[^\r\n]*\r*\n/.test(whole) ? /\n/g : /\r/g;
        let at = whole.indexOf(header?.raw ?? '') + (header?.raw.length ?? 0);
        for (const { raw, line } of entries) {
          // Nothing but empty lines may stand between two records.
          const found = whole.indexOf(raw, at);
          expect(whole.slice(at, found)).toMatch(/^[\r\n]*$/);
          const before = whole.slice(0, found);
          expect(line).toBe(1 + (before.match(breaks)?.length ?? 0));
          at = found + raw.length;
        }
        expect(whole.slice(at)).toMatch(/^[\r\n]*$/);
      }),
      { numRuns: 400 },
    );
  });

  it('is what csv-parse says, but for null', async () => {
    await fc.assert(
      fc.asyncProperty(table, async ({ columns, rows }) => {
        const bytes = await written(rows, columns, {});
        const expected = parse(bytes, { bom: false, record_delimiter: '\n', skip_empty_lines: columns.length > 1 });
        const cells = (await saidBy(readCsv(bytes))).map(([, said]) => said);
        expect(cells.map((row) => Array.isArray(row) && row.map((cell: unknown) => cell ?? ''))).toEqual(
          expected.slice(1),
        );
      }),
      runs,
    );
  });
});
