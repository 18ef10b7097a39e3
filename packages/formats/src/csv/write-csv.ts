import { ConfigError, kindOf, ValidationError } from '@uno/postgres';
import { listOfNames } from '../option-checks.js';
import { blocksOf } from '../write-blocks.js';
import { type CsvWriteOptions, writeDialect } from './csv-options.js';

/** What a cell can hold. `null` and `undefined` are null. */
export type CsvValue = string | number | bigint | boolean | Date | Uint8Array | null | undefined;

/** Makes CSV of rows that are there, one by one; {@link writeCsv} does it for many that come. */
export interface CsvWriter {
  /** The first record, with its line break; empty without `header`. */
  readonly head: string;
  /**
   * The text of a row, with its line break.
   *
   * @param row - a value for each column
   * @param index - which row it is, from 0, for errors
   * @throws ValidationError for a row of another length, or a value that is none of {@link CsvValue}, not well formed, or
   *   an invalid date
   */
  row(row: readonly CsvValue[], index: number): string;
}

/**
 * A writer of CSV that PostgreSQL's `COPY … (FORMAT csv)` and {@link readCsv} read back exactly: null is nothing, the empty
 * text is `""`. Texts, numbers and booleans stand as they are, dates as ISO 8601 in UTC, bytes as PostgreSQL's `\x…`.
 * Documents and arrays have several forms: give their text. The text is to be written in UTF-8.
 *
 * @throws ConfigError for a wrong option, or columns without a name or with the same
 * @example
 * ```ts
 * const writer = csvWriter(['id', 'name']);
 * writer.head + writer.row([1, 'a "b"'], 0); // id,name\n1,"a ""b"""\n
 * ```
 */
export function csvWriter(columns: readonly string[], options: CsvWriteOptions = {}): CsvWriter {
  if (!listOfNames.allows(columns)) throw new ConfigError(`A CSV file's columns are ${listOfNames.takes}.`);
  const { delimiter, quote, escape: escapedBy, nullText } = writeDialect('csvWriter', options);
  const { header = true, lineBreak = '\n' } = options;
  const special = new RegExp(`[\\r\\n${[delimiter, quote].map((character) => `\\x${hex(character)}`).join('')}]`);
  const escaped = new RegExp(`[\\x${hex(quote)}\\x${hex(escapedBy)}]`, 'g');

  const cell = (value: CsvValue): string => {
    if (value === null || value === undefined) return nullText;
    const text = typeof value === 'string' ? value : textOf(value);
    // `\.` ends the data of a COPY; a byte-order mark at the beginning of the file is none of the text.
    const plain =
      text !== nullText && text !== '' && text !== '\\.' && !text.startsWith('\ufeff') && !special.test(text);
    return plain ? text : `${quote}${text.replace(escaped, (character) => escapedBy + character)}${quote}`;
  };
  const line = (row: readonly CsvValue[]) => row.map(cell).join(delimiter) + lineBreak;

  return {
    head: header ? line(columns) : '',
    row(row, index) {
      if (!Array.isArray(row) || row.length !== columns.length) {
        const found = Array.isArray(row) ? `${row.length} values` : kindOf(row);
        throw new ValidationError(`Row ${index} of the CSV has ${found} for ${columns.length} columns.`, { index });
      }
      const text = line(row);
      if (text.isWellFormed() && row.every(isCsvValue)) return text;
      const at = row.findIndex((value) => !isCsvValue(value) || (typeof value === 'string' && !value.isWellFormed()));
      const value = row[at];
      const reason = typeof value === 'string' ? 'half a character (a lone surrogate)' : kindOf(value);
      const field = columns[at];
      throw new ValidationError(`Row ${index} of the CSV has ${reason} in column ${field}.`, { index, field, reason });
    },
  };
}

/**
 * Writes CSV ({@link csvWriter}) of rows that come one after the other, in blocks of about 64 Ki characters. A row is taken
 * when a block is asked for, so that whoever writes the blocks sets the pace.
 *
 * @param rows - each with a value for each column
 * @throws ConfigError for a wrong option; when iterated a ValidationError for a row that cannot be written
 * @example
 * ```ts
 * await pipeline(writeCsv(rows, ['id', 'name']), createWriteStream('cities.csv'));
 * ```
 */
export function writeCsv(
  rows: Iterable<readonly CsvValue[]> | AsyncIterable<readonly CsvValue[]>,
  columns: readonly string[],
  options: CsvWriteOptions = {},
): AsyncGenerator<string> {
  const writer = csvWriter(columns, options);
  return blocksOf(rows, writer.head, writer.row);
}

function textOf(value: number | bigint | boolean | Date | Uint8Array): string {
  // String(-0) is 0.
  if (Object.is(value, -0)) return '-0';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString();
  if (value instanceof Uint8Array) {
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`;
  }
  return String(value);
}

function isCsvValue(value: unknown): boolean {
  switch (typeof value) {
    case 'object':
      return value === null || value instanceof Uint8Array || (value instanceof Date && !Number.isNaN(value.getTime()));
    case 'function':
    case 'symbol':
      return false;
    default:
      return true;
  }
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(2, '0');
}
