import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { FileError } from '../file-error.js';
import { type ByteStream, pieceBytes, streamed } from './byte-source.js';

/** How files begin that look like no text at all, and what they are. */
const otherFiles: readonly (readonly [beginning: string, kind: string])[] = [
  ['PK\x03\x04', 'a ZIP archive or an Excel workbook'],
  ['\x28\xb5\x2f\xfd', 'compressed by zstd'],
  ['\xfd7zXZ\0', 'compressed by xz'],
];

/**
 * The bytes of a stream, decompressed where they are compressed by gzip.
 *
 * @throws FileError for a kind of file that holds no text
 */
export async function decompressed(stream: ByteStream, gzip: boolean | 'auto'): Promise<ByteStream> {
  const first = await beginning(stream, 6);
  const text = first.toString('latin1', 0, 6);
  const other = otherFiles.find(([mark]) => text.startsWith(mark));
  if (other !== undefined) {
    throw new FileError('compression', `it is ${other[1]}; plain text or gzip is expected`);
  }
  const whole: ByteStream = { ...stream, next: after(first, stream) };
  if (gzip === false || (gzip === 'auto' && !text.startsWith('\x1f\x8b'))) return whole;
  const gunzip = createGunzip({ chunkSize: pieceBytes });
  // An error of either ends both; whoever reads the decompressed bytes meets it.
  pipeline(Readable.from(pieces(whole)), gunzip, () => undefined);
  const plain = streamed(gunzip);
  return {
    next: () => plain.next(),
    async close() {
      await plain.close();
      await stream.close();
    },
  };
}

/** At least so many of its first bytes, where there are so many. */
async function beginning(stream: ByteStream, bytes: number): Promise<Buffer> {
  let first = Buffer.alloc(0);
  while (first.length < bytes) {
    const piece = await stream.next();
    if (piece === undefined) break;
    first = Buffer.concat([first, piece]);
  }
  return first;
}

/** Gives bytes that were taken, and then the rest. */
function after(first: Buffer, stream: ByteStream): () => Promise<Buffer | undefined> {
  let given = first.length === 0;
  return async () => {
    if (given) return stream.next();
    given = true;
    return first;
  };
}

async function* pieces(stream: ByteStream): AsyncGenerator<Buffer> {
  for (let piece = await stream.next(); piece !== undefined; piece = await stream.next()) yield piece;
}
