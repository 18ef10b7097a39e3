import { type FailedRecord, type Identity, IndexRanges } from '@uno/domain';
import type { Account, BatchJob, Prepared, Verdict } from '../engine/batch-job.js';
import type { ChunkReport, ChunkSource, Entry, Resolved } from '../engine/chunk.js';
import type { Step } from '../engine/step.js';
import type { PlannedJob } from './planned-job.js';
import type { Rehearsal, RehearsalSession } from './rehearsal.js';

/** What is sent of some records of a chunk. */
type Steps = readonly Step[];

/** What is known of a chunk that was rehearsed. */
export interface RehearsedChunk {
  /** Items, of which one may stand for several records. */
  readonly items: number;
  readonly records: number;
  readonly steps: Steps;
  readonly failures: readonly FailedRecord[];
  /** The position of its first record. */
  readonly first: number;
}

/** The chunks of a call that was rehearsed. Nothing of it is written. */
export class RehearsedAccount<I> implements Account<I, Steps> {
  readonly written = new IndexRanges();
  readonly skipped = 0;
  readonly individually = 0;
  readonly chunks: RehearsedChunk[] = [];
  readonly #indicesOf: (item: I) => readonly number[];

  constructor(indicesOf: (item: I) => readonly number[]) {
    this.#indicesOf = indicesOf;
  }

  get failures(): readonly FailedRecord[] {
    return this.chunks.flatMap(({ failures }) => failures);
  }

  get failed(): number {
    return this.chunks.reduce((sum, { failures }) => sum + failures.length, 0);
  }

  get processed(): number {
    return this.chunks.reduce((sum, { records, failures }) => sum + records + failures.length, 0);
  }

  add({ pieces, failures }: ChunkReport<I, Steps>): void {
    let items = 0;
    let records = 0;
    let first = Number.POSITIVE_INFINITY;
    for (const piece of pieces) {
      items += piece.items.length;
      for (const item of piece.items) {
        const indices = this.#indicesOf(item);
        records += indices.length;
        first = Math.min(first, indices[0] ?? first);
      }
    }
    if (items + failures.length === 0) return;
    this.chunks.push({ items, records, steps: pieces.flatMap(({ value }) => value), failures, first });
  }

  take(part: RehearsedAccount<I>): void {
    for (const chunk of part.chunks) this.chunks.push(chunk);
  }
}

/** A job of which nothing is sent: records are read, folded, cut and encoded as ever, and that is all. */
export class RehearsedJob<I, V, A extends Account<I, V>>
  implements BatchJob<RehearsalSession, unknown, I, Steps, RehearsedAccount<I>>
{
  readonly isIdempotent: boolean;
  readonly workspace: Rehearsal;
  readonly preProcess?: (record: unknown) => unknown;
  readonly fold?: (items: readonly I[]) => readonly I[];
  readonly foldedBy?: (item: I) => Identity | undefined;
  readonly resolve?: (items: readonly I[]) => Promise<Resolved<I>>;
  readonly postProcess?: () => Promise<void>;
  readonly seal?: (session: RehearsalSession) => Promise<void>;
  readonly begin?: (
    session: RehearsalSession,
    source: ChunkSource<I, Prepared<RehearsalSession, Steps>>,
  ) => Promise<void>;
  readonly finish?: (session: RehearsalSession, account: RehearsedAccount<I>) => Promise<void>;
  readonly #job: PlannedJob<I, V, A>;

  constructor(job: PlannedJob<I, V, A>, rehearsal: Rehearsal) {
    const { begin, finish, fold, foldedBy, resolve, sealSteps } = job;
    this.#job = job;
    this.workspace = rehearsal;
    this.isIdempotent = job.isIdempotent;
    // Functions of the caller's are not called; that there are some makes a difference all the same.
    if (job.preProcess !== undefined) this.preProcess = (record) => record ?? undefined;
    if (job.postProcess !== undefined) this.postProcess = async () => undefined;
    if (fold !== undefined) this.fold = fold.bind(job);
    if (foldedBy !== undefined) this.foldedBy = foldedBy.bind(job);
    if (resolve !== undefined) {
      this.resolve = async (items) => {
        const steps = job.resolveSteps?.(items) ?? [];
        rehearsal.before.push(...steps);
        rehearsal.sent(steps, !rehearsal.isJoined);
        return resolve.call(job, items);
      };
    }
    if (sealSteps !== undefined) {
      this.seal = async ({ isAlone }) => {
        const steps = sealSteps.call(job);
        rehearsal.sealing.push(...steps);
        rehearsal.sent(steps, isAlone);
      };
    }
    if (begin !== undefined) {
      this.begin = (session, { isAtHand }) =>
        session.aside(rehearsal.before, (one) => begin.call(job, one, { ...noChunks, isAtHand }, false));
    }
    if (finish !== undefined) {
      this.finish = (session, { failures }) => {
        const account = job.newAccount();
        account.add({ pieces: [], dropped: [], failures, individually: 0 });
        return session.aside(rehearsal.after, (one) => finish.call(job, one, account));
      };
    }
  }

  async ready(): Promise<void> {
    await this.#job.ready?.();
  }

  read(entry: Entry<unknown>): I {
    return this.#job.read(entry);
  }

  partsOf(item: I): readonly I[] {
    return this.#job.partsOf(item);
  }

  indicesOf(item: I): readonly number[] {
    return this.#job.indicesOf(item);
  }

  keyOfRecord(record: unknown): string | undefined {
    return this.#job.keyOfRecord(record);
  }

  keyOfItem(item: I): string | undefined {
    return this.#job.keyOfItem(item);
  }

  identityOf(item: I): Identity | undefined {
    return this.#job.identityOf(item);
  }

  prepare(items: readonly I[]): Prepared<RehearsalSession, Steps> {
    const { isOneStatement, steps, attempt } = this.#job.prepare(items);
    // To leave it out would be to plan that nothing is sent.
    if (steps === undefined) throw new TypeError('A job that is planned has to tell what it sends.');
    const sending = (inFlight: boolean) => async (session: RehearsalSession) => {
      const sent = steps(session);
      if (inFlight) session.attemptInFlight();
      this.workspace.sent(sent, session.isAlone, inFlight);
      return sent;
    };
    return { isOneStatement, send: sending(false), ...(attempt === undefined ? {} : { attempt: sending(true) }) };
  }

  judge(error: unknown): Verdict {
    return this.#job.judge(error);
  }

  newAccount(): RehearsedAccount<I> {
    return new RehearsedAccount((item) => this.#job.indicesOf(item));
  }

  merge(into: RehearsedAccount<I>, part: RehearsedAccount<I>): void {
    into.take(part);
  }
}

/** A job whose transaction begins for the first time does not look at its chunks before. */
const noChunks: ChunkSource<never, never> = {
  isRepeatable: false,
  isAtHand: false,
  isSingle: false,
  total: undefined,
  items: () => [],
  async *chunks() {},
  after: () => undefined,
};
