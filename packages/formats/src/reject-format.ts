/** How records that were rejected are written down, in the format that they were read in. All texts are one character a byte. */
export interface RejectFormat {
  /** What stands before the first record. */
  readonly head: string;
  /** So many characters of the first record belong only between records. */
  readonly lead: number;
  /** What stands after the last record. */
  readonly foot: string;
  /** A record with what is wrong with it. */
  entry(raw: string, note: RejectNote): string;
}

/** What is written down beside a rejected record. */
export interface RejectNote {
  /** Where it stood: its line, or its number from 1 where there are no lines. */
  readonly line: number;
  readonly field: string | undefined;
  readonly reason: string;
}

/** What files of rejected records have beside what is in the records themselves. */
export const noteColumns = Object.freeze(['uno_line', 'uno_field', 'uno_reason'] as const);

/** Whether a column, or a member, is one of those notes, and none of the record's. */
export function isNote(column: string): boolean {
  return noteColumns.some((name) => name === column);
}

/** Whether a file is one of rejected records already: its notes are replaced then. */
export function hasNotes(columns: readonly string[]): boolean {
  return noteColumns.every((name, at) => columns[at] === name);
}

/** One character a byte of UTF-8. */
export function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}
