import {
  type AnyMapping,
  BatchError,
  type BatchProgress,
  CallbackError,
  calling,
  type FailedRecord,
  type WriteResult,
} from '@uno/domain';
import { UnoError } from '@uno/postgres';
import type { ChunkReport } from '../engine/chunk.js';
import type { EngineCall } from '../engine/engine-call.js';
import type { Written } from '../operations/write-account.js';
import type { WriteJob } from '../operations/write-job.js';
import type { WorkItem } from '../shapes/work-item.js';
import type { WriteSession } from '../workspace/write-session.js';
import type { Checkpoint, ImportCounts } from './checkpoint.js';
import type { ImportIntake } from './import-intake.js';
import type { Importing } from './import-jobs.js';
import type { ImportResult } from './import-options.js';
import type { ImportRecord } from './import-record.js';
import { operation } from './import-request.js';
import { rawOf } from './raw-of.js';
import { noteOf, type RejectedRecord, rejectedRecord } from './rejected-record.js';
import type { RejectsFile, RejectsRange, WrittenReject } from './rejects-file.js';

/** What one import goes by. */
export interface ImportRunOptions {
  readonly intake: ImportIntake;
  readonly checkpoint: Checkpoint | undefined;
  readonly rejects: RejectsFile | undefined;
  readonly onReject: ((rejected: RejectedRecord) => void | PromiseLike<void>) | undefined;
  /** Whether rows that are there are left alone, which an upsert calls unchanged. */
  readonly leavesAlone: boolean;
}

/** A rejected record, and what stands in the source. */
interface Rejected {
  readonly record: ImportRecord;
  readonly reject: RejectedRecord;
}

/** Keeps the progress of an import, and sees to the records that it rejects. */
export class ImportRun<M extends AnyMapping> implements Importing {
  readonly intake: ImportIntake;
  readonly seal: Importing['seal'];
  readonly #options: ImportRunOptions;
  readonly #beganMs = performance.now();
  /** Where the rejected records of chunks lie that are not committed yet, by the first record of the chunk. */
  readonly #sealed = new Map<number, RejectsRange>();
  #job: WriteJob<M> | undefined;

  constructor(options: ImportRunOptions) {
    this.#options = options;
    this.intake = options.intake;
    const { checkpoint } = options;
    if (checkpoint !== undefined) this.seal = (session, report) => this.#seal(checkpoint, session, report);
  }

  /** The job that this is about. */
  set job(job: WriteJob<M>) {
    this.#job = job;
  }

  /** The call, as one that goes on from what was done before. */
  goingOn(call: EngineCall): EngineCall {
    const before = this.#options.checkpoint?.before;
    const { onProgress } = call;
    if (before === undefined || before.total === 0) return call;
    const told = (progress: BatchProgress) =>
      onProgress?.({
        ...progress,
        processed: progress.processed + before.total,
        failed: progress.failed + before.failed,
        skipped: progress.skipped + before.skipped,
      });
    return {
      ...call,
      maxFailures: Math.max(0, call.maxFailures - before.failed),
      onProgress: onProgress === undefined ? undefined : told,
    };
  }

  async done(report: ChunkReport<WorkItem, Written>): Promise<void> {
    const { rejects, onReject } = this.#options;
    const numbers = this.#numbersOf(report);
    const first = numbers[0];
    const rejected = this.#rejected(report.failures);
    if (rejects !== undefined && first !== undefined) {
      const range = this.#sealed.get(first) ?? { first, ...(await rejects.add(written(rejected))) };
      rejects.count(range);
      this.#sealed.delete(first);
    }
    for (const { reject } of rejected) await calling('onReject', () => onReject?.(reject));
    for (const number of numbers) this.intake.end(number);
  }

  resultOf(result: WriteResult): ImportResult {
    const before = this.#options.checkpoint?.before;
    const counts = sum(this.#counts(result), before);
    return {
      total: result.total + (before?.total ?? 0),
      ...counts,
      elapsedMs: performance.now() - this.#beganMs + (before?.elapsedMs ?? 0),
      resumed: before?.total ?? 0,
    };
  }

  /**
   * What the caller sees of an error, which names the line; records that were rejected and are in no chunk that is done are
   * given back with it.
   *
   * @param total - records in the source, or taken from it so far
   */
  endedBy(
    error: unknown,
    total = this.intake.taken,
  ): { readonly error: unknown; readonly rejects: readonly WrittenReject[] } {
    const rejected = error instanceof BatchError ? this.#rejected(error.failures) : [];
    return { error: withLine(plain(error), this.intake, total), rejects: written(rejected) };
  }

  async #seal(checkpoint: Checkpoint, session: WriteSession, report: ChunkReport<WorkItem, Written>): Promise<void> {
    const numbers = this.#numbersOf(report);
    const first = numbers[0];
    if (first === undefined) return;
    const rejected = this.#rejected(report.failures);
    const range = await (this.#options.rejects?.add(written(rejected)) ?? { from: 0, to: 0 });
    this.#sealed.set(first, { first, ...range });
    const account = this.#theJob.newAccount();
    account.add(report);
    const records = numbers.map((number) => this.#recordOf(number));
    await checkpoint.keep(session, records, this.#counts(account.result()), range);
  }

  #counts({ inserted, updated, unchanged, skipped, failed }: ImportCounts): ImportCounts {
    return this.#options.leavesAlone
      ? { inserted, updated, unchanged: 0, skipped: skipped + unchanged, failed }
      : { inserted, updated, unchanged, skipped, failed };
  }

  /** Positions of all records of a chunk, ascending. */
  #numbersOf({ pieces, dropped, failures }: ChunkReport<WorkItem, Written>): number[] {
    const numbers = pieces.flatMap(({ items }) => items.flatMap((item) => [...item.indices]));
    numbers.push(...dropped, ...failures.map(({ index }) => index));
    return numbers.sort((one, other) => one - other);
  }

  #rejected(failures: readonly FailedRecord[]): Rejected[] {
    const known = failures.flatMap((failure) => {
      const record = this.intake.find(failure.index);
      return record === undefined ? [] : [{ record, reject: rejectedRecord(failure, record) }];
    });
    return known.sort((one, other) => one.reject.index - other.reject.index);
  }

  #recordOf(number: number): ImportRecord {
    const record = this.intake.find(number);
    if (record === undefined) throw new TypeError(`Record ${number} is at its end already.`);
    return record;
  }

  get #theJob(): WriteJob<M> {
    if (this.#job === undefined) throw new TypeError('The job is made before anything is done.');
    return this.#job;
  }
}

function written(rejected: readonly Rejected[]): WrittenReject[] {
  return rejected.map(({ record, reject }) => ({
    raw: record.entry?.raw ?? rawOf(record.input),
    note: noteOf(reject),
  }));
}

function sum(one: ImportCounts, other: ImportCounts | undefined): ImportCounts {
  if (other === undefined) return one;
  return {
    inserted: one.inserted + other.inserted,
    updated: one.updated + other.updated,
    unchanged: one.unchanged + other.unchanged,
    skipped: one.skipped + other.skipped,
    failed: one.failed + other.failed,
  };
}

/** What a file, or what is known of it, throws is no source of the caller's that fails. */
function plain(error: unknown): unknown {
  const isSource = error instanceof CallbackError && error.callback === 'source';
  return isSource && UnoError.is(error.cause) ? error.cause : error;
}

function withLine(error: unknown, intake: ImportIntake, total: number): unknown {
  if (!(error instanceof BatchError)) return error;
  const record = error.index === undefined ? undefined : intake.find(error.index);
  const line = record?.entry?.line;
  const cause = plain(error.cause);
  return new BatchError({
    operation,
    entity: error.entity,
    total,
    index: error.index,
    key: error.key,
    line,
    cause: UnoError.is(cause) ? cause : error.cause,
    written: error.written,
    unknown: error.unknown,
    failures: error.failures,
  });
}
