import { bytesOf, noteColumns, type RejectFormat, type RejectNote } from '../reject-format.js';
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
  const named = header ?? encoded(columns.map((column) => plain(column, dialect)).join(dialect.delimiter), encoding);
  return Object.freeze({
    head: mark + written([...noteColumns]) + ended(named),
    lead: 0,
    foot: '',
    entry: (raw: string, { line, field, reason }: RejectNote) => written([String(line), field, reason]) + ended(raw),
  });
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
