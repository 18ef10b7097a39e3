import { ConfigError } from '../errors/input-errors.js';
import { kindOf } from '../types/pg-type.js';
import { type CopyPiece, MESSAGE_SIZE } from './copy-data.js';

/** The data of a COPY: one piece, or pieces that may begin and end anywhere, amid a line or a character. */
export type CopySource = CopyPiece | Iterable<CopyPiece> | AsyncIterable<CopyPiece>;

export function isPiece(source: unknown): source is CopyPiece {
  return typeof source === 'string' || source instanceof Uint8Array;
}

/** @throws ConfigError for what no data can come from */
export function requireSource(source: unknown): void {
  if (isPiece(source)) return;
  if (typeof source === 'object' && source !== null) {
    if (Symbol.asyncIterator in source || Symbol.iterator in source) return;
  }
  throw new ConfigError(`The data of a COPY is a string, bytes, or an iterable of these, not ${kindOf(source)}.`);
}

/** @throws ConfigError for what is neither text nor bytes */
export function requirePiece(piece: unknown): void {
  if (isPiece(piece)) return;
  throw new ConfigError(`The data of a COPY is made of strings and bytes, not of ${kindOf(piece)}.`);
}

/** A piece in parts of the size of a message. */
export function* slicesOf(piece: CopyPiece): Generator<CopyPiece> {
  for (let start = 0; start < piece.length; start += MESSAGE_SIZE) {
    const end = start + MESSAGE_SIZE;
    yield typeof piece === 'string' ? piece.slice(start, end) : piece.subarray(start, end);
  }
}
