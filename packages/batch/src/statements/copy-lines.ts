import { type AnyMapping, encodeField, type Field } from '@uno/domain';
import { copyField } from '@uno/postgres';
import type { WorkItem } from '../shapes/work-item.js';
import type { CopyData } from './copy-data.js';

const tab = 9;
const newline = 10;
const carriageReturn = 13;
const backslash = 92;

/**
 * Lines of a COPY in text format, as bytes. They are written byte by byte, since a string that is put together of many
 * parts costs the garbage collector more than all the rest of an insert.
 */
export class CopyLines implements CopyData {
  #bytes: Buffer;
  #end = 0;
  /** Where each line ends, after its newline. */
  readonly #ends: number[] = [];

  /** @param spare - memory that nobody uses any more, such as that of the chunk before */
  constructor(spare: Buffer = Buffer.allocUnsafe(65_536)) {
    this.#bytes = spare;
  }

  get memory(): Buffer {
    return this.#bytes;
  }

  get data(): Uint8Array {
    return this.#bytes.subarray(0, this.#end);
  }

  /**
   * Adds a record.
   *
   * @throws ValidationError that names a record with a value that its type cannot hold
   */
  add(mapping: AnyMapping, fields: readonly Field[], { values, index }: WorkItem): void {
    let isFirst = true;
    for (const field of fields) {
      const text = encodeField(mapping, field, values[field.position] ?? null, index);
      if (!isFirst) this.#byte(tab);
      isFirst = false;
      this.#field(text, field.type.bare);
    }
    this.#endLine();
  }

  withMore(_: readonly Field[], more: readonly (readonly (string | null)[])[]): CopyLines {
    const lines = new CopyLines(Buffer.allocUnsafe(2 * this.#end));
    let start = 0;
    for (const [i, end] of this.#ends.entries()) {
      lines.#room(end - start);
      lines.#end += this.#bytes.copy(lines.#bytes, lines.#end, start, end - 1);
      start = end;
      for (const text of more[i] ?? []) {
        lines.#byte(tab);
        lines.#field(text, false);
      }
      lines.#endLine();
    }
    return lines;
  }

  #endLine(): void {
    this.#byte(newline);
    this.#ends.push(this.#end);
  }

  #byte(code: number): void {
    this.#room(1);
    this.#bytes[this.#end++] = code;
  }

  #field(text: string | null, bare: boolean): void {
    // In UTF-8, a unit of UTF-16 takes up to three bytes; one that is escaped takes two.
    this.#room(text === null ? 2 : text.length * 3);
    if (text === null || !this.#isPlain(text)) this.#end += this.#bytes.write(copyField(text, bare), this.#end);
  }

  /** Writes a text of ASCII that needs no escapes; another one not, whatever of it was written already. */
  #isPlain(text: string): boolean {
    const bytes = this.#bytes;
    let at = this.#end;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127 || code === backslash || code === tab || code === newline || code === carriageReturn) return false;
      bytes[at++] = code;
    }
    this.#end = at;
    return true;
  }

  #room(length: number): void {
    const needed = this.#end + length;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
  }
}
