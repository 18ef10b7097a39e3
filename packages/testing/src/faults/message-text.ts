import { StringDecoder } from 'node:string_decoder';
import type { MessageName } from './message-names.js';

/** Of a longer message only so many bytes are looked at, and held back for it. */
export const TEXT_PREFIX_BYTES = 65_536;

/** Behind the type byte and the length. */
const BODY = 5;
const SQLSTATE_FIELD = 'C'.charCodeAt(0);

/** Reads the text from the first bytes of a message. */
type TextReader = (message: Buffer) => string | undefined;

const READERS: Readonly<Partial<Record<MessageName, TextReader>>> = {
  Query: (message) => stringAt(message, BODY),
  Parse: (message) => stringAt(message, endOfString(message, BODY) + 1),
  CommandComplete: (message) => stringAt(message, BODY),
  ErrorResponse: sqlState,
  NoticeResponse: sqlState,
  SSLResponse: (message) => message.toString('latin1', 0, 1),
  GSSENCResponse: (message) => message.toString('latin1', 0, 1),
};

/** Whether messages of this name have a text, for which their first bytes have to be waited for. */
export function hasText(name: MessageName): boolean {
  return READERS[name] !== undefined;
}

/** The text of a message, from as much of its beginning as there is. */
export function messageText(name: MessageName, message: Buffer): string | undefined {
  return READERS[name]?.(message);
}

/** Where the string that starts here ends: at its zero byte, or at the end of what we have. */
function endOfString(message: Buffer, start: number): number {
  const end = message.indexOf(0, start);
  return end === -1 ? message.length : end;
}

function stringAt(message: Buffer, start: number): string {
  // A decoder leaves out the character that the end of the prefix has cut in two.
  return new StringDecoder('utf8').write(message.subarray(start, endOfString(message, start)));
}

/** The fields of an error are a letter and a string each. */
function sqlState(message: Buffer): string | undefined {
  for (let at = BODY; at < message.length && message[at] !== 0; at = endOfString(message, at) + 1) {
    if (message[at] === SQLSTATE_FIELD) return stringAt(message, at + 1);
  }
  return undefined;
}
