import { readTable } from '@uno/domain';
import { copyOut, type Queryable } from '@uno/postgres';
import { withDatabase } from '../database/with-database.js';
import { UsageError } from '../frame/cli-errors.js';
import type { CommandContext } from '../frame/command.js';
import { ExitCode } from '../frame/exit-code.js';
import { bytes, count, duration } from '../output/quantities.js';
import { ProgressReporter } from '../progress/progress-reporter.js';
import { type Destination, toFile, toStream } from './destination.js';
import { checkNames, copyOf, type ExportFormat, queryOfTable, queryOfText } from './export-query.js';

/** What `uno export` is asked for. */
export interface ExportRequest {
  readonly table?: string | undefined;
  readonly query?: string | undefined;
  readonly format?: ExportFormat | undefined;
  readonly out?: string | undefined;
  readonly gzip: boolean;
}

/** What came of it; `bytes` before they are compressed. */
interface Exported {
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Writes the rows of a table or query by one COPY, in a transaction that only reads, in constant memory: whoever is slow
 * to take them holds the server back.
 *
 * @throws UsageError for what cannot be meant
 * @throws TableNotFoundError, and whatever PostgreSQL refuses; a file is not there then, or is as it was
 */
export async function exportRows(request: ExportRequest, context: CommandContext): Promise<number> {
  check(request, context);
  const { stdout, stderr, options, now } = context;
  const { out } = request;
  const begun = now();
  const format = request.format ?? formatOf(out);
  const done = await withDatabase(context, 1, (db) =>
    db
      .transaction()
      .setAccessMode('read only')
      .execute((transaction) => copyTo(transaction, request, format, context)),
  );
  if (out === undefined) return ExitCode.done;
  const elapsedMs = Math.round(now() - begun);
  if (options.json) stdout.write(`${JSON.stringify({ ...done, file: out, format, elapsedMs })}\n`);
  else stderr.write(`${count(done.rows)} rows, ${bytes(done.bytes)}, to ${out} in ${duration(elapsedMs)}\n`);
  return ExitCode.done;
}

function check({ table, query, out, gzip, format }: ExportRequest, { options, stdout }: CommandContext): void {
  if (table === undefined && query === undefined) throw new UsageError('Name a table to export, or say --query.');
  if (table !== undefined && query !== undefined) throw new UsageError('Name a table or say --query, not both.');
  if (query !== undefined && queryOfText(query) === '') throw new UsageError('--query is empty.');
  if (out === '') throw new UsageError('--out is empty.');
  if (format === undefined && /\.(tsv|json)(\.gz)?$/i.test(out ?? '')) {
    throw new UsageError(`${out} is called as what is not written: name a .csv or .ndjson file, or say --format.`);
  }
  if (out !== undefined) return;
  if (options.json) {
    throw new UsageError('--json prints an object on stdout, where the rows go: name a file for them with --out.');
  }
  if (gzip && stdout.isTTY) throw new UsageError('Compressed rows are nothing for a terminal: name a file with --out.');
}

function formatOf(out = ''): ExportFormat {
  return /\.(ndjson|jsonl)(\.gz)?$/i.test(out) ? 'ndjson' : 'csv';
}

async function copyTo(
  db: Queryable,
  request: ExportRequest,
  format: ExportFormat,
  context: CommandContext,
): Promise<Exported> {
  const { signal } = context;
  const query = await queryOf(db, request, format, signal);
  const destination = await open(request, context);
  const progress = progressOf(request, context);
  let taken = 0;
  try {
    const { rows } = await copyOut(
      db,
      copyOf(query, format),
      (piece) => {
        taken += piece.length;
        progress?.update({ done: taken });
        return destination.write(piece);
      },
      { signal },
    );
    await destination.complete();
    return { rows, bytes: taken };
  } catch (error) {
    await destination.discard();
    throw error;
  } finally {
    progress?.finish();
  }
}

async function queryOf(
  db: Queryable,
  { table, query = '' }: ExportRequest,
  format: ExportFormat,
  signal: AbortSignal,
): Promise<string> {
  if (table !== undefined) return queryOfTable(await readTable(db, table, { signal }));
  const text = queryOfText(query);
  if (format === 'ndjson') await checkNames(db, text, signal);
  return text;
}

function open({ out, gzip }: ExportRequest, { stdout, signal }: CommandContext): Promise<Destination> {
  if (out === undefined) return Promise.resolve(toStream(stdout, { gzip, signal }));
  return toFile(out, { gzip: gzip || out.endsWith('.gz'), signal });
}

/** None where it would be among the rows. */
function progressOf({ out }: ExportRequest, { stdout, stderr, now }: CommandContext): ProgressReporter | undefined {
  if (out === undefined && stdout.isTTY) return undefined;
  return new ProgressReporter(stderr, { label: 'exporting', written: bytes, now });
}
