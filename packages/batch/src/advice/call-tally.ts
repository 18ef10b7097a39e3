import type { CallDescription, CallEnd } from '../metrics/call-recorder.js';
import type { CallStatistics, FailedAttempts, LonelyCalls } from './call-statistics.js';

/** What distinguishes calls that are counted together. */
export type CallKind = Pick<CallDescription, 'operation' | 'strategy' | 'batchSize' | 'isTuned' | 'atomicity'>;

/** Less of a chunk is the rest of a source, or what is left when records were dropped. */
const fullFrom = 0.9;

/** A call of fewer chunks has nothing to do side by side. */
const leastChunksOfLonely = 4;
/** A shorter one would gain little: to open a connection takes some of that. */
const leastMsOfLonely = 500;

/** Counts what calls of one kind do. */
export class CallTally {
  readonly #kind: CallKind;
  readonly #tooMuch = new AttemptTally();
  readonly #conflicts = new AttemptTally();
  #calls = 0;
  #records = 0;
  #successful = 0;
  #inserted = 0;
  #elapsedMs = 0;
  #chunks = 0;
  #fullChunks = 0;
  #fullChunksMs = 0;
  #largestChunk = 0;
  #bytesSent = 0;
  #answers = 0;
  #waitedMs = 0;
  #alone: LonelyCalls = noLonelyCalls;

  constructor({ operation, strategy, batchSize, isTuned, atomicity }: CallKind) {
    this.#kind = { operation, strategy, batchSize, isTuned, atomicity };
  }

  chunk(records: number, elapsedMs: number): void {
    this.#chunks++;
    this.#largestChunk = Math.max(this.#largestChunk, records);
    if (records < fullFrom * this.#kind.batchSize) return;
    this.#fullChunks++;
    this.#fullChunksMs += elapsedMs;
  }

  sent(bytes: number): void {
    this.#bytesSent += bytes;
  }

  answered(elapsedMs: number): void {
    this.#answers++;
    this.#waitedMs += elapsedMs;
  }

  /** @param code - the SQLSTATE, or the error's code */
  failedAttempt(why: 'tooMuch' | 'conflict', code: string, lostMs: number): void {
    (why === 'tooMuch' ? this.#tooMuch : this.#conflicts).note(code, lostMs);
  }

  /**
   * @param inserts - whether no record of the call can have been there before
   * @param times - how long the call took, how much of that it waited for the server, and this process was busy
   */
  ended(
    { total, successful }: CallEnd,
    inserts: boolean,
    times: Pick<LonelyCalls, 'elapsedMs' | 'waitedMs' | 'activeMs'>,
    spareConnections: number | undefined,
  ): void {
    this.#calls++;
    this.#records += total;
    this.#successful += successful;
    if (inserts) this.#inserted += successful;
    this.#elapsedMs += times.elapsedMs;
    const chunks = total / this.#kind.batchSize;
    if (chunks < leastChunksOfLonely || times.elapsedMs < leastMsOfLonely) return;
    if (spareConnections === undefined || spareConnections < 1) return;
    const { calls, records, elapsedMs, waitedMs, activeMs, spareConnections: least } = this.#alone;
    this.#alone = {
      calls: calls + 1,
      records: records + total,
      elapsedMs: elapsedMs + times.elapsedMs,
      waitedMs: waitedMs + times.waitedMs,
      activeMs: activeMs + times.activeMs,
      spareConnections: calls === 0 ? spareConnections : Math.min(least, spareConnections),
    };
  }

  read(): CallStatistics {
    return {
      ...this.#kind,
      calls: this.#calls,
      records: this.#records,
      successful: this.#successful,
      inserted: this.#inserted,
      elapsedMs: this.#elapsedMs,
      chunks: this.#chunks,
      fullChunks: this.#fullChunks,
      fullChunksMs: this.#fullChunksMs,
      largestChunk: this.#largestChunk,
      bytesSent: this.#bytesSent,
      answers: this.#answers,
      waitedMs: this.#waitedMs,
      tooMuch: this.#tooMuch.read(),
      conflicts: this.#conflicts.read(),
      alone: this.#alone,
    };
  }
}

class AttemptTally {
  readonly #byCode = new Map<string, number>();
  #count = 0;
  #lostMs = 0;

  note(code: string, lostMs: number): void {
    this.#count++;
    this.#lostMs += lostMs;
    this.#byCode.set(code, (this.#byCode.get(code) ?? 0) + 1);
  }

  read(): FailedAttempts {
    return { count: this.#count, lostMs: this.#lostMs, byCode: Object.fromEntries(this.#byCode) };
  }
}

const noLonelyCalls: LonelyCalls = {
  calls: 0,
  records: 0,
  elapsedMs: 0,
  waitedMs: 0,
  activeMs: 0,
  spareConnections: 0,
};
