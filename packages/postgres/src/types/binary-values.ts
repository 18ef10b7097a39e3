/** Values in PostgreSQL's binary format, one behind the other: of each its length, and its bytes. */
export class BinaryValues {
  /** Only as long as no value is added: there may be other memory then. */
  protected bytes: Buffer;
  protected end: number;
  #count = 0;
  #hasNulls = false;

  /**
   * @param memory - where they are written, as long as there is room
   * @param start - where the first one begins
   */
  constructor(memory: Buffer, start: number) {
    this.bytes = memory;
    this.end = start;
  }

  /** Bytes that were written, with what is before the first value. */
  get length(): number {
    return this.end;
  }

  /** How many values. */
  get count(): number {
    return this.#count;
  }

  get hasNulls(): boolean {
    return this.#hasNulls;
  }

  null(): void {
    this.#hasNulls = true;
    this.#begin(-1, 0);
  }

  boolean(value: boolean): void {
    this.#begin(1, 1);
    this.bytes[this.end++] = value ? 1 : 0;
  }

  int16(value: number): void {
    this.#begin(2, 2);
    this.bytes[this.end++] = value >> 8;
    this.bytes[this.end++] = value;
  }

  int32(value: number): void {
    this.#begin(4, 4);
    this.#write32(value);
  }

  /** @param value - a safe integer, or any of 64 bits */
  int64(value: number | bigint): void {
    this.#begin(8, 8);
    if (typeof value === 'bigint') {
      this.end = this.bytes.writeBigInt64BE(value, this.end);
      return;
    }
    this.#write32(Math.floor(value / 2 ** 32));
    // The lower 32 bits of the two's complement.
    this.#write32(lowerBits(value));
  }

  float32(value: number): void {
    this.#begin(4, 4);
    this.end = this.bytes.writeFloatBE(value, this.end);
  }

  float64(value: number): void {
    this.#begin(8, 8);
    this.end = this.bytes.writeDoubleBE(value, this.end);
  }

  /** @param prefix - bytes before the text */
  text(value: string, prefix?: number): void {
    // In UTF-8, a unit of UTF-16 takes up to three bytes; longer texts are measured.
    const most = value.length > longText ? Buffer.byteLength(value) : 3 * value.length;
    const start = this.end;
    this.#begin(0, most + 1);
    if (prefix !== undefined) this.bytes[this.end++] = prefix;
    this.end += this.bytes.write(value, this.end);
    this.bytes.writeInt32BE(this.end - start - 4, start);
  }

  /**
   * Adds a short text of ASCII without U+0000, which needs no further check and by a loop is faster than by the encoder.
   *
   * @returns whether it was one; another one is not added
   */
  shortAscii(value: string): boolean {
    const { length } = value;
    if (length > shortText) return false;
    this.makeRoom(4 + length);
    const { bytes } = this;
    let at = this.end + 4;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 127 || code === 0) return false;
      bytes[at++] = code;
    }
    this.#begin(length, length);
    this.end = at;
    return true;
  }

  raw(value: Uint8Array): void {
    this.#begin(value.length, value.length);
    this.bytes.set(value, this.end);
    this.end += value.length;
  }

  #begin(size: number, room: number): void {
    this.#count++;
    this.makeRoom(4 + room);
    this.#write32(size);
  }

  /** The checks of `writeInt32BE` cost more than what it writes; its values are known to be in range here. */
  #write32(value: number): void {
    const { bytes, end } = this;
    bytes[end] = value >> 24;
    bytes[end + 1] = value >> 16;
    bytes[end + 2] = value >> 8;
    bytes[end + 3] = value;
    this.end = end + 4;
  }

  protected makeRoom(size: number): void {
    const needed = this.end + size;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.bytes.length));
    this.bytes.copy(larger, 0, 0, this.end);
    this.bytes = larger;
  }
}

const shortText = 64;
const longText = 1024;

function lowerBits(value: number): number {
  return (value - Math.floor(value / 2 ** 32) * 2 ** 32) | 0;
}
