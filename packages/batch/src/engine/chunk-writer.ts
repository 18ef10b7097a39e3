import { EndOfCall, type FailedRecord } from '@uno/domain';
import { UnoError } from '@uno/postgres';
import { errorFacts } from '../metrics/error-facts.js';
import type { Account, BatchJob, Prepared, Session } from './batch-job.js';
import type { Chunk, ChunkReport, Piece } from './chunk.js';
import type { EngineCall } from './engine-call.js';
import { isCurableBySize } from './smaller-pieces.js';

/** What has come of a chunk so far. */
interface Findings<I, V> {
  readonly pieces: Piece<I, V>[];
  readonly failures: FailedRecord[];
  /** Positions of records that another one stood for, which failed. */
  readonly dropped: number[];
  individually: number;
}

/**
 * Does chunks, and finds the items at fault in one that fails.
 *
 * A failed attempt is undone and its items are halved, the left half first, until single items are left. So an item is
 * tried when all before it are in place, and the one that is named is the one that doing them one by one would have
 * failed on. One item at fault among n costs about 2 · log2(n) statements more; one that the job knows of, two attempts at
 * most: what is before it, and what is behind it.
 */
export class ChunkWriter<S extends Session, R, I, V, A extends Account<I, V>> {
  readonly #job: BatchJob<S, R, I, V, A>;
  readonly #call: EngineCall;
  readonly #onFailure: (error: unknown) => void;

  /** @param onFailure - hears of every failed attempt before anything else is tried; what it throws ends the chunk */
  constructor(job: BatchJob<S, R, I, V, A>, call: EngineCall, onFailure: (error: unknown) => void = () => undefined) {
    this.#job = job;
    this.#call = call;
    this.#onFailure = onFailure;
  }

  /**
   * A chunk by itself. The first attempt is the fast one: a single statement needs no transaction, and nothing of it
   * has to be undone apart from the rest.
   *
   * @param failed - records that have failed before
   * @param checksAtOnce - whether nothing is left to be checked by the COMMIT
   * @param onSent - called when the server has something to do
   */
  async byItself(
    chunk: Chunk<I, Prepared<S, V>>,
    failed: number,
    checksAtOnce: boolean,
    onSent: () => void,
  ): Promise<ChunkReport<I, V>> {
    const { workspace, seal } = this.#job;
    this.#checkRefused(chunk, failed);
    const { items } = chunk;
    const whole = (run: (session: S) => Promise<Findings<I, V>>) =>
      workspace.whole(async (session) => {
        const report = this.#report(chunk, await run(session));
        await seal?.call(this.#job, session, report);
        return report;
      }, checksAtOnce);
    if (items.length === 0) {
      const nothing = noFindings<I, V>(chunk.refused);
      return seal === undefined ? this.#report(chunk, nothing) : whole(async () => nothing);
    }
    try {
      const prepared = chunk.prepared ?? this.#job.prepare(items);
      const send = async (session: S) => {
        const done = noFindings<I, V>(chunk.refused);
        this.#keep(items, await sending(prepared, session, onSent), done, failed);
        return done;
      };
      const isOne = prepared.isOneStatement && !workspace.isJoined && !checksAtOnce && seal === undefined;
      return isOne ? this.#report(chunk, await workspace.once(send)) : await whole(send);
    } catch (first) {
      const { failure: error, done } = await this.#otherwise(items, first, (other) =>
        whole(async (session) => {
          const otherwise = noFindings<I, V>(chunk.refused);
          this.#keep(items, await other(session), otherwise, failed);
          return otherwise;
        }),
      );
      if (done !== undefined) return done;
      this.#onFailure(error);
      if (!this.#isTooMuch(items, error) && this.#job.judge(error) === 'call') throw error;
      const blamed = this.#blamed(items, error);
      if (blamed !== undefined) this.#blame(blamed, error, noFindings(), failed);
      const findings = noFindings<I, V>(chunk.refused);
      const run = async (session: S) => {
        await this.#afterFailure(session, items, error, findings, failed);
        return findings;
      };
      return await whole(run).catch((end: unknown) => {
        throw end instanceof EndOfCall ? end.after(findings.failures) : end;
      });
    }
  }

  /** A chunk among others in one transaction. */
  async among(
    session: S,
    chunk: Chunk<I, Prepared<S, V>>,
    failed: number,
    onSent: () => void,
  ): Promise<ChunkReport<I, V>> {
    this.#checkRefused(chunk, failed);
    const findings = noFindings<I, V>(chunk.refused);
    const { items, prepared } = chunk;
    // It was cut before it was known that so many are too much.
    const isTooLarge = items.length > this.#call.sizes.mostAtOnce && this.#job.halvesOf === undefined;
    if (isTooLarge) await this.#inPieces(session, items, findings, failed);
    else if (items.length > 0) await this.#attempt(session, items, findings, failed, prepared, onSent);
    return this.#report(chunk, findings);
  }

  async #attempt(
    session: S,
    items: readonly I[],
    findings: Findings<I, V>,
    failed: number,
    prepared?: Prepared<S, V>,
    onSent: () => void = () => undefined,
  ): Promise<void> {
    try {
      const ready = prepared ?? this.#job.prepare(items);
      this.#keep(items, await attempting(ready, session, onSent), findings, failed);
    } catch (first) {
      const { failure, done } = await this.#otherwise(items, first, async (other) => ({ value: await other(session) }));
      if (done !== undefined) return this.#keep(items, done.value, findings, failed);
      this.#onFailure(failure);
      await this.#afterFailure(session, items, failure, findings, failed);
    }
  }

  /** What comes of the other way, where the job has one; else the failure to go on with. */
  async #otherwise<T>(
    items: readonly I[],
    failure: unknown,
    run: (other: (session: S) => Promise<V>) => Promise<T>,
  ): Promise<{ readonly failure?: unknown; readonly done?: T }> {
    const other = this.#job.otherWay?.(items, failure);
    if (other === undefined) return { failure };
    try {
      return { done: await run(other) };
    } catch (error) {
      return { failure: error };
    }
  }

  /** Some items were tried together and failed, and that attempt is undone. */
  async #afterFailure(
    session: S,
    items: readonly I[],
    error: unknown,
    findings: Findings<I, V>,
    failed: number,
  ): Promise<void> {
    if (this.#isTooMuch(items, error)) return this.#afterTooMuch(session, items, error, findings, failed);
    const verdict = this.#job.judge(error);
    if (verdict === 'call') throw error;
    if (verdict === 'machinery') return this.#oneByOne(session, items, error, findings, failed);
    const at = this.#job.faultIn?.(items, error);
    if (at !== undefined) return this.#around(session, items, at, error, findings, failed);
    const [only, ...more] = items;
    if (only !== undefined && more.length === 0) {
      const parts = this.#job.partsOf(only);
      if (parts.length === 1) return this.#blame(items, await this.#explained(session, only, error), findings, failed);
      for (const part of parts) await this.#attempt(session, [part], findings, failed);
      return;
    }
    const good = this.#withoutRefused(items, findings, failed);
    if (good.length < items.length) {
      if (good.length > 0) await this.#attempt(session, good, findings, failed);
      return;
    }
    const runs = this.#call.skips ? [] : this.#unfolded(items);
    if (runs.length > 1) {
      for (const run of runs) await this.#attempt(session, run, findings, failed);
      return;
    }
    await this.#inHalves(session, items, findings, failed);
  }

  async #inHalves(session: S, items: readonly I[], findings: Findings<I, V>, failed: number): Promise<void> {
    const middle = Math.ceil(items.length / 2);
    const halves = this.#job.halvesOf?.(items) ?? [items.slice(0, middle), items.slice(middle)];
    for (const half of halves) await this.#attempt(session, half, findings, failed);
  }

  async #explained(session: S, item: I, error: unknown): Promise<unknown> {
    return UnoError.is(error) ? ((await this.#job.explain?.(session, item, error)) ?? error) : error;
  }

  /** Whether fewer items may go through where so many were too much for the server, and that is to be found out. */
  #isTooMuch(items: readonly I[], error: unknown): boolean {
    const { isEndedByFailure = false } = this.#job.workspace;
    return this.#call.sizes.isTuned && items.length > 1 && !isEndedByFailure && isCurableBySize(error);
  }

  /** Too much at once: what fails in smaller pieces, too, is given up when those are very small. */
  async #afterTooMuch(
    session: S,
    items: readonly I[],
    error: unknown,
    findings: Findings<I, V>,
    failed: number,
  ): Promise<void> {
    const { sizes, recorder } = this.#call;
    if (sizes.tooMuch(items.length) === undefined) throw error;
    const { code, sqlstate } = errorFacts(error);
    recorder.retried({ code, sqlstate, delayMs: 0 });
    if (this.#job.halvesOf?.(items) === undefined) await this.#inPieces(session, items, findings, failed);
    else await this.#inHalves(session, items, findings, failed);
  }

  /** As many at a time as are thought to go through; fewer, when those are too many again. */
  async #inPieces(session: S, items: readonly I[], findings: Findings<I, V>, failed: number): Promise<void> {
    for (let start = 0; start < items.length; ) {
      const piece = items.slice(start, start + this.#call.sizes.mostAtOnce);
      await this.#attempt(session, piece, findings, failed);
      start += piece.length;
    }
  }

  /** It is known which item is at fault: the others are done without it. Where it ends the call, that has happened. */
  async #around(
    session: S,
    items: readonly I[],
    at: number,
    error: unknown,
    findings: Findings<I, V>,
    failed: number,
  ): Promise<void> {
    if (this.#call.skips && at > 0) await this.#attempt(session, items.slice(0, at), findings, failed);
    const [blamed] = items.slice(at, at + 1);
    const why = blamed === undefined ? error : await this.#explained(session, blamed, error);
    this.#blame(items.slice(at, at + 1), why, findings, failed);
    if (at + 1 < items.length) await this.#attempt(session, items.slice(at + 1), findings, failed);
  }

  /**
   * Where the first record at fault ends the call, those that were made one are taken apart again, because a record
   * between them may be the first: into runs in the order of the records, no two of a run being of one item.
   */
  #unfolded(items: readonly I[]): I[][] {
    const parts = items.flatMap((item) => this.#job.partsOf(item).map((part) => ({ item, part })));
    if (parts.length === items.length) return [];
    const firstOf = (part: I) => this.#job.indicesOf(part)[0] ?? 0;
    const runs: I[][] = [];
    const seen = new Set<I>();
    for (const { item, part } of parts.sort((a, b) => firstOf(a.part) - firstOf(b.part))) {
      if (runs.length === 0 || seen.has(item)) {
        runs.push([]);
        seen.clear();
      }
      runs.at(-1)?.push(part);
      seen.add(item);
    }
    return runs;
  }

  /** Takes out the items that can be told to be wrong without asking the server. Where one ends the call, none are. */
  #withoutRefused(items: readonly I[], findings: Findings<I, V>, failed: number): readonly I[] {
    if (!this.#call.skips) return items;
    return items.filter((item) => {
      if (this.#job.partsOf(item).length > 1) return true;
      try {
        this.#job.prepare([item]);
        return true;
      } catch (error) {
        if (this.#job.judge(error) !== 'record') return true;
        this.#blame([item], error, findings, failed);
        return false;
      }
    });
  }

  /** The plainest way there is, for items with which the set-based one cannot cope. */
  async #oneByOne(
    session: S,
    items: readonly I[],
    reason: unknown,
    findings: Findings<I, V>,
    failed: number,
  ): Promise<void> {
    if (this.#job.alone === undefined) throw reason;
    const alone = this.#job.alone.bind(this.#job);
    const one = async (item: I): Promise<void> => {
      try {
        const value = await session.attempt(() => alone(session, item));
        this.#keep([item], value, findings, failed);
      } catch (error) {
        const verdict = this.#job.judge(error);
        // When not even that works, what was first said of it is the better explanation.
        if (verdict === 'machinery') throw reason;
        if (verdict === 'call') throw error;
        const parts = this.#job.partsOf(item);
        // Of records that were made one, only some may be at fault.
        if (parts.length > 1) for (const part of parts) await one(part);
        else this.#blame([item], error, findings, failed);
      }
    };
    for (const item of items) await one(item);
    const records = items.reduce((sum, item) => sum + this.#job.indicesOf(item).length, 0);
    findings.individually += records;
    this.#call.recorder.fellBack(records, reason);
  }

  /** Some items went through together, but for those that failed by themselves. */
  #keep(items: readonly I[], value: V, findings: Findings<I, V>, failed: number): void {
    const left = this.#job.failedOf?.(value) ?? [];
    const out = new Set(left.map(({ item }) => item));
    findings.pieces.push({ items: out.size === 0 ? items : items.filter((item) => !out.has(item)), value });
    for (const { item, error } of left) this.#blame([item], error, findings, failed);
  }

  /** The one that is at fault, where that is plain and ends the call, so that nothing has to be tried again. */
  #blamed(items: readonly I[], error: unknown): readonly I[] | undefined {
    if (this.#call.skips || this.#job.judge(error) !== 'record') return undefined;
    const at = this.#job.faultIn?.(items, error) ?? (items.length === 1 ? 0 : undefined);
    const blamed = at === undefined ? [] : items.slice(at, at + 1);
    return blamed.some((item) => this.#job.partsOf(item).length === 1) ? blamed : undefined;
  }

  #blame([item]: readonly I[], error: unknown, findings: Findings<I, V>, failed: number): void {
    if (item === undefined || !UnoError.is(error)) throw error;
    const indices = this.#job.indicesOf(item);
    const index = this.#job.indexOf?.(item) ?? indices.at(-1) ?? 0;
    const key = this.#job.keyOfItem(item);
    if (!this.#call.skips) throw new EndOfCall({ index, key }, error);
    for (const other of indices) if (other !== index) findings.dropped.push(other);
    findings.failures.push({ index, key, status: 'failed', error });
    if (failed + findings.failures.length > this.#call.maxFailures) {
      throw new EndOfCall({ index, key }, error, findings.failures);
    }
  }

  #checkRefused({ refused }: Chunk<I, Prepared<S, V>>, failed: number): void {
    const allowed = this.#call.maxFailures - failed;
    const oneTooMany = refused[allowed];
    if (oneTooMany === undefined) return;
    throw new EndOfCall(oneTooMany, oneTooMany.error, refused.slice(0, allowed + 1));
  }

  #report(chunk: Chunk<I, Prepared<S, V>>, findings: Findings<I, V>): ChunkReport<I, V> {
    return {
      pieces: findings.pieces,
      dropped: [...chunk.dropped, ...findings.dropped],
      failures: findings.failures,
      individually: findings.individually,
    };
  }
}

function sending<S extends Session, V>(prepared: Prepared<S, V>, session: S, onSent: () => void): Promise<V> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  const sent = prepared.send(session);
  sent.then(over, over);
  // Once it is over, somebody else's turn has come.
  const whileUnderWay = () => {
    if (!isOver) onSent();
  };
  // In the next turn, as what is sent leaves in this one.
  setImmediate(() => {
    if (session.handedOver === undefined) whileUnderWay();
    else void session.handedOver.then(whileUnderWay);
  });
  return sent;
}

/** The same, undone when it fails. */
function attempting<S extends Session, V>(prepared: Prepared<S, V>, session: S, onSent: () => void): Promise<V> {
  const { attempt } = prepared;
  if (attempt === undefined) return session.attempt(() => sending(prepared, session, onSent));
  return sending({ ...prepared, send: attempt }, session, onSent);
}

function noFindings<I, V>(refused: readonly FailedRecord[] = []): Findings<I, V> {
  return { pieces: [], failures: [...refused], dropped: [], individually: 0 };
}
