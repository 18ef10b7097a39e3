import { FileError } from '../file-error.js';

const quote = 34;
const backslash = 92;
const lineFeed = 10;

/** Finds where an element of a JSON array ends: by its brackets and quotes alone. */
export class ElementEnd {
  /** The line that it ends on. */
  line: number;
  readonly #text: string;
  readonly #start: number;
  readonly #begunOn: number;

  /** @param line - the line that it begins on */
  constructor(text: string, start: number, line: number) {
    this.#text = text;
    this.#start = start;
    this.#begunOn = line;
    this.line = line;
  }

  /**
   * The position after it; -1 where the text ends before it does.
   *
   * @param final - whether nothing follows the text, which ends a number, then
   * @throws FileError where brackets do not fit, or a string goes on over the end of a line
   */
  find(final: boolean): number {
    const text = this.#text;
    const closing: string[] = [];
    for (let at = this.#start; at < text.length; at++) {
      switch (text.charCodeAt(at)) {
        case lineFeed:
          if (closing.length === 0) return at;
          this.line++;
          break;
        case quote:
          at = this.#stringEnd(at);
          if (at === -1) return -1;
          if (closing.length === 0) return at + 1;
          break;
        case 123: // {
          closing.push('}');
          break;
        case 91: // [
          closing.push(']');
          break;
        case 125: // }
        case 93: // ]
          if (closing.length > 0) {
            this.#close(closing.pop(), text[at]);
            if (closing.length === 0) return at + 1;
          } else return at;
          break;
        case 44: // ,
        case 32:
        case 9:
        case 13:
          // A number or a word ends before it.
          if (closing.length === 0) return at;
      }
    }
    return final && closing.length === 0 ? text.length : -1;
  }

  #stringEnd(open: number): number {
    const text = this.#text;
    for (let at = open + 1; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === quote) return at;
      if (code === backslash) at++;
      else if (code === lineFeed) throw this.#broken('a string is not closed on its line');
    }
    return -1;
  }

  #close(expected: string | undefined, found: string | undefined): void {
    if (expected !== found) throw this.#broken(`${found} closes what ${expected} should close`);
  }

  #broken(what: string): FileError {
    const where = this.line === this.#begunOn ? '' : ` in the element that begins in line ${this.#begunOn}`;
    return new FileError('json', `its structure is broken: ${what}${where}`, { line: this.line });
  }
}
