import { isUtf8 } from 'node:buffer';

/**
 * Says which byte is not UTF-8: `byte 0xE9 (number 3 of the value) is not UTF-8`, and what may help; `undefined` where all
 * are.
 *
 * @param latin1 - the bytes, one character a byte
 */
export function invalidByte(latin1: string): string | undefined {
  const bytes = Buffer.from(latin1, 'latin1');
  if (isUtf8(bytes)) return undefined;
  let at = 0;
  for (let length = 1; length > 0; ) {
    length = [1, 2, 3, 4].find((count) => isUtf8(bytes.subarray(at, at + count))) ?? 0;
    at += length;
  }
  const code = latin1.charCodeAt(at).toString(16).toUpperCase().padStart(2, '0');
  return `byte 0x${code} (number ${at + 1} of the value) is not UTF-8`;
}
