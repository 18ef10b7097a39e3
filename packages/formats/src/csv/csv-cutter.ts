import { FileError } from '../file-error.js';
import { afterClosingQuote } from './closing-quote.js';
import type { ResolvedDialect } from './csv-options.js';

/**
 * Finds where records of CSV begin and end, without a look at their cells: it goes from line break to line break, and from
 * quote to quote where there are any.
 *
 * A quote opens a cell only at its beginning; anywhere else it is a fault of its record, and swallows no lines. The first
 * line break outside of quotes decides whether lines end with LF (CRLF is that, too) or with CR.
 */
export class CsvCutter {
  /** The line that the record begins on, from 1. */
  line = 1;
  /** Positions of the record: its first character, the one after its last cell, and the one after its line break. */
  start = 0;
  contentEnd = 0;
  end = 0;
  /** Whether there is a quote in it. */
  quoted = false;
  readonly #quote: string | null;
  readonly #escape: string;
  readonly #delimiterCode: number;
  #text = '';
  #final = false;
  #lineBreak: '\n' | '\r' | undefined;
  #nextLine = 1;
  /** The next line break and the next quote from where it is; the text's length where there is none. */
  #breakAt = -1;
  #quoteAt = -1;

  constructor({ quote, escape: escapedBy, delimiter }: ResolvedDialect) {
    this.#quote = quote;
    this.#escape = escapedBy;
    this.#delimiterCode = delimiter.charCodeAt(0);
  }

  /** How lines end, where it is known. */
  get lineBreak(): '\n' | '\r' | undefined {
    return this.#lineBreak;
  }

  /** Goes on with a text that begins with a record. */
  begin(text: string, final: boolean): void {
    this.#text = text;
    this.#final = final;
    this.end = 0;
    this.#breakAt = -1;
    this.#quoteAt = -1;
  }

  /**
   * Goes to the next record.
   *
   * @returns false where the text has no further record that is complete
   * @throws FileError for a quote that is never closed
   */
  next(): boolean {
    const text = this.#text;
    const start = this.end;
    this.start = start;
    this.line = this.#nextLine;
    if (start >= text.length) return false;
    this.quoted = false;
    let at = start;
    for (;;) {
      if (this.#breakAt < at) this.#breakAt = this.#findBreak(at);
      if (this.#quoteAt < at) this.#quoteAt = found(text, this.#quote, at);
      const open = this.#quoteAt;
      if (open >= this.#breakAt) break;
      this.quoted = true;
      at = open + 1;
      if (open === start || text.charCodeAt(open - 1) === this.#delimiterCode) {
        at = afterClosingQuote(text, open, this.#quote ?? '', this.#escape);
        if (at === -1) return this.#unclosed();
      }
    }
    return this.#ends();
  }

  #ends(): boolean {
    const text = this.#text;
    if (this.#breakAt === text.length) {
      if (!this.#final) return false;
      this.end = text.length;
    } else {
      if (this.#lineBreak === undefined && !this.#decide()) return false;
      this.end = this.#breakAt + 1;
    }
    let contentEnd = Math.min(this.#breakAt, this.end);
    // One CR before LF, or several, as some programs on Windows write them.
    if (this.#lineBreak !== '\r') while (contentEnd > this.start && text[contentEnd - 1] === '\r') contentEnd--;
    this.contentEnd = contentEnd;
    this.#nextLine += this.quoted ? breaksWithin(text, this.start, this.end, this.#lineBreak ?? '\n') : 1;
    return true;
  }

  /** Decides by the break that was found how lines end; false where more has to be known. */
  #decide(): boolean {
    const text = this.#text;
    let at = this.#breakAt;
    while (text[at] === '\r') at++;
    if (at === text.length && !this.#final) return false;
    if (text[at] === '\n') {
      this.#lineBreak = '\n';
      this.#breakAt = at;
    } else this.#lineBreak = '\r';
    return true;
  }

  #findBreak(at: number): number {
    if (this.#lineBreak !== undefined) return found(this.#text, this.#lineBreak, at);
    return Math.min(found(this.#text, '\n', at), found(this.#text, '\r', at));
  }

  #unclosed(): false {
    if (!this.#final) return false;
    throw new FileError('unclosed-quote', 'a quote in the record that begins here is never closed', {
      line: this.line,
    });
  }
}

function found(text: string, what: string | null, at: number): number {
  const position = what === null ? -1 : text.indexOf(what, at);
  return position === -1 ? text.length : position;
}

function breaksWithin(text: string, start: number, end: number, lineBreak: string): number {
  let count = 0;
  for (let at = text.indexOf(lineBreak, start); at !== -1 && at < end; at = text.indexOf(lineBreak, at + 1)) count++;
  return count;
}
