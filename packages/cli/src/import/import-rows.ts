import { stat } from 'node:fs/promises';
import { forgetCheckpoint, type ImportResult, type RejectedRecord, reasonOf } from '@uno/batch';
import { BatchError, type BatchProgress } from '@uno/domain';
import { type FileReader, formatOf } from '@uno/formats';
import { CanceledError, type Queryable } from '@uno/postgres';
import { withDatabase } from '../database/with-database.js';
import { UsageError } from '../frame/cli-errors.js';
import type { CommandContext } from '../frame/command.js';
import { ExitCode } from '../frame/exit-code.js';
import { count, duration } from '../output/quantities.js';
import { ProgressReporter } from '../progress/progress-reporter.js';
import { creatingTable } from './create-table.js';
import { connectionsOf, importCall } from './import-call.js';
import type { ImportRequest } from './import-options.js';
import { openFile } from './open-file.js';

/** So many rejected records are told of; the others are counted. */
const mostShown = 10;

/**
 * Imports a file.
 *
 * @returns `rejected` when records were left out
 * @throws UsageError for what cannot be meant
 * @throws BatchError that names the line at fault, FileError, TableNotFoundError, SourceChangedError, and so on
 */
export function importRows(request: ImportRequest, context: CommandContext): Promise<number> {
  const file = openFile(request, context);
  return withDatabase(context, connectionsOf(request), async (db) => {
    try {
      if (!request.createTable) return await importFile(db, request, file, context);
      return await creatingTable(db, request, file, context, (where, peeked) =>
        importFile(where, request, peeked, context),
      );
    } finally {
      await file.close();
    }
  });
}

async function importFile(
  db: Queryable,
  request: ImportRequest,
  file: FileReader,
  context: CommandContext,
): Promise<number> {
  const { stdout, stderr, options: global, now, signal } = context;
  const { operations, options } = await importCall(db, request, file, context);
  checkRejects(request, file);
  if (request.restart && request.resume !== undefined) await forgetCheckpoint(db, request.resume);
  const size = await sizeOf(file);
  const progress = new ProgressReporter(stderr, { label: 'importing', now });
  let shown = 0;
  const onReject = ({ line, field, reason }: RejectedRecord) => {
    shown++;
    if (shown <= mostShown) progress.note(`line ${line}${field === undefined ? '' : `, ${field}`}: ${reason}`);
  };
  const onProgress = ({ processed, failed }: BatchProgress) =>
    progress.update({ done: processed, failed, fraction: size && Math.min(1, file.bytesRead / size) });
  let result: ImportResult;
  try {
    result = await operations.batchImport(file, {
      ...options,
      onProgress,
      ...(request.skipErrors ? { onReject } : {}),
    });
  } catch (error) {
    progress.finish();
    explain(error, request, context);
    throw error;
  }
  progress.finish();
  if (shown > mostShown) stderr.write(`and ${count(shown - mostShown)} more\n`);
  signal.throwIfAborted();
  const rejects = result.failed > 0 ? request.rejects : undefined;
  if (global.json) stdout.write(`${JSON.stringify({ ...result, rejects, dryRun: request.dryRun })}\n`);
  else stdout.write(`${summary(result, request)}\n`);
  return result.failed > 0 ? ExitCode.rejected : ExitCode.done;
}

/** What the error does not say. */
function explain(error: unknown, request: ImportRequest, { stderr, options }: CommandContext): void {
  const { resume, skipErrors, maxFailures } = request;
  if (options.json) return;
  const isRecord = error instanceof BatchError && error.line !== undefined;
  if (isRecord) {
    const { line, field, cause } = error;
    stderr.write(`line ${line}${field === undefined ? '' : `, ${field}`}: ${reasonOf(cause)}\n`);
    if (maxFailures !== undefined) stderr.write(`More than ${count(maxFailures)} records failed.\n`);
  }
  if (resume === undefined || !(error instanceof BatchError || error instanceof CanceledError)) return;
  const how = isRecord && !skipErrors ? ', with --skip-errors past this record' : '';
  stderr.write(`What is done is kept: the same command goes on from there${how}.\n`);
}

/** @throws UsageError for a name of another format than that in which the records are written */
function checkRejects({ rejects }: ImportRequest, { format }: FileReader): void {
  const named = rejects === undefined ? undefined : formatOf(rejects)?.format;
  if (named === undefined || named === format) return;
  throw new UsageError(`--rejects ${rejects}: the records are written as they stand in the file, which is ${format}.`);
}

/** `1,000 records in 0:02: 990 inserted, 7 unchanged, 3 rejected (rejects.csv)`. */
function summary(result: ImportResult, { rejects, dryRun }: ImportRequest): string {
  const { total, inserted, updated, unchanged, skipped, failed, elapsedMs, resumed } = result;
  const parts = [`${count(inserted)} inserted`];
  if (updated > 0) parts.push(`${count(updated)} updated`);
  if (unchanged > 0) parts.push(`${count(unchanged)} unchanged`);
  if (skipped > 0) parts.push(`${count(skipped)} skipped`);
  if (failed > 0) parts.push(`${count(failed)} rejected${rejects === undefined ? '' : ` (${rejects})`}`);
  const earlier = resumed > 0 ? `, ${count(resumed)} of them in earlier runs` : '';
  const dry = dryRun ? ' A dry run: nothing was kept.' : '';
  return `${count(total)} records in ${duration(elapsedMs)}${earlier}: ${parts.join(', ')}.${dry}`;
}

async function sizeOf({ path }: FileReader): Promise<number | undefined> {
  if (path === undefined) return undefined;
  const { size } = await stat(path);
  return size === 0 ? undefined : size;
}
