import { type AnyMapping, encodeFieldInto, type Field } from '@uno/domain';
import { BinaryValues } from '@uno/postgres';
import type { WorkItem } from '../shapes/work-item.js';
import type { CopyData } from './copy-data.js';

/** "Binary Format" in PostgreSQL's documentation of COPY: the signature, no flags, and nothing more in the header. */
const header = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);

/** Rows of a COPY in binary format: of each the number of its fields, and these. */
export class CopyTuples extends BinaryValues implements CopyData {
  /** Where each row ends. */
  readonly #ends: number[] = [];

  /** @param spare - memory that nobody uses any more, such as that of the chunk before */
  constructor(spare: Buffer = Buffer.allocUnsafe(65_536)) {
    super(spare, 0);
    this.#raw(header, 0, header.length);
  }

  get memory(): Buffer {
    return this.bytes;
  }

  get data(): Uint8Array {
    this.#int16(-1);
    const whole = this.bytes.subarray(0, this.end);
    this.end -= 2;
    return whole;
  }

  /**
   * Adds a record.
   *
   * @throws ValidationError that names a record with a value that its type cannot hold
   */
  add(mapping: AnyMapping, fields: readonly Field[], item: WorkItem): void {
    this.#int16(fields.length);
    for (const field of fields) {
      const { binary } = field.type;
      if (binary === undefined) throw new TypeError(`${field.type.sql} has no binary format.`);
      encodeFieldInto(mapping, field, binary, item, this);
    }
    this.#ends.push(this.end);
  }

  withMore(fields: readonly Field[], more: readonly (readonly (string | null)[])[]): CopyTuples {
    const tuples = new CopyTuples(Buffer.allocUnsafe(2 * this.end));
    let start = header.length;
    for (const [i, end] of this.#ends.entries()) {
      tuples.#int16(this.bytes.readInt16BE(start) + fields.length);
      tuples.#raw(this.bytes, start + 2, end);
      start = end;
      for (const [position, { type }] of fields.entries()) {
        const text = more[i]?.[position] ?? null;
        if (text === null) tuples.null();
        else type.binary?.write(type.decode(text), tuples);
      }
      tuples.#ends.push(tuples.end);
    }
    return tuples;
  }

  #int16(value: number): void {
    this.makeRoom(2);
    this.end = this.bytes.writeInt16BE(value, this.end);
  }

  #raw(from: Buffer, start: number, end: number): void {
    this.makeRoom(end - start);
    this.end += from.copy(this.bytes, this.end, start, end);
  }
}
