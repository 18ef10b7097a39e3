import { Option } from 'commander';
import type { CommandDeclaration } from '../frame/command.js';
import type { ExportFormat } from './export-query.js';
import { exportRows } from './export-rows.js';

interface Options {
  readonly query?: string;
  readonly format?: ExportFormat;
  readonly out?: string;
  readonly gzip?: boolean;
}

export const declareExport: CommandDeclaration = (program, perform) => {
  program
    .command('export')
    .summary('write the rows of a table or query as CSV or NDJSON')
    .description(
      'Writes the rows of a table, or of a query, as CSV or NDJSON, to stdout or into a file. It reads only: what writes is refused.',
    )
    .argument('[table]', 'as in SQL: city, geo.city, or \'"City"\' with the quotes')
    .option('--query <sql>', 'what to export instead of a table')
    .addOption(
      new Option('--format <format>', 'by the name of the file if not said, else csv').choices(['csv', 'ndjson']),
    )
    .option('--out <file>', 'a file to write, which is there when all of it is; stdout if not said')
    .option('--gzip', 'compress it; files that end in .gz are')
    .action((table: string | undefined, options: Options) =>
      perform((context) => exportRows({ table, gzip: false, ...options }, context)),
    );
};
