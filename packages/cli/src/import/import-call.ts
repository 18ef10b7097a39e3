import { type BatchConfig, type BatchImportFileOptions, BatchOperations } from '@uno/batch';
import { type AnyMapping, mappingOf, readTable, type TableDescription } from '@uno/domain';
import type { FileReader } from '@uno/formats';
import type { Queryable } from '@uno/postgres';
import { UsageError } from '../frame/cli-errors.js';
import type { CommandContext } from '../frame/command.js';
import type { ImportRequest } from './import-options.js';
import { fieldOf, matchColumns } from './match-columns.js';

/** A call of `batchImport` that a command line comes to. */
export interface ImportCall {
  readonly operations: BatchOperations<AnyMapping>;
  readonly options: BatchImportFileOptions<AnyMapping>;
}

/**
 * @throws UsageError for columns that are not there
 * @throws FileError for what cannot be opened, TableNotFoundError
 */
export async function importCall(
  db: Queryable,
  request: ImportRequest,
  file: FileReader,
  { signal }: Pick<CommandContext, 'signal'>,
): Promise<ImportCall> {
  const table = await readTable(db, request.table, { signal });
  // What tells rows apart is not written to those that are there.
  const mapping = mappingOf(table, { otherwiseKey: request.unique?.map((name) => columnOf(table, name)) });
  const header = await file.open();
  const { unique, update, skipErrors, rejects, maxFailures, resume, parallel, dryRun, batchSize } = request;
  const config: BatchConfig = parallel === undefined ? {} : { maxWorkers: parallel };
  return {
    operations: new BatchOperations({ table: mapping, db, config }),
    options: {
      columns: matchColumns(mapping, header?.columns, request),
      uniqueFields: unique?.map((column) => fieldOf(mapping, column, '--unique')),
      updateOnConflict: update ? true : undefined,
      onRecordError: skipErrors ? 'skip' : undefined,
      rejects,
      maxFailures,
      checkpoint: resume,
      parallel: parallel === undefined ? undefined : parallel > 1,
      dryRun: dryRun ? true : undefined,
      batchSize,
      signal,
    },
  };
}

/** @throws UsageError for a column that the table does not have */
function columnOf({ columns, sqlName }: TableDescription, name: string): string {
  const found =
    columns.find((column) => column.name === name) ??
    columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found.name;
  const known = columns.map((column) => column.name).join(', ');
  throw new UsageError(`--unique: ${sqlName} has no column "${name}". It has: ${known}.`);
}

/** Connections that an import takes at most: one is left to others, and one does what is not of a chunk. */
export function connectionsOf({ parallel = 1 }: Pick<ImportRequest, 'parallel'>): number {
  return parallel + 2;
}
