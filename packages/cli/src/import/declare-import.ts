import type { CommandDeclaration } from '../frame/command.js';
import { declareOptions, type ParsedOptions, requestOf } from './import-options.js';
import { importRows } from './import-rows.js';

export const declareImport: CommandDeclaration = (program, perform) => {
  const command = program
    .command('import')
    .summary('take the records of a file into a table')
    .description(
      'Takes the records of a CSV, NDJSON or JSON file into a table: all of them or none, unless --skip-errors, --resume or --parallel says otherwise. Types are those of the table.',
    );
  declareOptions(command)
    .option('--dry-run', 'do everything, and take it back')
    .option('--create-table', 'create the table, with types that the first records fit')
    .action((file: string, options: ParsedOptions) =>
      perform((context) => importRows(requestOf(file, options), context)),
    );
};
