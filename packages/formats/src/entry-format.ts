import type { FileEntry } from './file-entry.js';
import type { RejectFormat } from './reject-format.js';

/** How a format finds records in bytes. It keeps no bytes: those that it does not use come again, with more behind them. */
export interface EntryFormat {
  /** The line that its next record begins on, or where an error was found. */
  readonly line: number;
  /** Whether it knows what stands before the records. */
  readonly begun: boolean;
  /** The header, when it knows one. */
  readonly header: FileHeader | undefined;
  /** How its rejected records are written, when {@link begun}. */
  readonly rejects: RejectFormat;
  /**
   * @param final - whether no more bytes follow
   * @throws FileError when reading cannot go on
   */
  take(bytes: Buffer, final: boolean): Taken;
}

/** The first record of a CSV file. */
export interface FileHeader {
  /** Names in their order: not empty, and all different. */
  readonly columns: readonly string[];
  /** Its bytes with a byte-order mark before them, one character a byte. */
  readonly raw: string;
}

/** What was found in bytes. */
export interface Taken {
  readonly entries: readonly FileEntry[];
  /** Bytes from the beginning that were used. */
  readonly used: number;
}
