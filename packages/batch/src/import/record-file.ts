/** A record of a file that cannot be read as one. */
export interface FileFault {
  readonly reason: string;
  /** The column at fault, where it is known. */
  readonly column?: string | undefined;
}

/** One record of a file: where it begins, from line 1, its bytes as they stand there (one character each), and what it says. */
export type FileEntry =
  /** The cells of a line, lined up with the header. */
  | { readonly line: number; readonly raw: string; readonly cells: readonly (string | null)[] }
  | { readonly line: number; readonly raw: string; readonly document: Readonly<Record<string, unknown>> }
  | { readonly line: number; readonly raw: string; readonly fault: FileFault };

/** How the records of a file that could not be imported are written down. */
export interface RejectFormat {
  /** The bytes before the first record, one character each. */
  readonly head: string;
  /** The bytes of a record with what is wrong with it. */
  entry(raw: string, note: RejectNote): string;
  /** So many characters of the first record only belong between records. */
  readonly lead: number;
  /** The bytes after the last one. */
  readonly foot: string;
}

/** What is written down beside a rejected record. */
export interface RejectNote {
  /** Where it stood: its line, or its number from 1 where there are no lines. */
  readonly line: number;
  readonly field: string | undefined;
  readonly reason: string;
}

/** A file of records, as `@uno/formats` reads it: in blocks, once, from the beginning. */
export interface RecordFile extends AsyncIterable<readonly FileEntry[]> {
  readonly format: string;
  /** Where it lies, if it is a file that can be read again. */
  readonly path: string | undefined;
  /** Opens it, and gives the names of its columns, where a header has them. */
  open(): Promise<{ readonly columns: readonly string[] } | undefined>;
  /** How its rejected records are written, once it is open. */
  readonly rejects: RejectFormat;
}

/** Whether a source is a file of records, rather than the records. */
export function isRecordFile(source: unknown): source is RecordFile {
  return typeof source === 'object' && source !== null && 'format' in source && 'rejects' in source && 'open' in source;
}
