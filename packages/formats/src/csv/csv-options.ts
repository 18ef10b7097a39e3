import { ConfigError } from '@uno/postgres';
import { checkOptions, either, flag, listOfNames, type OptionChecks, oneCharacter, oneOf } from '../option-checks.js';
import { type ReadOptions, readOptionChecks } from '../read-options.js';

/** How cells are written in CSV, for reading and for writing. What is `undefined` is not said. */
export interface CsvDialect {
  /** Between cells: `,` if not said; often `\t`, `;` or `|`. */
  readonly delimiter?: string | undefined;
  /** Before a quote, or an escape, within quotes; the quote itself if not said. */
  readonly escape?: string | undefined;
  /**
   * What a cell without quotes says for null; nothing (`''`) if not said, as in PostgreSQL's COPY. A quoted cell is never
   * null: `""` is the empty text.
   */
  readonly nullText?: string | undefined;
}

/** How a file's bytes are text. `latin1` is ISO 8859-1. */
export type CsvEncoding = 'utf-8' | 'latin1' | 'utf-16le';

/** How a CSV file is read. */
export interface CsvOptions extends CsvDialect, ReadOptions {
  /** Around cells: `"` if not said; `null` where no character is a quote. */
  readonly quote?: string | null | undefined;
  /** `true`, the default: the first record has the columns' names. A list of names: there is no such record. */
  readonly header?: true | readonly string[] | undefined;
  /** `utf-8` if not said, or what a byte-order mark says. */
  readonly encoding?: CsvEncoding | undefined;
}

/** A {@link CsvDialect} with everything said. */
export interface ResolvedDialect {
  readonly delimiter: string;
  readonly quote: string | null;
  readonly escape: string;
  readonly nullText: string;
}

const dialectChecks: OptionChecks<CsvDialect> = {
  delimiter: oneCharacter,
  escape: oneCharacter,
  nullText: {
    takes: 'a text without line breaks',
    allows: (value) => typeof value === 'string' && !/[\r\n]/.test(value),
  },
};

const noQuote = oneOf(null);
const readChecks: OptionChecks<CsvOptions> = {
  ...readOptionChecks,
  ...dialectChecks,
  quote: either(oneCharacter, { ...noQuote, takes: 'null' }),
  header: either({ takes: 'true', allows: (value) => value === true }, listOfNames),
  encoding: oneOf('utf-8', 'latin1', 'utf-16le'),
};

/** How a CSV file is written. */
export interface CsvWriteOptions extends CsvDialect {
  /** Around cells that need it: `"` if not said. */
  readonly quote?: string | undefined;
  /** Whether the first record has the columns' names; `true` if not said. */
  readonly header?: boolean | undefined;
  /** At the end of each record: `\n` if not said. RFC 4180 says `\r\n`. */
  readonly lineBreak?: '\n' | '\r\n' | undefined;
}

const writeChecks: OptionChecks<CsvWriteOptions> = {
  ...dialectChecks,
  quote: oneCharacter,
  header: flag,
  lineBreak: { takes: "'\\n' or '\\r\\n'", allows: (value) => value === '\n' || value === '\r\n' },
};

/** @throws ConfigError for options that are unknown, wrong, or contradict each other */
export function readDialect(where: string, options: CsvOptions): ResolvedDialect {
  checkOptions(where, options, readChecks);
  return resolved(where, options, options.quote === undefined ? '"' : options.quote);
}

/** @throws ConfigError for options that are unknown, wrong, or contradict each other */
export function writeDialect(where: string, options: CsvWriteOptions): ResolvedDialect & { readonly quote: string } {
  checkOptions(where, options, writeChecks);
  const quote = options.quote ?? '"';
  return { ...resolved(where, options, quote), quote };
}

function resolved(where: string, options: CsvDialect, quote: string | null): ResolvedDialect {
  const { delimiter = ',', escape: escapedBy = quote ?? '"', nullText = '' } = options;
  if (quote === null && options.escape !== undefined) {
    throw new ConfigError(`${where}: escape has no meaning without a quote.`);
  }
  if (delimiter === quote || (quote !== null && delimiter === escapedBy)) {
    throw new ConfigError(`${where}: delimiter, quote and escape cannot be the same: ${JSON.stringify(delimiter)}.`);
  }
  if (nullText.includes(delimiter) || (quote !== null && nullText.includes(quote))) {
    throw new ConfigError(`${where}: nullText contains the delimiter or the quote.`);
  }
  return Object.freeze({ delimiter, quote, escape: escapedBy, nullText });
}
