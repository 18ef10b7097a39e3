/**
 * Values of one type as PostgreSQL takes them in the binary format of an array: `array_recv` of its sources, which reads the
 * number of dimensions, whether there are NULLs, the type of the elements, their number and the first index, and then each
 * element as its length and its bytes.
 *
 * Beside the text of an array, it takes the server a sixth less time to insert such values, and the client half.
 */
export class BinaryArray {
  #bytes: Buffer;
  #length = headerBytes;
  #count = 0;
  #hasNulls = false;
  readonly #oid: number;

  /**
   * @param oid - the type of the elements, in `pg_type`
   * @param capacity - bytes for which there is room without more memory
   */
  constructor(oid: number, capacity: number) {
    this.#oid = oid;
    this.#bytes = Buffer.allocUnsafe(headerBytes + capacity);
  }

  /** Bytes that were written. */
  get length(): number {
    return this.#length;
  }

  /** The array. Nothing may be added afterwards. */
  finish(): Buffer {
    const header = [this.#count > 0 ? 1 : 0, this.#hasNulls ? 1 : 0, this.#oid, this.#count, 1];
    header.forEach((value, i) => {
      this.#bytes.writeInt32BE(value, 4 * i);
    });
    // An array without elements has no dimensions.
    return this.#bytes.subarray(0, this.#count > 0 ? this.#length : 12);
  }

  null(): void {
    this.#hasNulls = true;
    this.#begin(-1, 0);
  }

  boolean(value: boolean): void {
    this.#begin(1, 1);
    this.#bytes[this.#length++] = value ? 1 : 0;
  }

  int16(value: number): void {
    this.#begin(2, 2);
    this.#length = this.#bytes.writeInt16BE(value, this.#length);
  }

  int32(value: number): void {
    this.#begin(4, 4);
    this.#length = this.#bytes.writeInt32BE(value, this.#length);
  }

  /** @param value - a safe integer, or any of 64 bits */
  int64(value: number | bigint): void {
    this.#begin(8, 8);
    if (typeof value === 'bigint') {
      this.#length = this.#bytes.writeBigInt64BE(value, this.#length);
      return;
    }
    this.#length = this.#bytes.writeInt32BE(Math.floor(value / 2 ** 32), this.#length);
    // The lower 32 bits of the two's complement.
    this.#length = this.#bytes.writeInt32BE(lowerBits(value), this.#length);
  }

  float32(value: number): void {
    this.#begin(4, 4);
    this.#length = this.#bytes.writeFloatBE(value, this.#length);
  }

  float64(value: number): void {
    this.#begin(8, 8);
    this.#length = this.#bytes.writeDoubleBE(value, this.#length);
  }

  /** @param prefix - bytes before the text */
  text(value: string, prefix?: number): void {
    // In UTF-8, a unit of UTF-16 takes up to three bytes; longer texts are measured.
    const most = value.length > longText ? Buffer.byteLength(value) : 3 * value.length;
    const start = this.#length;
    this.#begin(0, most + 1);
    if (prefix !== undefined) this.#bytes[this.#length++] = prefix;
    if (!this.#isAscii(value)) this.#length += this.#bytes.write(value, this.#length);
    this.#bytes.writeInt32BE(this.#length - start - 4, start);
  }

  raw(value: Uint8Array): void {
    this.#begin(value.length, value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** Writes a short text of ASCII, which by a loop is faster than by the encoder; no other one. */
  #isAscii(value: string): boolean {
    if (value.length > shortText) return false;
    const bytes = this.#bytes;
    let at = this.#length;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 127) return false;
      bytes[at++] = code;
    }
    this.#length = at;
    return true;
  }

  #begin(size: number, room: number): void {
    this.#count++;
    const needed = this.#length + 4 + room;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#length = this.#bytes.writeInt32BE(size, this.#length);
  }
}

const headerBytes = 20;
const shortText = 64;
const longText = 1024;

function lowerBits(value: number): number {
  return (value - Math.floor(value / 2 ** 32) * 2 ** 32) | 0;
}
