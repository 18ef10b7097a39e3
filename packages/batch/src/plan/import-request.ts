import type { AnyMapping } from '@uno/domain';
import type { ComputeTarget } from '../compute/compute-plan.js';
import { type ImportSource, intakeOf, requireSource } from '../import/batch-import.js';
import { keepingSteps } from '../import/checkpoint.js';
import { recordsToImport } from '../import/import-reader.js';
import type { ImportRecord } from '../import/import-record.js';
import { type ImportRequest, operation } from '../import/import-request.js';

export { importRequest } from '../import/import-request.js';
import { SkippedRecords } from '../source/skipped-records.js';
import type { Written, WriteAccount } from '../operations/write-account.js';
import type { WorkItem } from '../shapes/work-item.js';
import type { PlanRequest } from './plan-call.js';
import { isFileReader } from '@uno/formats';

/** What depends on how far it has come. */
const checkpointNote =
  'The checkpoint is looked up before, made or taken over, and completed after: five statements or so that are not listed here. What earlier runs have done is not sent again.';

/**
 * An import that is to be planned. A file is read to its end, and kept in memory; of other sources only an array is.
 *
 * @throws ConfigError, ValidationError for what is no source
 */
export async function plannedImport<M extends AnyMapping>(
  target: ComputeTarget<M>,
  request: ImportRequest<M>,
  source: ImportSource,
): Promise<
  Pick<PlanRequest<M, WorkItem, Written, WriteAccount<M>>, 'request' | 'source' | 'feed' | 'records' | 'notes'>
> {
  requireSource(source, request);
  const { checkpoint } = request;
  const intake = intakeOf(target, request);
  const isRead = isFileReader(source) || Array.isArray(source);
  const records: ImportRecord[] = [];
  if (isRead) {
    for await (const block of recordsToImport(source, { intake, checkpoint: undefined })) {
      if (!(block instanceof SkippedRecords)) for (const record of block.records) records.push(record);
    }
  }
  return {
    request: {
      operation,
      options: request.options,
      jobOf: (call) =>
        request.jobOf(call, {
          intake,
          sealSteps: checkpoint && (() => keepingSteps(checkpoint)),
          done: async () => undefined,
        }),
    },
    ...(checkpoint === undefined ? {} : { notes: [checkpointNote] }),
    // Nothing but that it can be iterated is asked of it.
    source: records.values(),
    feed: () => (isRead ? records.values() : undefined),
    ...(isRead ? { records: records.length } : {}),
  };
}
