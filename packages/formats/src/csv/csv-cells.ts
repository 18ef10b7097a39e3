import { CsvError, parse } from 'csv-parse/sync';
import { afterClosingQuote } from './closing-quote.js';
import type { ResolvedDialect } from './csv-options.js';

/** The cells of a record. */
export type Cells = (string | null)[];

/** A {@link RecordFault} of a cell, counted from 0. */
export interface CellFault {
  readonly reason: string;
  readonly cell?: number;
}

/** Takes records of CSV apart. */
export class CsvCells {
  readonly #dialect: ResolvedDialect;

  constructor(dialect: ResolvedDialect) {
    this.#dialect = dialect;
  }

  /**
   * The cells of a record that has no quotes, or whose cells all are in quotes with no further quote in them; `undefined`
   * for other records. csv-parse would say the same in several times the time: it looks at each byte by itself.
   */
  simple(content: string, hasQuotes: boolean): Cells | undefined {
    const { delimiter, quote, escape: escapedBy, nullText } = this.#dialect;
    if (hasQuotes && quote !== null) {
      if (content.length < 2 || !content.startsWith(quote) || !content.endsWith(quote)) return undefined;
      const cells = content.slice(1, -1).split(`${quote}${delimiter}${quote}`);
      return cells.some((cell) => cell.includes(quote) || cell.includes(escapedBy)) ? undefined : cells;
    }
    const cells: Cells = content.split(delimiter);
    for (let i = 0; i < cells.length; i++) if (cells[i] === nullText) cells[i] = null;
    return cells;
  }

  /** The cells of records of any kind, or why one has none, in their order. */
  parsed(contents: readonly string[]): (Cells | CellFault)[] {
    if (contents.length === 0) return [];
    try {
      const records = this.#parse(contents.join('\n'));
      if (records.length === contents.length)
        return records.map((cells, i) => this.#withNulls(cells, contents[i] ?? ''));
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
    }
    // One of them is at fault.
    return contents.map((content) => this.#one(content));
  }

  #one(content: string): Cells | CellFault {
    try {
      const [cells, more] = this.#parse(content);
      if (cells === undefined || more !== undefined) {
        return { reason: 'there is a line break outside of quotes that is not like those before' };
      }
      return this.#withNulls(cells, content);
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      return faultOf(error);
    }
  }

  #parse(content: string): string[][] {
    const { delimiter, quote, escape: escapedBy } = this.#dialect;
    return parse(content, {
      delimiter,
      quote,
      escape: escapedBy,
      record_delimiter: '\n',
      relax_column_count: true,
      bom: false,
      columns: false,
    });
  }

  /** csv-parse does not tell `""` from nothing unless it calls a function for each cell, which takes ten times as long. */
  #withNulls(cells: string[], content: string): Cells {
    const { delimiter, quote, escape: escapedBy, nullText } = this.#dialect;
    if (quote === null || !cells.includes(nullText)) return cells;
    let at = 0;
    return cells.map((cell) => {
      const isQuoted = content[at] === quote;
      const end = isQuoted ? afterClosingQuote(content, at, quote, escapedBy) : content.indexOf(delimiter, at);
      at = end === -1 ? content.length : end + 1;
      return !isQuoted && cell === nullText ? null : cell;
    });
  }
}

/** Its own messages repeat what is in the record. */
function faultOf(error: CsvError): CellFault {
  const cell = typeof error['column'] === 'number' ? { cell: error['column'] } : {};
  switch (error.code) {
    case 'CSV_INVALID_CLOSING_QUOTE':
      return { reason: 'a closing quote is followed by something else than a delimiter', ...cell };
    case 'INVALID_OPENING_QUOTE':
      return { reason: 'there is a quote within a cell that does not begin with one', ...cell };
    default:
      return { reason: `it cannot be parsed (${error.code})`, ...cell };
  }
}
