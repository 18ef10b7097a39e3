import type { MessagePart } from '../../src/faults/message-splitter.js';

/** A message with a type byte. */
export function typed(type: string, body: string | Buffer = ''): Buffer {
  const bytes = Buffer.from(body);
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeUInt32BE(4 + bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** A message without one, as clients begin. */
export function untyped(code: number, body = ''): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + Buffer.byteLength(body), 0);
  head.writeUInt32BE(code, 4);
  return Buffer.concat([head, Buffer.from(body)]);
}

export const STARTUP = untyped(196608, 'user\0me\0\0');
export const SSL_REQUEST = untyped(80877103);
export const GSSENC_REQUEST = untyped(80877104);
export const CANCEL_REQUEST = untyped(80877102, 'pid.key.');

/** A message as it was put together from its parts. */
export interface Whole {
  readonly name: string;
  readonly text: string | undefined;
  readonly bytes: string;
}

/** Puts parts together again, as strict about their order as it can be. */
export function wholes(parts: readonly MessagePart[]): Whole[] {
  const found: Whole[] = [];
  let open: Whole | undefined;
  for (const { bytes, begins, ends } of parts) {
    if ((begins === undefined) !== (open !== undefined))
      throw new Error('a part begins in the middle, or nothing began');
    const before: Whole = open ?? { name: begins?.name ?? '', text: begins?.text, bytes: '' };
    open = { ...before, bytes: before.bytes + bytes.toString('latin1') };
    if (!ends) continue;
    found.push(open);
    open = undefined;
  }
  if (open !== undefined) throw new Error(`${open.name} did not end`);
  return found;
}
