import type { PgSocket } from './pool-port.js';

/** Text, which is sent as UTF-8, or bytes. */
export type CopyPiece = string | Uint8Array;

/**
 * So much goes into one message, in bytes or UTF-16 units: PostgreSQL reads a message as a whole before it looks at it,
 * and cannot be interrupted meanwhile.
 */
export const MESSAGE_SIZE = 65_536;

/** "CopyData" of PostgreSQL's documentation, "Message Formats": this byte, then a length that counts itself. */
const COPY_DATA = 'd'.charCodeAt(0);
const HEAD_BYTES = 5;

/** What became of a piece: it waits for others, was written, or was and the socket has enough until it says `drain`. */
export type Written = 'gathered' | 'written' | 'full';

/**
 * Gathers the pieces of a COPY until they are worth a message, and writes that to the socket. Those that `pg` makes
 * (`sendCopyFromChunk`) are copies of what is sent, and do not tell whether the socket has enough.
 */
export class CopyDataWriter {
  readonly #socket: PgSocket;
  #parts: Uint8Array[] = [];
  #partBytes = 0;
  /** What comes after the parts. */
  #text = '';

  constructor(socket: PgSocket) {
    this.#socket = socket;
  }

  add(piece: CopyPiece): Written {
    if (typeof piece === 'string') {
      this.#text += piece;
    } else {
      this.#addText();
      this.#addPart(piece);
    }
    return this.#text.length + this.#partBytes < MESSAGE_SIZE ? 'gathered' : this.flush();
  }

  /** Writes what was gathered, but for half of a character. */
  flush(): Written {
    return this.#write(halfCharacterOf(this.#text));
  }

  /** Writes what is left, all of it. */
  end(): void {
    this.#write('');
  }

  /** @param rest - the end of the text, which waits for what comes after it */
  #write(rest: string): Written {
    const text = this.#text.slice(0, this.#text.length - rest.length);
    this.#text = rest;
    if (this.#parts.length === 0) {
      return text === '' || this.#socket.write(textMessage(text)) ? 'written' : 'full';
    }
    if (text !== '') this.#addPart(Buffer.from(text));
    const message = [head(this.#partBytes), ...this.#parts];
    this.#parts = [];
    this.#partBytes = 0;
    const hasRoom = asOne(this.#socket, () => message.map((part) => this.#socket.write(part)));
    return hasRoom.includes(false) ? 'full' : 'written';
  }

  #addText(): void {
    if (this.#text !== '') this.#addPart(Buffer.from(this.#text));
    this.#text = '';
  }

  #addPart(part: Uint8Array): void {
    this.#parts.push(part);
    this.#partBytes += part.length;
  }
}

/** Has what a function writes leave together. */
export function asOne<T>(socket: PgSocket, write: () => T): T {
  socket.cork?.();
  try {
    return write();
  } finally {
    socket.uncork?.();
  }
}

/** What the text ends with, where that is half of a character: the other half may come next. */
function halfCharacterOf(text: string): string {
  const last = text.slice(-1);
  return last >= '\ud800' && last <= '\udbff' ? last : '';
}

function textMessage(text: string): Uint8Array {
  const bytes = Buffer.byteLength(text);
  const message = Buffer.allocUnsafe(HEAD_BYTES + bytes);
  message.set(head(bytes));
  message.write(text, HEAD_BYTES);
  return message;
}

function head(bytes: number): Uint8Array {
  const message = Buffer.allocUnsafe(HEAD_BYTES);
  message[0] = COPY_DATA;
  message.writeUInt32BE(HEAD_BYTES - 1 + bytes, 1);
  return message;
}
