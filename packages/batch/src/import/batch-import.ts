import type { AnyMapping } from '@uno/domain';
import { ConfigError, kindOf, ValidationError } from '@uno/postgres';
import { resolve } from 'node:path';
import type { ComputeTarget } from '../compute/compute-plan.js';
import { BatchRun } from '../engine/batch-run.js';
import type { EngineCall } from '../engine/engine-call.js';
import { withCall } from '../engine/with-call.js';
import { callMaking } from '../operations/call-making.js';
import type { BatchSource } from '../source/batch-source.js';
import { Checkpoint } from './checkpoint.js';
import { ImportColumns } from './import-columns.js';
import { ImportIntake } from './import-intake.js';
import type { ImportResult } from './import-options.js';
import { recordsToImport } from './import-reader.js';
import { type ImportRequest, operation } from './import-request.js';

export { importRequest } from './import-request.js';
import { ImportRun } from './import-run.js';

import { type FileReader, isFileReader, ndjsonRejects } from '@uno/formats';
import { RejectsFile, removePart } from './rejects-file.js';

/** A source that does not say how many records it has. */
const noArray: BatchSource<never> = new Set();

/** What an import may be made of. */
export type ImportSource = FileReader | BatchSource<unknown>;

/** Imports records; see {@link BatchOperations.batchImport}. */
export async function batchImport<M extends AnyMapping>(
  target: ComputeTarget<M>,
  request: ImportRequest<M>,
  source: ImportSource,
): Promise<ImportResult> {
  requireSource(source, request);
  return withCall(callMaking(target, operation, isFileReader(source) ? noArray : source), request.options, (call) =>
    importing(target, request, source, call),
  );
}

async function importing<M extends AnyMapping>(
  target: ComputeTarget<M>,
  request: ImportRequest<M>,
  source: ImportSource,
  call: EngineCall,
): Promise<ImportResult> {
  const { onReject, uniqueFields, updateOnConflict = false, rejects: path } = request.options;
  const intake = intakeOf(target, request);
  const checkpoint = await openCheckpoint(target, request, source, call);
  const file = isFileReader(source) ? source : undefined;
  if (checkpoint !== undefined && path === undefined) checkpoint.checkNoRejects();
  const rejects =
    path === undefined || checkpoint?.isFinished
      ? undefined
      : await RejectsFile.open(path, () => file?.rejects ?? ndjsonRejects, checkpoint?.rejects ?? []);
  const leavesAlone = uniqueFields !== undefined && updateOnConflict === false;
  const run = new ImportRun<M>({ intake, checkpoint, rejects, onReject, leavesAlone });
  const goingOn = run.goingOn(call);
  const job = request.jobOf(goingOn, run);
  run.job = job;
  let result: ImportResult;
  try {
    const records = recordsToImport(source, { intake, checkpoint });
    result = await new BatchRun(job, goingOn).run(records, (account) => run.resultOf(account.result()));
  } catch (ended) {
    const { error, rejects: more } = run.endedBy(ended, call.total);
    await rejects?.finish(more, { isDone: false, isKept: checkpoint !== undefined });
    throw error;
  }
  await rejects?.finish([], { isDone: true, isKept: checkpoint !== undefined });
  await checkpoint?.finish(target.db, call.deadline.signal);
  if (path !== undefined) await removePart(path);
  return result;
}

/** @throws ConfigError for columns of no field */
export function intakeOf<M extends AnyMapping>(
  { mapping, config }: ComputeTarget<M>,
  { options: { columns, preProcess = config.preProcess } }: ImportRequest<M>,
): ImportIntake {
  const process = preProcess as ((record: unknown, index: number) => unknown) | undefined;
  return new ImportIntake(new ImportColumns(operation, mapping, columns), process);
}

async function openCheckpoint<M extends AnyMapping>(
  { mapping, db }: ComputeTarget<M>,
  { checkpoint, options }: ImportRequest<M>,
  source: ImportSource,
  call: EngineCall,
): Promise<Checkpoint | undefined> {
  if (checkpoint === undefined) return undefined;
  const { uniqueFields, updateOnConflict, columns } = options;
  const file = isFileReader(source) ? source : undefined;
  const same = { table: mapping.tableName, format: file?.format, uniqueFields, updateOnConflict, columns };
  return Checkpoint.open(checkpoint, {
    db,
    call: JSON.stringify(same),
    path: file?.path,
    signal: call.deadline.signal,
  });
}

/**
 * @throws ValidationError for what is no source
 * @throws ConfigError for options that it does not go with
 */
export function requireSource<M extends AnyMapping>(source: unknown, { options }: ImportRequest<M>): void {
  if (isFileReader(source)) {
    const { rejects } = options;
    if (rejects !== undefined && source.path !== undefined && resolve(rejects) === resolve(source.path)) {
      throw new ConfigError(`${operation}: rejects would be written over the file that is read, ${source.path}.`);
    }
    return;
  }
  if (typeof source === 'string') {
    throw new ValidationError(
      `${operation} takes records, or a file that is read by readFile of @uno/formats, not a path.`,
    );
  }
  const isIterable =
    typeof source === 'object' && source !== null && (Symbol.asyncIterator in source || Symbol.iterator in source);
  if (!isIterable || source instanceof Uint8Array) {
    throw new ValidationError(
      `${operation} takes a file of @uno/formats, an array, an iterable, an async iterable or a stream of objects, not ${kindOf(source)}.`,
    );
  }
  if (options.columns !== undefined) {
    throw new ConfigError(
      `${operation}: columns is about the columns of a file. Name fields in the records as the mapping does.`,
    );
  }
}
