import type { WireParameter } from '../types/wire-parameters.js';

const code = { bind: 0x42, describe: 0x44, execute: 0x45, parse: 0x50, sync: 0x53 } as const;

/** Longer texts are measured before they are written, so that not three times as much memory is taken for them. */
const shortText = 1_024;

/**
 * Writes messages of a client, one behind the other, into one piece of memory: "Frontend/Backend Protocol" of
 * PostgreSQL's documentation, "Message Formats". Everything uses the unnamed portal and text for results.
 *
 * `pg` makes a buffer of every message and hands each to the socket by itself, which for thousands of small ones costs
 * more than what is in them.
 */
export class MessageWriter {
  #bytes: Buffer;
  #length = 0;

  /** @param capacity - bytes for which there is room without more memory */
  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  /** Bytes that were written. */
  get length(): number {
    return this.#length;
  }

  /** What was written. Nothing may be written afterwards. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** @param name - empty for the unnamed statement */
  parse(name: string, sql: string): void {
    const start = this.#begin(code.parse);
    this.#zeroEnded(name);
    this.#zeroEnded(sql);
    // No types of parameters: the server finds them out.
    this.#int16(0);
    this.#end(start);
  }

  bind(name: string, parameters: readonly WireParameter[]): void {
    const start = this.#begin(code.bind);
    this.#zeroEnded('');
    this.#zeroEnded(name);
    const hasBytes = parameters.some(isBytes);
    this.#int16(hasBytes ? parameters.length : 0);
    if (hasBytes) for (const parameter of parameters) this.#int16(isBytes(parameter) ? 1 : 0);
    this.#int16(parameters.length);
    for (const parameter of parameters) this.#parameter(parameter);
    this.#int16(0);
    this.#end(start);
  }

  describePortal(): void {
    const start = this.#begin(code.describe);
    this.#room(1);
    this.#bytes[this.#length++] = 0x50;
    this.#zeroEnded('');
    this.#end(start);
  }

  /** Asks for all rows. */
  execute(): void {
    const start = this.#begin(code.execute);
    this.#zeroEnded('');
    this.#int32(0);
    this.#end(start);
  }

  sync(): void {
    this.#end(this.#begin(code.sync));
  }

  #parameter(parameter: WireParameter): void {
    if (parameter === null) {
      this.#int32(-1);
      return;
    }
    const at = this.#length;
    this.#int32(0);
    if (typeof parameter === 'string') this.#text(parameter);
    else this.#raw(parameter);
    this.#bytes.writeInt32BE(this.#length - at - 4, at);
  }

  #begin(type: number): number {
    this.#room(5);
    this.#bytes[this.#length] = type;
    this.#length += 5;
    return this.#length - 4;
  }

  /** The length of a message counts itself, and not the byte of the type before it. */
  #end(start: number): void {
    this.#bytes.writeInt32BE(this.#length - start, start);
  }

  #int16(value: number): void {
    this.#room(2);
    this.#length = this.#bytes.writeUInt16BE(value, this.#length);
  }

  #int32(value: number): void {
    this.#room(4);
    this.#length = this.#bytes.writeInt32BE(value, this.#length);
  }

  #zeroEnded(text: string): void {
    this.#text(text);
    this.#room(1);
    this.#bytes[this.#length++] = 0;
  }

  #text(text: string): void {
    this.#room(text.length > shortText ? Buffer.byteLength(text) : 3 * text.length);
    this.#length += this.#bytes.write(text, this.#length);
  }

  #raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #room(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

function isBytes(parameter: WireParameter): parameter is Uint8Array {
  return parameter !== null && typeof parameter !== 'string';
}
