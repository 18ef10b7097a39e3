import { isAscii } from 'node:buffer';
import type { EntryFormat, Taken } from '../entry-format.js';
import type { FileEntry } from '../file-entry.js';
import { tooLong } from '../file-reader.js';
import { byteOrderMark } from '../source/byte-order-mark.js';
import { DocumentParser } from './document-entry.js';
import { ndjsonRejects } from './json-rejects.js';
import type { JsonOptions } from './json-options.js';

/** The records of an NDJSON file: a JSON object a line. */
export class NdjsonEntries implements EntryFormat {
  line = 1;
  begun = false;
  readonly header = undefined;
  readonly rejects = ndjsonRejects;
  readonly #maxRecordBytes: number;
  readonly #parser: DocumentParser;

  constructor({ numbers = 'exact' }: JsonOptions, maxRecordBytes: number) {
    this.#parser = new DocumentParser(numbers);
    this.#maxRecordBytes = maxRecordBytes;
  }

  take(bytes: Buffer, final: boolean): Taken {
    let at = 0;
    if (!this.begun) {
      if (bytes.length < 3 && !final) return { entries: [], used: 0 };
      at = byteOrderMark(bytes, undefined, ['utf-8']).raw.length;
      this.begun = true;
    }
    const text = bytes.toString('latin1');
    const ascii = isAscii(bytes);
    const entries: FileEntry[] = [];
    while (at < text.length) {
      const found = text.indexOf('\n', at);
      if (found === -1 && !final) break;
      const end = found === -1 ? text.length : found + 1;
      if (end - at > this.#maxRecordBytes) throw tooLong(this.line, this.#maxRecordBytes);
      // A copy, for a piece of the text would keep all of it in memory.
      const raw = bytes.toString('latin1', at, end);
      if (!/^[ \t\r\n]*$/.test(raw)) entries.push(this.#parser.entry(this.line, raw, ascii));
      this.line++;
      at = end;
    }
    return { entries, used: at };
  }
}
