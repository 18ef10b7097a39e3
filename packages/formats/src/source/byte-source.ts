import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ConfigError, kindOf, ValidationError } from '@uno/postgres';

/**
 * Where bytes come from: the path of a file, a `file:` URL, a Node stream of bytes such as `process.stdin`, an iterable
 * or async iterable of byte arrays, or the bytes themselves. It is read once and no faster than its records are taken.
 */
export type ByteSource =
  | string
  | URL
  | Readable
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>
  | Uint8Array<ArrayBufferLike>;

/** A source that is going to be read. */
export interface ByteStream {
  /** The next bytes, at most {@link pieceBytes}; `undefined` after the last ones. */
  next(): Promise<Buffer | undefined>;
  /** Nothing more is wanted: closes the file or the stream. May be called at any time, and more than once. */
  close(): Promise<void>;
}

/** Bytes that are read at once. Larger ones are no faster. */
export const pieceBytes = 128 * 1024;

/** The path of a source that is a file's. */
export function pathOf(source: ByteSource): string | undefined {
  if (typeof source === 'string') return source;
  if (!(source instanceof URL)) return undefined;
  if (source.protocol !== 'file:') throw new ConfigError(`A URL of a file begins with file:, not ${source.protocol}`);
  return fileURLToPath(source);
}

/** @throws ConfigError for what is no source */
export function openBytes(source: ByteSource): ByteStream {
  const path = pathOf(source);
  if (path !== undefined) return streamed(createReadStream(path, { highWaterMark: pieceBytes }));
  if (source instanceof Readable) return streamed(source);
  if (source instanceof Uint8Array) return iterated([source][Symbol.iterator]());
  if (typeof source === 'object' && source !== null) {
    if (Symbol.asyncIterator in source) return iterated(source[Symbol.asyncIterator]());
    if (Symbol.iterator in source) return iterated(source[Symbol.iterator]());
  }
  throw new ConfigError(
    `A file is read from its path, a file URL, a stream of bytes or an iterable of byte arrays, not from ${kindOf(source)}.`,
  );
}

/** A stream's bytes; its iterator would not let a stream that gives nothing be closed. */
export function streamed(stream: Readable): ByteStream {
  const inner = iterated(stream[Symbol.asyncIterator]());
  // Its iterator listens only while it is asked, and an error that nobody listens to ends the process.
  stream.on('error', () => undefined);
  return {
    next: () => inner.next(),
    async close() {
      stream.destroy();
    },
  };
}

function iterated(iterator: Iterator<unknown> | AsyncIterator<unknown>): ByteStream {
  let given: Buffer = Buffer.alloc(0);
  let ended = false;
  return {
    async next() {
      while (given.length === 0) {
        if (ended) return undefined;
        const { done, value } = await iterator.next();
        if (done) ended = true;
        else given = bytesOf(value);
      }
      const piece = given.subarray(0, pieceBytes);
      given = given.subarray(pieceBytes);
      return piece;
    },
    async close() {
      if (ended) return;
      ended = true;
      given = Buffer.alloc(0);
      await iterator.return?.();
    },
  };
}

function bytesOf(value: unknown): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const hint = typeof value === 'string' ? ' Leave out setEncoding, or give Buffer.from(text).' : '';
  throw new ValidationError(`The source of a file gives bytes (Uint8Array or Buffer), not ${kindOf(value)}.${hint}`);
}
