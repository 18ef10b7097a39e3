import { ConfigError } from '@uno/postgres';
import type { CsvOptions } from './csv/csv-options.js';
import { readCsv } from './csv/read-csv.js';
import type { FileFormat, FileReader } from './file-reader.js';
import type { JsonOptions } from './json/json-options.js';
import { readJson, readNdjson } from './json/read-json.js';
import { pathOf } from './source/byte-source.js';

/** What a file's name says of it. */
export interface NamedFormat {
  readonly format: FileFormat;
  /** Of CSV only. */
  readonly delimiter?: string;
}

const byExtension = new Map<string, NamedFormat>([
  ['csv', { format: 'csv', delimiter: ',' }],
  ['tsv', { format: 'csv', delimiter: '\t' }],
  ['ndjson', { format: 'ndjson' }],
  ['jsonl', { format: 'ndjson' }],
  ['json', { format: 'json' }],
]);

/** The extensions that are known; `.gz` may follow each. */
export const fileExtensions: readonly string[] = Object.freeze([...byExtension.keys()].map((name) => `.${name}`));

/**
 * The format that the name of a file says, by its extension ({@link fileExtensions}), with or without `.gz` behind;
 * `undefined` where it says none.
 *
 * @example
 * ```ts
 * formatOf('cities.tsv.gz'); // { format: 'csv', delimiter: '\t' }
 * ```
 */
export function formatOf(path: string): NamedFormat | undefined {
  const [, extension = ''] = /\.([a-z]+)(?:\.gz)?$/i.exec(path) ?? [];
  return byExtension.get(extension.toLowerCase());
}

/**
 * Reads a file in the format that its name says.
 *
 * @param options - of the format; the delimiter of CSV is the name's if not said
 * @throws ConfigError for a name that says no format, or options of another one
 * @example
 * ```ts
 * const reader = readFile('cities.ndjson.gz');
 * ```
 */
export function readFile(file: string | URL, options: CsvOptions | JsonOptions = {}): FileReader {
  const path = pathOf(file) ?? '';
  const named = formatOf(path);
  switch (named?.format) {
    case 'csv':
      return readCsv(file, { delimiter: named.delimiter, ...options });
    case 'ndjson':
      return readNdjson(file, options);
    case 'json':
      return readJson(file, options);
    case undefined:
      throw new ConfigError(
        `The name of ${path} says no format. Known are ${fileExtensions.join(', ')}, each with or without .gz; or use readCsv, readNdjson or readJson.`,
      );
  }
}
