import { UnoError, type UnoErrorOptions } from '@uno/postgres';

/**
 * Why a file cannot be read, or not any further.
 *
 * - `missing`, `directory`, `unreadable`: it cannot be opened, or reading from it failed; see the `cause`
 * - `compression`: its gzip data are cut off or damaged, or it is compressed in a way that is not supported
 * - `encoding`: its byte-order mark and its encoding do not fit, or its header is not in the encoding
 * - `empty`: there is nothing in it where a header or an array is expected
 * - `header`: a column's name is missing or comes twice
 * - `record-too-long`: a record has more bytes than `maxRecordBytes`
 * - `unclosed-quote`: a quote is never closed
 * - `json`: it is not an array, or its structure is broken
 */
export type FileErrorReason =
  | 'missing'
  | 'directory'
  | 'unreadable'
  | 'compression'
  | 'encoding'
  | 'empty'
  | 'header'
  | 'record-too-long'
  | 'unclosed-quote'
  | 'json';

/** Where a file cannot be read. */
export interface FileErrorOptions extends UnoErrorOptions {
  /** Absent where the bytes do not come from a file. */
  readonly path?: string | undefined;
  /** From 1; absent where the file as a whole is at fault. */
  readonly line?: number | undefined;
}

/** A file cannot be read, or not any further: all its records before `line` are right and have been given. */
export class FileError extends UnoError {
  readonly code = 'UNO_FILE';
  readonly reason: FileErrorReason;
  readonly path: string | undefined;
  readonly line: number | undefined;
  /** The message without path and line. */
  readonly why: string;

  constructor(reason: FileErrorReason, why: string, options: FileErrorOptions = {}) {
    const { path, line } = options;
    const where = line === undefined ? '' : `, line ${line}`;
    super(`${path ?? 'The source'}${where}: ${why}.`, 'never', options);
    this.reason = reason;
    this.path = path;
    this.line = line;
    this.why = why;
  }
}
