import { type BatchConfig, type BatchImportFileOptions, BatchOperations } from '@uno/batch';
import { type AnyMapping, mappingOf, readTable } from '@uno/domain';
import type { FileReader } from '@uno/formats';
import type { Queryable } from '@uno/postgres';
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
  const mapping = mappingOf(await readTable(db, request.table, { signal }));
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

/** Connections that an import takes at most: one is left to others, and one does what is not of a chunk. */
export function connectionsOf({ parallel = 1 }: Pick<ImportRequest, 'parallel'>): number {
  return parallel + 2;
}
