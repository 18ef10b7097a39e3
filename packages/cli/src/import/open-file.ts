import { type CsvOptions, type FileReader, formatOf, readCsv, readJson, readNdjson } from '@uno/formats';
import { UsageError } from '../frame/cli-errors.js';
import type { CommandContext } from '../frame/command.js';
import type { ImportRequest } from './import-options.js';

type FileRequest = Pick<ImportRequest, 'file' | 'format' | 'delimiter' | 'encoding' | 'nullText' | 'header'>;

/**
 * The file that a command names, to be read.
 *
 * @throws UsageError where nothing says its format
 */
export function openFile(request: FileRequest, { stdin }: Pick<CommandContext, 'stdin'>): FileReader {
  const { file, delimiter, encoding, nullText, header } = request;
  const named = file === '-' ? undefined : formatOf(file);
  const format = request.format ?? named?.format;
  const source = file === '-' ? stdin : file;
  const ofCsv: CsvOptions = {
    delimiter: delimiter === '\\t' ? '\t' : (delimiter ?? named?.delimiter),
    encoding,
    nullText,
    header,
  };
  switch (format) {
    case 'csv':
      return readCsv(source, ofCsv);
    case 'ndjson':
    case 'json': {
      const said = Object.entries({ delimiter, encoding, nullText, header }).find(([, value]) => value !== undefined);
      if (said !== undefined) throw new UsageError(`${file} is ${format}, and such options are about CSV: ${said[0]}.`);
      return format === 'ndjson' ? readNdjson(source) : readJson(source);
    }
    case undefined:
      throw new UsageError(
        file === '-'
          ? 'Say with --format what comes from stdin: csv, ndjson or json.'
          : `The name ${file} does not say what the file is. Say --format csv, ndjson or json.`,
      );
  }
}
