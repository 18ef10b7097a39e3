import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  calling,
  EndOfCall,
  endOfCall,
  type Identity,
  IndexRanges,
  namingRefused,
  type ProgressCounts,
  ProgressMeter,
  retrying,
  tellEnd,
  tellFailure,
} from '@uno/domain';
import { asUncommitted, CommitUnknownError, type RetryNote } from '@uno/postgres';
import { errorFacts } from '../metrics/error-facts.js';
import { type BatchSource, type OpenSource, openSource } from '../source/batch-source.js';
import { type ChunkSizes, FixedSize } from '../tuning/chunk-sizes.js';
import type { Account, BatchJob, Prepared, Session } from './batch-job.js';
import { Breather } from './breather.js';
import type { Chunk, ChunkReport, ChunkSource } from './chunk.js';
import { ListedChunks, readAll, StreamedChunks } from './chunk-source.js';
import { ChunkWriter } from './chunk-writer.js';
import type { EngineCall } from './engine-call.js';
import { isSideBySide, mostAtOnce } from './most-at-once.js';
import { PostStage } from './post-stage.js';
import { prefetch } from './prefetch.js';
import { RereadChunks, readPlainList } from './reread-chunks.js';
import { isAboutSize, SmallerPiecesNeeded } from './smaller-pieces.js';
import { StartOverNeeded } from './start-over-needed.js';
import { WorkerQueue } from './worker-queue.js';

/** Chunks that are made ahead of the one that is being executed, and chunks that wait to be post-processed. */
const pipelineDepth = 2;

/** The size of a chunk that has all records. */
const everything = new FixedSize(Number.POSITIVE_INFINITY);

/** Chunks in their order, and the one after a chunk, if it is there already. */
interface UpcomingChunks<I, P> {
  readonly chunks: AsyncIterable<Chunk<I, P>>;
  after(chunk: Chunk<I, P>): Chunk<I, P> | undefined;
}

/** One call: takes records from a source, does them under a strategy, and keeps account of what came of each. */
export class BatchRun<S extends Session, R, I, V, A extends Account<I, V>> {
  readonly #job: BatchJob<S, R, I, V, A>;
  readonly #call: EngineCall;
  readonly #writer: ChunkWriter<S, R, I, V, A>;
  readonly #meter: ProgressMeter;
  readonly #breather: Breather;
  /** What is certain. */
  #account: A;
  /** Items that may be in the database or not, because a connection was lost while they were committed. */
  readonly #inDoubt = new Set<Iterable<I>>();
  #doubt: CommitUnknownError | undefined;
  #chunks: ChunkSource<I, Prepared<S, V>> | undefined;
  /** The next chunk, when it was encoded while the server was busy with the one before. */
  #ready: Chunk<I, Prepared<S, V>> | undefined;

  constructor(job: BatchJob<S, R, I, V, A>, call: EngineCall) {
    this.#job = job;
    this.#call = call;
    this.#writer = new ChunkWriter(job, call);
    this.#meter = new ProgressMeter(call);
    this.#breather = new Breather(call.deadline);
    this.#account = job.newAccount();
  }

  /**
   * @param resultOf - makes what the caller gets of what became of the records, when that is certain
   * @throws BatchError when a record is at fault or a part is written all the same; else whatever made it fail
   */
  async run<T>(source: BatchSource<R>, resultOf: (account: A) => T): Promise<T> {
    let opened: OpenSource<R> | undefined;
    let result: T;
    try {
      opened = openSource(this.#call.operation, source);
      this.#call.deadline.check();
      if (opened.list?.length !== 0 || this.#isOneTransaction) {
        await this.#retrying([], async () => this.#job.ready?.());
        await this.#byStrategy(opened);
      }
      result = resultOf(this.#account);
    } catch (error) {
      const total = opened?.taken ?? 0;
      const failure = await this.#failure(error, total);
      this.#end(total, failure);
      throw failure;
    } finally {
      opened?.close();
    }
    this.#end(this.#account.processed);
    return result;
  }

  async #byStrategy(source: OpenSource<R>): Promise<void> {
    const { strategy, sizes } = this.#call;
    switch (strategy) {
      case 'single_query':
        return this.#inOrder(await this.#listed(source, everything));
      case 'optimistic':
        return this.#optimistic(source);
      case 'parallel':
        return this.#sideBySide(await this.#streamedOrListed(source, sizes));
      case 'chunked':
        return this.#inOrder(await this.#streamedOrListed(source, sizes));
      case 'pipelined':
        return this.#inOrder(this.#job.resolve ? await this.#listed(source, sizes) : this.#streamed(source));
    }
  }

  async #listed(source: OpenSource<R>, sizes: ChunkSizes): Promise<ChunkSource<I, Prepared<S, V>>> {
    const { list } = source;
    if (list !== undefined && this.#job.preProcess === undefined && this.#job.resolve === undefined) {
      const found = await readPlainList(this.#job, this.#call, list);
      if (found !== undefined) return this.#take(new RereadChunks(this.#job, this.#call, list, sizes, found));
    }
    const { read, total } = await readAll(this.#job, this.#call, source);
    return this.#take(new ListedChunks(read, sizes, total));
  }

  #streamed(source: OpenSource<R>): ChunkSource<I, Prepared<S, V>> {
    const { list } = source;
    if (list !== undefined && this.#job.preProcess === undefined) {
      return this.#take(new RereadChunks(this.#job, this.#call, list, this.#call.sizes, 'unread'));
    }
    return this.#take(new StreamedChunks(this.#job, this.#call, source));
  }

  #take(chunks: ChunkSource<I, Prepared<S, V>>): ChunkSource<I, Prepared<S, V>> {
    this.#chunks = chunks;
    return chunks;
  }

  async #streamedOrListed(source: OpenSource<R>, sizes: ChunkSizes): Promise<ChunkSource<I, Prepared<S, V>>> {
    const isStreamed = source.list === undefined && this.#job.resolve === undefined;
    return isStreamed ? this.#streamed(source) : this.#listed(source, sizes);
  }

  /** One chunk after the other. */
  async #inOrder(source: ChunkSource<I, Prepared<S, V>>, writer = this.#writer): Promise<void> {
    const isOne = this.#isOneTransaction || !source.isSingle || this.#isWatched();
    if (this.#call.byChunk || !isOne) return this.#eachByItself(source, writer);
    const attempt = () => this.#startingOver((isAgain) => this.#inOneTransaction(source, writer, false, isAgain));
    const again = source.isRepeatable
      ? () => this.#startingOver((isAgain) => this.#inOneTransaction(source, writer, true, isAgain))
      : undefined;
    const named = () => namingRefused(this.#call.skips, attempt, again);
    await this.#settle(await (source.isRepeatable ? this.#retrying(source.items(), named) : named()));
  }

  async #startingOver<T>(attempt: (isAgain: boolean) => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await attempt(false);
    } catch (error) {
      if (!(error instanceof StartOverNeeded)) throw error;
      const { code, sqlstate } = errorFacts(error.cause);
      this.#call.recorder.retried({ code, sqlstate, delayMs: 0 }, performance.now() - began);
      return attempt(true);
    }
  }

  async #eachByItself(source: ChunkSource<I, Prepared<S, V>>, writer: ChunkWriter<S, R, I, V, A>): Promise<void> {
    const stage = this.#postStage();
    const { chunks, after } = this.#ahead(source);
    try {
      for await (const chunk of chunks) {
        const meanwhile = () => this.#meanwhile(after(chunk), this.#account);
        await stage.push(await this.#certainly(chunk, writer, meanwhile));
      }
      await stage.end();
    } catch (error) {
      // What is committed stays so, and is post-processed.
      await stage.drain();
      throw error;
    }
  }

  async #inOneTransaction(
    source: ChunkSource<I, Prepared<S, V>>,
    writer: ChunkWriter<S, R, I, V, A>,
    checksAtOnce: boolean,
    isAgain: boolean,
  ): Promise<A> {
    const account = this.#job.newAccount();
    const ahead = this.#ahead(source);
    const chunks = ahead.chunks[Symbol.asyncIterator]();
    const began = performance.now();
    // Who looks on between two chunks is to see what he was told of, and no more.
    const sendsAhead = !this.#isWatched();
    const run = async (session: S) => {
      // What an earlier transaction has made ready may have been sent in that.
      this.#ready = undefined;
      this.#call.sizes.waited(performance.now() - began);
      const stage = this.#postStage();
      await this.#job.begin?.(session, source, isAgain);
      try {
        for (; !next.done; next = await chunks.next()) {
          const chunk = next.value;
          const meanwhile = () => this.#meanwhile(ahead.after(chunk), account, sendsAhead ? session : undefined);
          const report = await this.#timed(chunk, () =>
            writer.among(session, this.#prepared(chunk), account.failed, meanwhile),
          );
          account.add(report);
          await this.#tell(account);
          await stage.push(report);
        }
        await stage.end();
      } catch (error) {
        await stage.giveUp();
        throw error;
      }
      this.#job.checkWhole?.();
      await this.#job.finish?.(session, account);
    };
    let next = await chunks.next();
    try {
      // Where there is nothing, nothing is begun.
      if (!next.done || this.#isOneTransaction) await this.#job.workspace.whole(run, checksAtOnce);
      return account;
    } catch (error) {
      throw error instanceof EndOfCall ? error.after(account.failures) : error;
    } finally {
      await chunks.return?.();
    }
  }

  /** Everything at once first; when that is too much, or a record is to be left out, all over again in chunks. */
  async #optimistic(source: OpenSource<R>): Promise<void> {
    const { read, total } = await readAll(this.#job, this.#call, source);
    const inPieces = (sizes: ChunkSizes) => {
      const chunks = new ListedChunks<I, Prepared<S, V>>(read, sizes, total);
      this.#chunks = chunks;
      return chunks;
    };
    const half = Math.ceil(read.items.length / 2);
    const writer = new ChunkWriter(this.#job, this.#call, (error) => {
      const isCurable = isAboutSize(error) || (this.#call.skips && this.#job.judge(error) === 'record');
      if (isCurable && half > 1) throw new SmallerPiecesNeeded(error);
    });
    const began = performance.now();
    try {
      await this.#inOrder(inPieces(everything), writer);
    } catch (error) {
      if (!(error instanceof SmallerPiecesNeeded)) throw error;
      const { code, sqlstate } = errorFacts(error.cause);
      this.#call.recorder.retried({ code, sqlstate, delayMs: 0 }, performance.now() - began);
      // A record that is to be left out says nothing against so many at once.
      const most = isAboutSize(error.cause) ? half : Number.POSITIVE_INFINITY;
      await this.#inOrder(inPieces(new FixedSize(Math.min(this.#call.batchSize, most))));
    }
  }

  /** Several chunks at a time, each on a connection of its own. */
  async #sideBySide(source: ChunkSource<I, Prepared<S, V>>): Promise<void> {
    const { workspace } = this.#job;
    if (!isSideBySide(this.#call, workspace)) return this.#inOrder(source);
    const { deadline } = this.#call;
    const workers = new WorkerQueue();
    const limit = () => mostAtOnce(this.#call, workspace, workers.underWay);
    const chunks = source.chunks()[Symbol.asyncIterator]();
    let isOver = false;
    try {
      for (;;) {
        // A source may take for ever to give its next record, and what has failed ends the call now.
        const next = await workers.orFailure(chunks.next());
        if (next === undefined || next.done) break;
        const chunk = next.value;
        const identities = this.#identitiesOf(chunk);
        await workers.untilFree(identities, limit);
        isOver = deadline.isOver;
        if (workers.hasFailed || isOver) break;
        workers.begin(chunk.number, identities, async () => {
          const report = await this.#certainly(chunk, this.#writer, () => this.#meanwhile(undefined, this.#account));
          await this.#job.postProcess?.(report);
        });
        // Until it has asked the pool for its connection, which otherwise would seem to be free for the next one.
        await nextTurn();
      }
    } finally {
      await workers.end();
    }
    // What was all done in time stays so.
    if (isOver) deadline.check();
  }

  #identitiesOf({ items }: Chunk<I, Prepared<S, V>>): readonly Identity[] {
    // None of them can be in another chunk.
    if (this.#chunks?.isDistinct) return [];
    return items.flatMap((item) => this.#job.identityOf(item) ?? []);
  }

  /** A chunk by itself, until it is committed. */
  async #certainly(
    chunk: Chunk<I, Prepared<S, V>>,
    writer: ChunkWriter<S, R, I, V, A>,
    meanwhile: () => void,
  ): Promise<ChunkReport<I, V>> {
    const attempt = (checksAtOnce: boolean) =>
      this.#timed(chunk, () => writer.byItself(this.#prepared(chunk), this.#account.failed, checksAtOnce, meanwhile));
    const named = () =>
      namingRefused(
        this.#call.skips,
        () => attempt(false),
        () => attempt(true),
      );
    const report = await this.#retrying(chunk.items, named).catch((error: unknown) => {
      this.#noteFailed(chunk, error);
      throw error;
    });
    const account = this.#job.newAccount();
    account.add(report);
    await this.#settle(account);
    await this.#tell();
    // Those of chunks that are done side by side come together only here.
    const last = report.failures.at(-1);
    const isTooMany = this.#account.failed > this.#call.maxFailures;
    if (last !== undefined && isTooMany) throw new EndOfCall(last, last.error);
    return report;
  }

  /** A chunk has failed: what of it is done all the same, or may be. */
  #noteFailed({ items }: Chunk<I, Prepared<S, V>>, error: unknown): void {
    const pieces = this.#job.doneOf?.(items) ?? [];
    this.#account.add({ pieces, dropped: [], failures: [], individually: 0 });
    if (!(error instanceof CommitUnknownError && this.#call.byChunk)) return;
    this.#doubt ??= error;
    this.#inDoubt.add(items);
  }

  /**
   * Does some items until it works. A transaction of the caller's can only be repeated by the caller.
   *
   * @param items - iterated when the call ends, if they are in doubt then
   */
  async #retrying<T>(items: Iterable<I>, run: () => Promise<T>): Promise<T> {
    const { retry, deadline, recorder } = this.#call;
    if (this.#job.workspace.isJoined) return run();
    let began = 0;
    const onRetry = (note: RetryNote) => {
      recorder.retried(note, performance.now() - began);
      if (note.code === 'UNO_COMMIT_UNKNOWN') this.#inDoubt.add(items);
    };
    const attempt = () => {
      began = performance.now();
      return run();
    };
    const done = await retrying({ policy: retry, deadline, idempotent: this.#job.isIdempotent, onRetry }, attempt);
    this.#inDoubt.delete(items);
    return done;
  }

  async #timed(chunk: Chunk<I, Prepared<S, V>>, run: () => Promise<ChunkReport<I, V>>): Promise<ChunkReport<I, V>> {
    this.#call.deadline.check();
    if (this.#breather.isDue(chunk.items.length)) await this.#breather.breathe();
    this.#tellSpare();
    const began = performance.now();
    const report = await run();
    this.#tellSpare();
    const elapsedMs = performance.now() - began;
    const { recordsOf } = this.#job;
    const countOf = recordsOf?.bind(this.#job) ?? ((item: I) => this.#job.indicesOf(item).length);
    const records = chunk.items.reduce((sum, item) => sum + countOf(item), 0);
    if (records > 0) this.#call.recorder.chunk(records, elapsedMs);
    // What was done in pieces took longer than it would have.
    if (report.pieces.length === 1) this.#call.sizes.done(chunk.taken, elapsedMs);
    return report;
  }

  /** Only where another strategy could use more connections: a transaction of the caller's has one. */
  #tellSpare(): void {
    const { workspace } = this.#job;
    if (this.#call.strategy === 'parallel' || workspace.isJoined) return;
    const spare = workspace.spareWorkers(1) - 1;
    if (Number.isFinite(spare)) this.#call.recorder.poolSpare(spare);
  }

  /** In a pipeline, the next chunks are read while one is being executed. */
  #ahead(source: ChunkSource<I, Prepared<S, V>>): UpcomingChunks<I, Prepared<S, V>> {
    if (this.#call.strategy !== 'pipelined' || source.isAtHand) {
      return { chunks: source.chunks(), after: (chunk) => source.after(chunk) };
    }
    const waiting: Chunk<I, Prepared<S, V>>[] = [];
    return {
      chunks: prefetch(source.chunks(), pipelineDepth, source.isRepeatable, waiting),
      after: () => waiting[0],
    };
  }

  /**
   * While the server is busy: encodes the next chunk, and lets the account do what it has put off.
   *
   * @param session - where the next chunk may be sent before the one that is under way is answered
   */
  #meanwhile(next: Chunk<I, Prepared<S, V>> | undefined, account: A, session?: S): void {
    if (this.#call.ending.aborted) return;
    if (next !== undefined && this.#ready?.items !== next.items) {
      const prepared = this.#tryToPrepare(next.items);
      const goesAhead = session !== undefined && next.refused.length === 0;
      this.#ready = { ...next, prepared: goesAhead ? prepared && sentAhead(prepared, session) : prepared };
    }
    try {
      account.catchUp?.();
    } catch {
      // It fails again when the result is made, which is where there is somebody to tell.
    }
  }

  #prepared(chunk: Chunk<I, Prepared<S, V>>): Chunk<I, Prepared<S, V>> {
    const ready = this.#ready;
    if (ready?.items !== chunk.items) return chunk;
    this.#ready = undefined;
    return ready;
  }

  #tryToPrepare(items: readonly I[]): Prepared<S, V> | undefined {
    try {
      return items.length === 0 ? undefined : this.#job.prepare(items);
    } catch {
      // Which item is at fault is found out where the chunk is done, which fails in the same way.
      return undefined;
    }
  }

  /** In a pipeline, what is done is post-processed while the next chunk is being executed. */
  #postStage(): PostStage<ChunkReport<I, V>> {
    const work = async (report: ChunkReport<I, V>) => this.#job.postProcess?.(report);
    return new PostStage(work, this.#call.strategy === 'pipelined' ? pipelineDepth : 0);
  }

  /** Whether something belongs to the transaction besides the chunks. */
  get #isOneTransaction(): boolean {
    return this.#job.finish !== undefined;
  }

  /** Whether somebody of the caller's looks on, who may throw before everything is committed. */
  #isWatched(): boolean {
    return this.#job.postProcess !== undefined || this.#call.onProgress !== undefined;
  }

  /** Takes over what has become certain. */
  async #settle(part: A): Promise<void> {
    this.#job.merge(this.#account, part);
    for (const failure of part.failures) {
      this.#call.recorder.recordFailed(failure);
      await this.#call.deadline.race(tellFailure(this.#call.onError, failure));
    }
  }

  async #tell(part?: A): Promise<void> {
    const { onProgress, recorder } = this.#call;
    const counts = part === undefined ? this.#account : sum(this.#account, part);
    const progress = this.#meter.progress(counts, this.#chunks?.total);
    recorder.progress(progress);
    if (onProgress === undefined) return;
    await this.#call.deadline.race(calling('onProgress', () => onProgress(progress)));
  }

  /** The error that the caller sees. */
  async #failure(error: unknown, total: number): Promise<unknown> {
    const { operation, name: entity, deadline, byChunk, onError } = this.#call;
    const isGone = await this.#job.workspace.isGone();
    if (isGone) this.#account = this.#job.newAccount();
    // When chunks fail side by side, what has to be looked at says more than what is certain; a record at fault, most.
    const why = isGone ? asUncommitted(error) : error;
    const cause = error instanceof EndOfCall ? error : (this.#doubt ?? deadline.explain(why));
    // Where everything is one transaction, the error of its COMMIT says as much.
    const unknown = byChunk || cause instanceof EndOfCall ? this.#unknown() : undefined;
    const failure = endOfCall(cause, { operation, entity, total }, this.#account, unknown);
    await tellEnd(onError, failure, deadline);
    return failure;
  }

  #unknown(): IndexRanges {
    const unknown = new IndexRanges();
    for (const items of this.#inDoubt) {
      for (const index of [...items].flatMap((item) => this.#job.indicesOf(item))) {
        if (!this.#account.written.has(index)) unknown.add(index);
      }
    }
    return unknown;
  }

  #end(total: number, error?: unknown): void {
    const { processed, failed, skipped } = this.#account;
    this.#call.recorder.end({ total, successful: processed - failed - skipped, failed, skipped, error });
  }
}

/** The items, sent already if they can be. */
function sentAhead<S, V>(prepared: Prepared<S, V>, session: S): Prepared<S, V> {
  const attempt = prepared.ahead?.(session);
  return attempt === undefined ? prepared : { ...prepared, attempt };
}

function sum(one: ProgressCounts, other: ProgressCounts): ProgressCounts {
  return {
    processed: one.processed + other.processed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
    individually: one.individually + other.individually,
  };
}
