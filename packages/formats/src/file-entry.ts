/** What every record of a file has. */
interface Placed {
  /** The line on which it begins, from 1. */
  readonly line: number;
  /**
   * Exactly its bytes in the (decompressed) file, one character a byte (`Buffer.from(raw, 'latin1')`). Of CSV and NDJSON
   * the line break is a part of it; only the last record may have none. Of a JSON array it is the element alone, without the
   * commas and white space around it.
   */
  readonly raw: string;
}

/** A record of CSV: its cells line up with the columns of the header. */
export interface CellsEntry extends Placed {
  readonly cells: readonly (string | null)[];
}

/** A record of NDJSON or of a JSON array. */
export interface DocumentEntry extends Placed {
  readonly document: Readonly<Record<string, unknown>>;
  /** The members that are numbers in the file, and a bigint or a text here, as a number would not keep their digits. */
  readonly digits?: readonly string[];
}

/** A record that cannot be read; those after it can. */
export interface FaultEntry extends Placed {
  readonly fault: RecordFault;
}

/** Why one record cannot be read. */
export interface RecordFault {
  /** A clause without the record's contents, such as `8 columns were expected, 7 found`. */
  readonly reason: string;
  /** The column of the header or the key of the document, where one is at fault. */
  readonly column?: string;
}

/** One record of a file. */
export type FileEntry = CellsEntry | DocumentEntry | FaultEntry;
