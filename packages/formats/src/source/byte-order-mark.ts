import { FileError } from '../file-error.js';

/** The byte-order marks by the encoding they stand for, one character a byte. */
const marks = { 'utf-8': '\xef\xbb\xbf', 'utf-16le': '\xff\xfe', 'utf-16be': '\xfe\xff' } as const;

/** What a file begins with. */
export interface ByteOrderMark<E> {
  /** The mark, one character a byte; empty where there is none. */
  readonly raw: string;
  readonly encoding: E;
}

/**
 * The byte-order mark of a file and the encoding that holds: what was said, else what the mark says, else UTF-8.
 *
 * @param bytes - the first of a file: three at least, or all there are
 * @param said - the encoding that the caller said
 * @param allowed - the encodings that can be read
 * @throws FileError where the mark says something else than the caller, or what cannot be read
 */
export function byteOrderMark<E extends string>(
  bytes: Buffer,
  said: E | undefined,
  allowed: readonly (E | 'utf-8')[],
): ByteOrderMark<E | 'utf-8'> {
  const text = bytes.toString('latin1', 0, 3);
  for (const [name, raw] of Object.entries(marks)) {
    if (!text.startsWith(raw)) continue;
    const marked = allowed.find((encoding) => encoding === name);
    if (marked === undefined) throw mismatch(name, `which is not read: convert it to UTF-8`);
    if (said !== undefined && said !== marked) throw mismatch(name, `but its encoding was said to be ${said}`);
    return { raw, encoding: marked };
  }
  return { raw: '', encoding: said ?? 'utf-8' };
}

function mismatch(name: string, why: string): FileError {
  return new FileError('encoding', `it begins with the byte-order mark of ${name.toUpperCase()}, ${why}`, { line: 1 });
}
