import { isAscii, isUtf8 } from 'node:buffer';
import type { EntryFormat, FileHeader, Taken } from '../entry-format.js';
import type { FileEntry, RecordFault } from '../file-entry.js';
import { FileError } from '../file-error.js';
import { tooLong } from '../file-reader.js';
import { byteOrderMark } from '../source/byte-order-mark.js';
import { invalidByte } from '../source/invalid-byte.js';
import type { RejectFormat } from '../reject-format.js';
import { type CellFault, type Cells, CsvCells } from './csv-cells.js';
import { CsvCutter } from './csv-cutter.js';
import type { CsvEncoding, ResolvedDialect } from './csv-options.js';
import { csvRejects } from './csv-rejects.js';
import { headerColumns } from './header-columns.js';

/** What is settled for a whole file. */
export interface CsvFile {
  readonly dialect: ResolvedDialect;
  /** Names of the columns where the file has none. */
  readonly columns: readonly string[] | undefined;
  /** What was said of it. */
  readonly encoding: CsvEncoding | undefined;
  readonly maxRecordBytes: number;
}

/** A record whose cells are still to be found: together with others, for csv-parse takes long to begin. */
interface Unparsed {
  readonly at: number;
  readonly content: string;
}

const encodings: readonly CsvEncoding[] = ['utf-8', 'utf-16le'];

/**
 * The records of a CSV file.
 *
 * Bytes are cut as Latin-1, where a character is a byte and all that matters to CSV is ASCII; each record is then decoded
 * by itself. So its raw bytes cost nothing extra, and one that is not UTF-8 is a fault of its own.
 */
export class CsvEntries implements EntryFormat {
  readonly #file: CsvFile;
  readonly #cutter: CsvCutter;
  readonly #cells: CsvCells;
  #mark: string | undefined;
  #encoding: CsvEncoding = 'utf-8';
  #header: FileHeader | undefined;

  constructor(file: CsvFile) {
    this.#file = file;
    this.#cutter = new CsvCutter(file.dialect);
    this.#cells = new CsvCells(file.dialect);
  }

  get line(): number {
    return this.#cutter.line;
  }

  get begun(): boolean {
    return this.#header !== undefined;
  }

  get header(): FileHeader | undefined {
    return this.#header;
  }

  get rejects(): RejectFormat {
    const { dialect, columns: said } = this.#file;
    const { columns = [], raw = '' } = this.#header ?? {};
    const mark = this.#mark ?? '';
    return csvRejects({
      dialect,
      encoding: this.#encoding,
      lineBreak: this.#cutter.lineBreak ?? '\n',
      mark,
      header: said === undefined ? raw.slice(mark.length) : undefined,
      columns,
    });
  }

  take(bytes: Buffer, final: boolean): Taken {
    if (this.#mark === undefined) {
      if (bytes.length < 3 && !final) return { entries: [], used: 0 };
      const mark = byteOrderMark(bytes, this.#file.encoding, encodings);
      this.#encoding = mark.encoding;
      this.#mark = mark.raw;
      if (this.#file.columns !== undefined) this.#header = { columns: this.#file.columns, raw: mark.raw };
      const { entries, used } = this.take(bytes.subarray(mark.raw.length), final);
      return { entries, used: used + mark.raw.length };
    }
    const unit = this.#encoding === 'utf-16le' ? 2 : 1;
    const length = bytes.length - (bytes.length % unit);
    this.#cutter.begin(bytes.toString(unit === 2 ? 'utf16le' : 'latin1', 0, length), final && length === bytes.length);
    const entries = this.#entries(bytes, unit);
    if (final && this.#header === undefined) throw new FileError('empty', 'it is empty; a header was expected');
    if (final && length < bytes.length) {
      throw new FileError('encoding', 'it ends in the middle of a character of UTF-16', { line: this.line });
    }
    return { entries, used: this.#cutter.end * unit };
  }

  #entries(bytes: Buffer, unit: number): FileEntry[] {
    const cutter = this.#cutter;
    const ascii = unit === 1 && isAscii(bytes);
    const entries: FileEntry[] = [];
    const unparsed: Unparsed[] = [];
    while (cutter.next()) {
      const { line, start, contentEnd, end, quoted } = cutter;
      if ((end - start) * unit > this.#file.maxRecordBytes) throw tooLong(line, this.#file.maxRecordBytes);
      // An empty line is no record, unless nothing is just what a record of one column says.
      if (contentEnd === start && this.#header?.columns.length !== 1) continue;
      const raw = bytes.toString('latin1', start * unit, end * unit);
      const content = ascii ? raw.slice(0, contentEnd - start) : this.#decoded(bytes, raw, unit);
      if (this.#header === undefined) {
        this.#header = this.#headerOf(raw, content);
      } else if (content === undefined) {
        entries.push({ line, raw, fault: this.#undecodable(raw) });
      } else if (!quoted && cutter.lineBreak === '\r' && content.includes('\n')) {
        entries.push({ line, raw, fault: { reason: 'there is a line break (LF) that is not like those before (CR)' } });
      } else {
        const cells = this.#cells.simple(content, quoted);
        if (cells === undefined) unparsed.push({ at: entries.length, content });
        entries.push(cells === undefined ? { line, raw, cells: [] } : this.#entry(line, raw, cells));
      }
    }
    const parsed = this.#cells.parsed(unparsed.map(({ content }) => content));
    unparsed.forEach(({ at }, i) => {
      const { line, raw } = entries[at] ?? { line: 0, raw: '' };
      const cells = parsed[i] ?? [];
      entries[at] = Array.isArray(cells) ? this.#entry(line, raw, cells) : { line, raw, fault: this.#faultOf(cells) };
    });
    return entries;
  }

  /** The text of the cutter's record without its line break; `undefined` where it is not in the encoding. */
  #decoded(bytes: Buffer, raw: string, unit: number): string | undefined {
    const { start, contentEnd } = this.#cutter;
    if (this.#encoding === 'latin1') return raw.slice(0, contentEnd - start);
    const record = bytes.subarray(start * unit, contentEnd * unit);
    if (unit === 1) return isUtf8(record) ? record.toString('utf8') : undefined;
    const content = record.toString('utf16le');
    return content.isWellFormed() ? content : undefined;
  }

  #entry(line: number, raw: string, cells: Cells): FileEntry {
    const expected = this.#header?.columns.length ?? 0;
    if (cells.length === expected) return { line, raw, cells };
    const columns = expected === 1 ? 'column was' : 'columns were';
    return { line, raw, fault: { reason: `${expected} ${columns} expected, ${cells.length} found` } };
  }

  #headerOf(raw: string, content: string | undefined): FileHeader {
    const { line, quoted } = this.#cutter;
    const fail = (why: string) => new FileError('header', `the header is wrong: ${why}`, { line });
    if (content === undefined) {
      throw new FileError('encoding', `the header is wrong: ${this.#undecodable(raw).reason}`, { line });
    }
    const cells = this.#cellsOf(content, quoted);
    if (!Array.isArray(cells)) throw fail(cells.reason);
    return { columns: headerColumns(cells, fail), raw: `${this.#mark}${raw}` };
  }

  #cellsOf(content: string, hasQuotes: boolean): Cells | CellFault {
    return this.#cells.simple(content, hasQuotes) ?? this.#cells.parsed([content])[0] ?? [];
  }

  #faultOf({ reason, cell }: CellFault): RecordFault {
    const column = cell === undefined ? undefined : this.#header?.columns[cell];
    return column === undefined ? { reason } : { reason, column };
  }

  /** Which byte of which column is wrong. */
  #undecodable(raw: string): RecordFault {
    if (this.#encoding === 'utf-16le') return { reason: 'there is half a character (a lone surrogate)' };
    const content = raw.replace(/[\r\n]+$/, '');
    const cells = this.#cellsOf(content, true);
    const list = Array.isArray(cells) ? cells : [content];
    const cell = list.findIndex((text) => text !== null && invalidByte(text) !== undefined);
    const what = invalidByte(list[cell] ?? content) ?? 'it is not UTF-8';
    const reason = `${what}; if the file is in Latin-1, its encoding is to be said: latin1`;
    return Array.isArray(cells) ? this.#faultOf({ reason, cell }) : { reason };
  }
}
