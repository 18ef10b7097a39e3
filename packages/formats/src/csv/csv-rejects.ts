import { bytesOf, hasNotes, noteColumns, type RejectFormat, type RejectNote } from '../reject-format.js';
import type { CsvEncoding, ResolvedDialect } from './csv-options.js';
import { csvWriter } from './write-csv.js';

/** What is known of a file when its header was read. */
export interface CsvRejectsOptions {
  readonly dialect: ResolvedDialect;
  readonly encoding: CsvEncoding;
  readonly lineBreak: string;
  /** The byte-order mark; empty where there is none. */
  readonly mark: string;
  /** The bytes of the header; `undefined` where the file has none. */
  readonly header: string | undefined;
  readonly columns: readonly string[];
}

/** Rejected records as they stood in the file, each behind the cells that say what is wrong with it. */
export function csvRejects(options: CsvRejectsOptions): RejectFormat {
  const { dialect, encoding, lineBreak, mark, header, columns } = options;
  const written = writing(dialect, encoding);
  const ended = (raw: string) => (/[\r\n]\0?$/.test(raw) ? raw : raw + encoded(lineBreak, encoding));
  const isAgain = hasNotes(columns);
  const own = (raw: string) => (isAgain ? afterNotes(raw, dialect, encoding) : raw);
  const named = header ?? encoded(columns.map((column) => plain(column, dialect)).join(dialect.delimiter), encoding);
  return Object.freeze({
    head: mark + (isAgain ? '' : written([...noteColumns])) + ended(named),
    lead: 0,
    foot: '',
    entry: (raw: string, { line, field, reason }: RejectNote) =>
      written([String(line), field, reason]) + ended(own(raw)),
  });
}

/** A record of a file of rejected records without what was noted of it before. */
function afterNotes(raw: string, { delimiter, quote }: ResolvedDialect, encoding: CsvEncoding): string {
  const unit = encoding === 'utf-16le' ? 2 : 1;
  let left = noteColumns.length;
  let isQuoted = false;
  for (let at = 0; at < raw.length; at += unit) {
    if (unit === 2 && raw[at + 1] !== '\0') continue;
    if (quote !== null && raw[at] === quote) isQuoted = !isQuoted;
    else if (!isQuoted && raw[at] === delimiter && --left === 0) return raw.slice(at + unit);
  }
  return raw;
}

/** Cells with a delimiter behind each. */
function writing({ delimiter, quote, escape: escaped, nullText }: ResolvedDialect, encoding: CsvEncoding) {
  if (quote === null) {
    const dialect = { delimiter, quote };
    return (cells: readonly (string | undefined)[]) =>
      encoded(
        cells.map((cell) => `${cell === undefined ? nullText : plain(cell, dialect)}${delimiter}`).join(''),
        encoding,
      );
  }
  const dialect = { delimiter, quote, escape: escaped, nullText, header: false };
  const writer = csvWriter([...noteColumns], dialect);
  // In one line: whoever reads the file counts them.
  const oneLine = (cell: string | undefined) => cell?.replace(/[\r\n]+/g, ' ');
  return (cells: readonly (string | undefined)[]) =>
    encoded(writer.row(cells.map(oneLine), 0).replace(/\n$/, delimiter), encoding);
}

/** A text for a file in which nothing can be quoted. */
function plain(text: string, { delimiter, quote }: Pick<ResolvedDialect, 'delimiter' | 'quote'>): string {
  const special = [delimiter, quote ?? delimiter, '\r', '\n'];
  return [...text].map((character) => (special.includes(character) ? ' ' : character)).join('');
}

function encoded(text: string, encoding: CsvEncoding): string {
  if (encoding === 'utf-16le') return Buffer.from(text, 'utf16le').toString('latin1');
  return encoding === 'latin1' ? text.replace(/[^\0-\xff]/g, '?') : bytesOf(text);
}
