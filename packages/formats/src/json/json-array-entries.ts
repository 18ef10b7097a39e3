import { isAscii } from 'node:buffer';
import type { EntryFormat, Taken } from '../entry-format.js';
import type { FileEntry } from '../file-entry.js';
import { FileError } from '../file-error.js';
import { tooLong } from '../file-reader.js';
import { byteOrderMark } from '../source/byte-order-mark.js';
import { DocumentParser } from './document-entry.js';
import { ElementEnd } from './element-end.js';
import { jsonRejects } from './json-rejects.js';
import type { JsonOptions } from './json-options.js';

/** What may come next in a file that is an array. */
type Expected = 'array' | 'element-or-end' | 'element' | 'comma-or-end' | 'nothing';

/**
 * The records of a file that is a JSON array. Only where elements end is found here, by brackets and quotes; what is in one
 * is for `JSON.parse` to say. That is several times as fast as a parser that streams, and keeps each element's bytes.
 */
export class JsonArrayEntries implements EntryFormat {
  line = 1;
  begun = false;
  readonly header = undefined;
  readonly rejects = jsonRejects;
  readonly #maxRecordBytes: number;
  readonly #parser: DocumentParser;
  #expected: Expected = 'array';
  #marked = false;

  constructor({ numbers = 'exact' }: JsonOptions, maxRecordBytes: number) {
    this.#parser = new DocumentParser(numbers);
    this.#maxRecordBytes = maxRecordBytes;
  }

  take(bytes: Buffer, final: boolean): Taken {
    let at = 0;
    if (!this.#marked) {
      if (bytes.length < 3 && !final) return { entries: [], used: 0 };
      at = byteOrderMark(bytes, undefined, ['utf-8']).raw.length;
      this.#marked = true;
    }
    const text = bytes.toString('latin1');
    const ascii = isAscii(bytes);
    const entries: FileEntry[] = [];
    for (at = this.#skipSpace(text, at); at < text.length; at = this.#skipSpace(text, at)) {
      if (this.#punctuation(text[at] ?? '')) {
        at++;
        continue;
      }
      const element = new ElementEnd(text, at, this.line);
      const end = element.find(final);
      if (end === -1) break;
      if (end - at > this.#maxRecordBytes) throw tooLong(this.line, this.#maxRecordBytes);
      entries.push(this.#parser.entry(this.line, bytes.toString('latin1', at, end), ascii));
      this.line = element.line;
      this.#expected = 'comma-or-end';
      at = end;
    }
    if (final) this.#end(at < text.length);
    return { entries, used: at };
  }

  #skipSpace(text: string, from: number): number {
    let at = from;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 10) this.line++;
      else if (code !== 32 && code !== 9 && code !== 13) break;
    }
    return at;
  }

  /**
   * Goes on by a character that belongs to the array itself.
   *
   * @returns false where an element begins
   * @throws FileError where something else is expected
   */
  #punctuation(character: string): boolean {
    const expected = this.#expected;
    if (expected === 'array' && character === '[') {
      this.#expected = 'element-or-end';
      this.begun = true;
    } else if (character === ']' && (expected === 'element-or-end' || expected === 'comma-or-end')) {
      this.#expected = 'nothing';
    } else if (character === ',' && expected === 'comma-or-end') {
      this.#expected = 'element';
    } else if ((expected === 'element' || expected === 'element-or-end') && !',]}:'.includes(character)) {
      return false;
    } else {
      throw this.#unexpected(character);
    }
    return true;
  }

  #unexpected(character: string): FileError {
    const whys: Readonly<Record<Expected, string>> = {
      array: `it is no array: it begins with ${shown(character)} instead of [${character === '{' ? '; for an object on each line use readNdjson' : ''}`,
      'element-or-end': `an element or ] is expected, ${shown(character)} found`,
      element: `an element is expected after the comma, ${shown(character)} found`,
      'comma-or-end': `a comma or ] is expected after an element, ${shown(character)} found`,
      nothing: `something follows the end of the array: ${shown(character)}`,
    };
    return new FileError('json', whys[this.#expected], { line: this.line });
  }

  /** @param within - whether an element has begun */
  #end(within: boolean): void {
    const { line } = this;
    if (this.#expected === 'nothing') return;
    if (this.#expected === 'array') throw new FileError('empty', 'it is empty; an array was expected');
    const what = within ? 'the element that begins here' : 'the array';
    throw new FileError('json', `it ends in the middle: ${what} is not closed`, { line });
  }
}

/** One character of what is in the file says little of it. */
function shown(character: string): string {
  return /^[!-~]$/.test(character) ? character : `byte 0x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
