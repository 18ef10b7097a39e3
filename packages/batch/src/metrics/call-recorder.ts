import type { BatchProgress, KeyTexts } from '@uno/domain';
import type { RetryNote } from '@uno/postgres';
import type { SizeReason } from '../tuning/climber.js';
import type { Clock } from './clock.js';

/** What a call is, said when it begins. */
export interface CallDescription {
  /** Such as `batchInsert`. */
  readonly operation: string;
  /** The name of the entity, or of the processor. */
  readonly name: string;
  readonly table?: string | undefined;
  readonly strategy: string;
  /** Records in one chunk; at most, where that is found out. */
  readonly batchSize: number;
  /** Whether it is found out how many they are. */
  readonly isTuned?: boolean | undefined;
  readonly atomicity: 'all' | 'chunk';
  /** Records in the source; `undefined` for an iterable or a stream, which tells only at its end. */
  readonly total: number | undefined;
}

/** What became of the records of a call. Those that are neither of the three were not processed, since it failed. */
export interface CallEnd {
  /** Records that were taken from the source. */
  readonly total: number;
  readonly successful: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why the call failed; `undefined` when it did not. */
  readonly error?: unknown;
}

/** A record that was left out under `onRecordError: 'skip'`. */
export interface RecordFailure {
  /** Its position in the caller's input, from 0. */
  readonly index: number;
  /** Its key as text, where it has one. */
  readonly key: string | undefined;
  readonly error: unknown;
}

/** A row that was read by its key. */
export interface ReadItem {
  /** The key, where it is a whole number from 0 and says as much as its text, which then need not be made. */
  readonly keyNumber: number | undefined;
  readonly key: KeyTexts | undefined;
}

/** What the engine tells of one call while it runs. Every method is cheap and does not throw. */
export interface CallRecorder {
  /** A statement was sent, with as many bytes of parameters. */
  statement(bytesSent: number): void;
  /** A chunk was executed. */
  chunk(records: number, elapsedMs: number): void;
  /** Chunks are to have as many records from now on. */
  resized(size: number, reason: SizeReason): void;
  /** A statement, or several in one round trip, was answered or refused after so many milliseconds. */
  answered(elapsedMs: number): void;
  /** So many connections of the pool could be used besides, at this moment of a call that uses one at a time. */
  poolSpare(connections: number): void;
  /** Rows were read by keys that have a text, past every cache. */
  keysRead(items: readonly ReadItem[]): void;
  /** Records are to be told apart by these columns, for which the table has to have a unique index. */
  conflictsOn(columns: readonly string[]): void;
  /** Of some rows that were written whether they differed or not, so many were already as asked. */
  rewritten(rows: number, unchanged: number): void;
  /**
   * What failed is about to be tried again.
   *
   * @param lostMs - milliseconds that the attempt took, where that is known
   */
  retried(note: RetryNote, lostMs?: number): void;
  /** Records went one by one, because the set-based way broke on them. */
  fellBack(records: number, reason: unknown): void;
  /** A record was left out. The one that ends a call is told by `end` alone. */
  recordFailed(failure: RecordFailure): void;
  /** After every chunk. */
  progress(progress: BatchProgress): void;
  /** Exactly once, and last. */
  end(end: CallEnd): void;
}

/** As much of a call as a listener wants to hear of. */
export type CallEvents = Partial<CallRecorder>;

/** Somebody who is told of calls. */
export interface CallListener {
  /** Says that a call begins; gives `undefined` when there is nobody behind the listener at present. */
  begin(description: CallDescription, clock: Clock): CallEvents | undefined;
}

const nothing = (): void => undefined;

/** Tells nobody. */
export const idleRecorder: CallRecorder = Object.freeze({
  statement: nothing,
  chunk: nothing,
  answered: nothing,
  poolSpare: nothing,
  keysRead: nothing,
  conflictsOn: nothing,
  rewritten: nothing,
  resized: nothing,
  retried: nothing,
  fellBack: nothing,
  recordFailed: nothing,
  progress: nothing,
  end: nothing,
});

/**
 * Begins a call and gives what tells the listeners that are on of it; {@link idleRecorder} if none is. A listener that
 * throws does not make the call fail: it is a `UNO_LISTENER` warning of the process, the first time in each call.
 *
 * @example
 * ```ts
 * const recorder = beginCall(description, [metrics, spanListener]);
 * recorder.statement(1200);
 * recorder.end({ total: 500, successful: 500, failed: 0, skipped: 0 });
 * ```
 */
export function beginCall(
  description: CallDescription,
  listeners: readonly CallListener[],
  clock: Clock = performance,
): CallRecorder {
  const begun: CallEvents[] = [];
  for (const listener of listeners) {
    try {
      const events = listener.begin(description, clock);
      if (events !== undefined) begun.push(events);
    } catch (error) {
      warnOfListener(error);
    }
  }
  return begun.length === 0 ? idleRecorder : new FanOut(begun);
}

/** Says everything to everyone. What may happen for every statement or record makes no garbage. */
class FanOut implements CallRecorder {
  readonly #listening: readonly CallEvents[];
  #warned = false;

  constructor(listening: readonly CallEvents[]) {
    this.#listening = listening;
  }

  statement(bytesSent: number): void {
    this.#tell(tellStatement, bytesSent);
  }

  chunk(records: number, elapsedMs: number): void {
    this.#tell((events) => events.chunk?.(records, elapsedMs), undefined);
  }

  resized(size: number, reason: SizeReason): void {
    this.#tell((events) => events.resized?.(size, reason), undefined);
  }

  answered(elapsedMs: number): void {
    this.#tell(tellAnswered, elapsedMs);
  }

  poolSpare(connections: number): void {
    this.#tell(tellPoolSpare, connections);
  }

  keysRead(items: readonly ReadItem[]): void {
    this.#tell(tellKeysRead, items);
  }

  conflictsOn(columns: readonly string[]): void {
    this.#tell(tellConflictsOn, columns);
  }

  rewritten(rows: number, unchanged: number): void {
    this.#tell((events) => events.rewritten?.(rows, unchanged), undefined);
  }

  retried(note: RetryNote, lostMs?: number): void {
    this.#tell((events) => events.retried?.(note, lostMs), undefined);
  }

  fellBack(records: number, reason: unknown): void {
    this.#tell((events) => events.fellBack?.(records, reason), undefined);
  }

  recordFailed(failure: RecordFailure): void {
    this.#tell(tellRecordFailed, failure);
  }

  progress(progress: BatchProgress): void {
    this.#tell(tellProgress, progress);
  }

  end(end: CallEnd): void {
    this.#tell(tellEnd, end);
  }

  #tell<A>(tell: (events: CallEvents, what: A) => void, what: A): void {
    for (const events of this.#listening) {
      try {
        tell(events, what);
      } catch (error) {
        if (!this.#warned) warnOfListener(error);
        this.#warned = true;
      }
    }
  }
}

const tellStatement = (events: CallEvents, bytesSent: number): void => events.statement?.(bytesSent);
const tellAnswered = (events: CallEvents, elapsedMs: number): void => events.answered?.(elapsedMs);
const tellPoolSpare = (events: CallEvents, connections: number): void => events.poolSpare?.(connections);
const tellKeysRead = (events: CallEvents, items: readonly ReadItem[]): void => events.keysRead?.(items);
const tellConflictsOn = (events: CallEvents, columns: readonly string[]): void => events.conflictsOn?.(columns);
const tellRecordFailed = (events: CallEvents, failure: RecordFailure): void => events.recordFailed?.(failure);
const tellProgress = (events: CallEvents, progress: BatchProgress): void => events.progress?.(progress);
const tellEnd = (events: CallEvents, end: CallEnd): void => events.end?.(end);

function warnOfListener(error: unknown): void {
  const detail = error instanceof Error ? (error.stack ?? error.name) : String(error);
  process.emitWarning('A listener of batch calls threw.', { type: 'UnoWarning', code: 'UNO_LISTENER', detail });
}
