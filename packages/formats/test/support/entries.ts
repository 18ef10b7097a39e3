import type { FileEntry, FileReader } from '../../src/index.js';

/** All records of a file. */
export async function entriesOf(reader: FileReader): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  for await (const block of reader) entries.push(...block);
  return entries;
}

/** What each record says, on the line that it begins on. */
export async function saidBy(reader: FileReader): Promise<[line: number, said: unknown][]> {
  return (await entriesOf(reader)).map((entry) => {
    if ('cells' in entry) return [entry.line, entry.cells];
    return [entry.line, 'document' in entry ? entry.document : entry.fault];
  });
}

/** Bytes in pieces of these lengths, over and over. */
export function* pieces(bytes: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? bytes.length;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

/** The bytes of a text; those that are one character each (`\xe9`) where it is no UTF-8. */
export function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** The error that reading a file ends with. */
export async function errorOf(reader: FileReader): Promise<unknown> {
  return entriesOf(reader).then(
    () => undefined,
    (error: unknown) => error,
  );
}
