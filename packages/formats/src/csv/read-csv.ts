import { EntryReader, type FileReader } from '../file-reader.js';
import { defaultRecordBytes } from '../read-options.js';
import type { ByteSource } from '../source/byte-source.js';
import { CsvEntries } from './csv-entries.js';
import { type CsvOptions, readDialect } from './csv-options.js';

/**
 * Reads CSV (RFC 4180, and what PostgreSQL's COPY takes for it), plain or compressed by gzip.
 *
 * A record is `cells` in the order of the header's columns, or the `fault` that it has: another number of cells, a quote
 * in the wrong place, bytes that are not in the encoding. Lines end with LF, CRLF or CR. Empty lines are passed over, but
 * where there is one column only: there one is a record. Quotes open a cell at its beginning only.
 *
 * Memory: some blocks of 128 KiB, or twice the longest record.
 *
 * @throws ConfigError for a wrong option; when opened and iterated {@link FileError}: no such file, an empty one, a wrong
 *   header, a quote that is never closed, a record that is too long, damaged gzip data
 * @example
 * ```ts
 * const reader = readCsv('cities.csv.gz', { delimiter: ';' });
 * const header = await reader.open();
 * for await (const entries of reader) {
 *   for (const entry of entries) console.log(entry.line, 'cells' in entry ? entry.cells : entry);
 * }
 * ```
 */
export function readCsv(source: ByteSource, options: CsvOptions = {}): FileReader {
  const dialect = readDialect('readCsv', options);
  const { header = true, encoding, maxRecordBytes = defaultRecordBytes } = options;
  const columns = header === true ? undefined : Object.freeze([...header]);
  return new EntryReader('csv', source, new CsvEntries({ dialect, columns, encoding, maxRecordBytes }), options);
}
