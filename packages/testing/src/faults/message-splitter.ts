import { type MessageName, type MessageOrigin, typedName, untypedName } from './message-names.js';
import { hasText, messageText, TEXT_PREFIX_BYTES } from './message-text.js';

/** What is known of a message when it begins. */
export interface MessageHead {
  readonly name: MessageName;
  readonly text?: string;
}

/** Bytes of one message, a view of what has arrived. All parts together are the stream as it came. */
export interface MessagePart {
  readonly bytes: Buffer;
  /** With the first part of a message. Encrypted bytes begin and end nothing. */
  readonly begins?: MessageHead | undefined;
  /** With the last part of a message. */
  readonly ends: boolean;
}

/** What the next bytes are. */
type Expected = 'startup' | 'message' | 'SSLResponse' | 'GSSENCResponse';

/** Bytes that tell the length of what is expected. */
const HEAD_BYTES = { startup: 8, message: 5, SSLResponse: 1, GSSENCResponse: 1 } as const satisfies Record<
  Expected,
  number
>;

/** The server refuses longer ones, so that a length beyond it is something else, such as the beginning of TLS. */
const LONGEST_STARTUP_BYTES = 10_000;

const ERROR_RESPONSE = 'E'.charCodeAt(0);

interface Frame {
  readonly name: MessageName;
  /** All of its bytes. */
  readonly length: number;
}

/**
 * Finds the messages in one direction of a connection, however TCP has cut them. Holds back no more than the first
 * bytes of a message, and copies no more than these, if they came in pieces.
 */
export class MessageSplitter {
  readonly #from: MessageOrigin;
  #expected: Expected;
  /** The beginning of a message that is not announced yet. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** How many bytes are needed to announce it, when that is more than its head. */
  #wanted: number | undefined;
  #announced: MessageHead | undefined;
  /** What is still to come of the announced message; `Infinity` when nothing can be told apart any more. */
  #rest = 0;

  constructor(from: MessageOrigin) {
    this.#from = from;
    this.#expected = from === 'client' ? 'startup' : 'message';
  }

  /** Whether messages cannot be told apart any more, because the connection is encrypted or not PostgreSQL's. */
  get isOpaque(): boolean {
    return this.#rest === Number.POSITIVE_INFINITY;
  }

  becomeOpaque(): void {
    this.#rest = Number.POSITIVE_INFINITY;
  }

  /** The next byte answers a request for encryption. */
  expectReply(reply: 'SSLResponse' | 'GSSENCResponse'): void {
    this.#expected = reply;
  }

  push(chunk: Buffer): MessagePart[] {
    const parts: MessagePart[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#rest === 0 && !this.#announce(chunk, at)) {
        this.#hold(chunk.subarray(at));
        break;
      }
      for (const bytes of this.#takeHeld()) parts.push(this.#part(bytes));
      const end = Math.min(chunk.length, at + this.#rest);
      parts.push(this.#part(chunk.subarray(at, end)));
      at = end;
    }
    return parts;
  }

  /** What was held back, of a message that never became whole. */
  end(): MessagePart[] {
    this.becomeOpaque();
    return this.#takeHeld().map((bytes) => this.#part(bytes));
  }

  #part(bytes: Buffer): MessagePart {
    const begins = this.#announced;
    this.#announced = undefined;
    this.#rest -= bytes.length;
    return { bytes, begins, ends: this.#rest === 0 };
  }

  /** Reads the beginning of a message, of which the chunk has the next bytes; false if it needs more of them. */
  #announce(chunk: Buffer, at: number): boolean {
    // A server too old for the request for encryption, or without room for us, answers it with a message.
    if (this.#expected.endsWith('Response') && chunk[at] === ERROR_RESPONSE) this.#expected = 'message';
    for (;;) {
      const wanted = this.#wanted ?? HEAD_BYTES[this.#expected];
      const missing = wanted - this.#heldBytes;
      if (chunk.length - at < missing) return false;
      const next = chunk.subarray(at, at + missing);
      const seen = this.#heldBytes === 0 ? next : Buffer.concat([...this.#held, next]);
      const frame = this.#frame(seen);
      if (frame === undefined) {
        this.becomeOpaque();
        return true;
      }
      const enough = hasText(frame.name) ? Math.min(frame.length, TEXT_PREFIX_BYTES) : seen.length;
      if (enough <= seen.length) {
        this.#begin(frame, seen);
        return true;
      }
      this.#wanted = enough;
    }
  }

  /** Undefined for what is not PostgreSQL's. */
  #frame(seen: Buffer): Frame | undefined {
    switch (this.#expected) {
      case 'startup': {
        const length = seen.readUInt32BE(0);
        if (length < HEAD_BYTES.startup || length > LONGEST_STARTUP_BYTES) return undefined;
        return { name: untypedName(seen.readUInt32BE(4)), length };
      }
      case 'message': {
        const length = 1 + seen.readUInt32BE(1);
        return length < HEAD_BYTES.message ? undefined : { name: typedName(this.#from, seen.readUInt8(0)), length };
      }
      case 'SSLResponse':
      case 'GSSENCResponse':
        return { name: this.#expected, length: 1 };
    }
  }

  #begin(frame: Frame, seen: Buffer): void {
    this.#wanted = undefined;
    this.#rest = frame.length;
    const text = messageText(frame.name, seen);
    this.#announced = { name: frame.name, ...(text !== undefined && { text }) };
    // After a request for encryption that was refused, the client begins anew.
    if (this.#from === 'server' || frame.name === 'StartupMessage') this.#expected = 'message';
  }

  #hold(bytes: Buffer): void {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
  }

  #takeHeld(): Buffer[] {
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    return held;
  }
}
