import { type BatchConfig, type BatchImportFileOptions, BatchOperations } from '@uno/batch';
import { type AnyMapping, keyColumns, mappingOf, readTable, type TableDescription, uniqueSets } from '@uno/domain';
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
  const columns = matchColumns(mapping, header?.columns, request);
  checkUnique(table, request, header && columns);
  const { unique, update, skipErrors, rejects, maxFailures, resume, parallel, dryRun, batchSize } = request;
  const config: BatchConfig = parallel === undefined ? {} : { maxWorkers: parallel };
  return {
    operations: new BatchOperations({ table: mapping, db, config }),
    options: {
      columns,
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

/** @throws UsageError for columns that are not unique together, or that the file does not have */
function checkUnique(
  table: TableDescription,
  { unique }: ImportRequest,
  matched: Readonly<Record<string, string | null>> | undefined,
): void {
  if (unique === undefined || table.kind === 'view') return;
  const names = unique.map((name) => columnOf(table, name));
  const sets = [...(keyColumns(table) === undefined ? [] : [keyColumns(table) ?? []]), ...uniqueSets(table)];
  const isOne = sets.some((set) => set.length === names.length && set.every((name) => names.includes(name)));
  if (!isOne) {
    const known = [...new Set(sets.map((set) => `--unique ${set.join(',')}`))].join(', ') || 'none';
    throw new UsageError(
      `--unique: no unique constraint or index of ${table.sqlName} is over ${names.join(', ')} and all rows. There is: ${known}.`,
    );
  }
  const given = matched === undefined ? undefined : new Set(Object.values(matched));
  const missing = names.find((name) => given !== undefined && !given.has(name) && !given.has(`${name}_`));
  if (missing === undefined) return;
  throw new UsageError(`--unique: the file has no column for "${missing}", by which rows are found.`);
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
