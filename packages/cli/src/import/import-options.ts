import { type Command, Option } from 'commander';
import { UsageError } from '../frame/cli-errors.js';

/** What `uno import` and `uno plan` are asked for. */
export interface ImportRequest {
  /** The path of a file, or `-` for stdin. */
  readonly file: string;
  readonly table: string;
  readonly unique?: readonly string[] | undefined;
  readonly update: boolean;
  readonly skipErrors: boolean;
  readonly rejects?: string | undefined;
  readonly maxFailures?: number | undefined;
  readonly resume?: string | undefined;
  readonly restart: boolean;
  readonly parallel?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly map: readonly string[];
  readonly dryRun: boolean;
  readonly createTable: boolean;
  readonly format?: 'csv' | 'ndjson' | 'json' | undefined;
  readonly delimiter?: string | undefined;
  readonly encoding?: 'utf-8' | 'latin1' | 'utf-16le' | undefined;
  readonly nullText?: string | undefined;
  readonly header?: readonly string[] | undefined;
}

/** As commander gives them. */
export type ParsedOptions = Omit<Partial<ImportRequest>, 'file'>;

/** Declares what a file is imported by. */
export function declareOptions(command: Command): Command {
  return command
    .argument('<file>', 'CSV, TSV, NDJSON or JSON, also with .gz; - is stdin')
    .requiredOption('--table <table>', 'as in SQL: city, geo.city, or \'"City"\' with the quotes')
    .addOption(listed('--unique <columns>', 'columns that tell whether a row is there already: a,b'))
    .option('--update', 'update rows that are there; otherwise they are left alone')
    .option('--skip-errors', 'leave out records that cannot be imported, and import the others')
    .option('--rejects <file>', 'where to write them, with line, column and reason, to be mended and imported')
    .addOption(whole('--max-failures <n>', 'give up after more of them'))
    .option('--resume <name>', 'commit chunk by chunk, and go on under this name where an earlier run has stopped')
    .option('--restart', 'forget what is kept under the name of --resume, and begin anew')
    .addOption(whole('--parallel <n>', 'so many chunks at a time, each on a connection of its own'))
    .addOption(whole('--batch-size <n>', 'records in a chunk'))
    .option(
      '--map <file=column>',
      'what a column of the file is for; nothing after = passes it over (repeatable)',
      (one, all: readonly string[]) => [...all, one],
      [],
    )
    .addOption(
      new Option('--format <format>', 'by the name of the file if not said').choices(['csv', 'ndjson', 'json']),
    )
    .option('--delimiter <character>', 'between the cells of CSV; a comma if not said, \\t for a tab')
    .addOption(new Option('--encoding <encoding>', 'of CSV').choices(['utf-8', 'latin1', 'utf-16le']))
    .option('--null-text <text>', 'what a cell of CSV without quotes says for NULL; nothing if not said')
    .addOption(listed('--header <columns>', 'names of the columns of a CSV file that has none in its first line'));
}

function listed(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text) => {
    const names = text.split(',').map((name) => name.trim());
    if (names.includes('')) throw new UsageError(`${flags.split(' ')[0]} takes names with commas between them.`);
    return names;
  });
}

function whole(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text) => {
    const least = flags.startsWith('--max') ? 0 : 1;
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least) return number;
    throw new UsageError(`${flags.split(' ')[0]} takes a whole number from ${least}, not ${text}.`);
  });
}

/** @throws UsageError for options that do not go together */
export function requestOf(file: string, options: ParsedOptions): ImportRequest {
  const request: ImportRequest = {
    update: false,
    skipErrors: false,
    map: [],
    dryRun: false,
    restart: false,
    createTable: false,
    table: '',
    ...options,
    file,
  };
  if (request.update && request.unique === undefined) {
    throw new UsageError('--update needs --unique, which tells whether a row is there.');
  }
  if (request.rejects !== undefined && !request.skipErrors) throw new UsageError('--rejects needs --skip-errors.');
  if (request.rejects?.toLowerCase().endsWith('.gz'))
    throw new UsageError('--rejects is not compressed: leave .gz out.');
  if (request.restart && request.resume === undefined) throw new UsageError('--restart needs the name of --resume.');
  if (request.resume === '') throw new UsageError('--resume takes a name.');
  if (request.maxFailures !== undefined && !request.skipErrors) {
    throw new UsageError('--max-failures needs --skip-errors.');
  }
  if (request.dryRun && (request.resume !== undefined || request.parallel !== undefined)) {
    throw new UsageError('--dry-run is one transaction that is taken back: leave --resume and --parallel out.');
  }
  return request;
}
