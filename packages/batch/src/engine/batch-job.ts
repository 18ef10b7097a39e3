import type { FailedRecord, Identity, IndexRanges, ProgressCounts } from '@uno/domain';
import type { UnoError } from '@uno/postgres';
import type { ChunkReport, ChunkSource, Entry, Piece, Resolved } from './chunk.js';
import type { Step } from './step.js';

/** What a failure of some items is about. */
export type Verdict =
  /** One of the items may be at fault: smaller pieces tell which. */
  | 'record'
  /** The set-based way broke: the items may still go through one by one. */
  | 'machinery'
  /** Neither would help. */
  | 'call';

/** Items that are ready to be sent. */
export interface Prepared<S, V> {
  /** Whether sending them is one statement, which PostgreSQL does wholly or not at all. */
  readonly isOneStatement: boolean;
  /** What {@link send} sends where nothing goes wrong, in this order, without sending it. */
  steps?(session: S): readonly Step[];
  send(session: S): Promise<V>;
  /** The same as `session.attempt(() => send(session))`, where that can be had for less. */
  attempt?(session: S): Promise<V>;
  /**
   * Sends them behind the attempt that is under way before that is answered, where that can be.
   *
   * @returns the attempt, which has to be the next one
   */
  ahead?(session: S): ((session: S) => Promise<V>) | undefined;
}

/** Something that can be tried, and undone if it fails, without undoing what was done before. */
export interface Session {
  attempt<T>(run: () => Promise<T>): Promise<T>;
  /** Settled when the server has all that it needs for what it is doing; where it is not said, that is at once. */
  readonly handedOver?: Promise<void> | undefined;
}

/** Where the items go, and what holds together there. */
export interface Workspace<S extends Session> {
  /** Whether everything is part of a transaction of the caller's, which alone can be repeated, and has one connection. */
  readonly isJoined: boolean;
  /** Whether a failure ends it, as nothing that is done in it can be undone by itself. */
  readonly isEndedByFailure?: boolean;
  /** Whether that transaction is gone, and with it all that was done in it. */
  isGone(): Promise<boolean>;
  /** Does something that is one statement. */
  once<T>(run: (session: S) => Promise<T>): Promise<T>;
  /**
   * Does something wholly or not at all.
   *
   * @param checksAtOnce - whether nothing is left to be checked by the COMMIT
   * @throws RefusedAtCommit when no statement failed and the COMMIT was refused
   */
  whole<T>(run: (session: S) => Promise<T>, checksAtOnce: boolean): Promise<T>;
  /** How many chunks may be done side by side right now, of which so many are under way. */
  spareWorkers(underWay: number): number;
}

/** What is known of the records that are done. */
export interface Account<I, V> extends ProgressCounts {
  readonly written: IndexRanges;
  readonly failures: readonly FailedRecord[];
  add(report: ChunkReport<I, V>): void;
  /** Does what can wait until the server is busy. When it fails, it fails again when it is called again. */
  catchUp?(): void;
}

/**
 * An operation as the engine sees it.
 *
 * @typeParam S - the session it is done in
 * @typeParam R - a record of the caller's
 * @typeParam I - what is made of a record; one item may stand for several records
 * @typeParam V - what comes of some items
 * @typeParam A - where it is all counted
 */
export interface BatchJob<S extends Session, R, I, V, A extends Account<I, V>> {
  readonly workspace: Workspace<S>;
  /** Whether doing it twice comes to the same. */
  readonly isIdempotent: boolean;
  /** Called once, before the first item is prepared. */
  ready?(): Promise<void>;
  /** Turns the caller's record into another one; `null` drops it. */
  preProcess?(record: R, index: number): R | null | PromiseLike<R | null>;
  /** @throws UnoError when the record is at fault */
  read(entry: Entry<R>): I;
  /**
   * What {@link read} checks, for less than it takes to read a record; without it, the record is read.
   *
   * @returns what stands for its item as what {@link foldedBy} gives does: equal for equal ones
   * @throws UnoError when the record is at fault
   */
  check?(entry: Entry<R>): Identity | undefined;
  /** Makes one item of those that cannot be in one statement. */
  fold?(items: readonly I[]): readonly I[];
  /** Items for which it is the same are what {@link fold} makes one; `undefined` for one that it leaves as it is. */
  foldedBy?(item: I): Identity | undefined;
  /**
   * Decides about items that mean the same row: about all items of the call, before anything is sent. So the source is
   * read to its end first.
   */
  resolve?(items: readonly I[]): Promise<Resolved<I>>;
  /** What {@link resolve} asks the server. */
  resolveSteps?(items: readonly I[]): readonly Step[];
  /** The items that were folded into one, in their order; otherwise the item itself. */
  partsOf(item: I): readonly I[];
  /** Ascending positions of the records that an item stands for. */
  indicesOf(item: I): readonly number[];
  /** How many they are, where that is known without making a list of them. */
  recordsOf?(item: I): number;
  /** That of them that counts, where the item cannot be taken apart; otherwise the last one. */
  indexOf?(item: I): number;
  /** The key of a record that could not be read, for errors. */
  keyOfRecord(record: R): string | undefined;
  keyOfItem(item: I): string | undefined;
  /** Items for which it is the same must not be done side by side; `undefined` for one that meets no other. */
  identityOf(item: I): Identity | undefined;
  /** @throws UnoError when an item is at fault */
  prepare(items: readonly I[]): Prepared<S, V>;
  /** Items that failed without keeping those that were sent with them from being done, in their order. */
  failedOf?(value: V): readonly { readonly item: I; readonly error: UnoError }[];
  judge(error: unknown): Verdict;
  /** Whether {@link faultIn} knows of every item at fault. */
  readonly namesFaults?: boolean;
  /** The position among some items of the one that made them fail, where that is known; those before it had succeeded. */
  faultIn?(items: readonly I[], error: unknown): number | undefined;
  /** Finds out more of why an item cannot be done, when that was undone; gives the error if there is no more to say. */
  explain?(session: S, item: I, error: UnoError): Promise<UnoError>;
  /** Another way to do items that failed together, to be tried in a transaction, behind savepoints of its own. */
  otherWay?(items: readonly I[], error: unknown): ((session: S) => Promise<V>) | undefined;
  /** How to part items that failed together, where some of them cannot be parted. */
  halvesOf?(items: readonly I[]): readonly [readonly I[], readonly I[]] | undefined;
  /** What was done of some items although their chunk failed, where that cannot be undone. */
  doneOf?(items: readonly I[]): readonly Piece<I, V>[];
  /** Does a single item in the plainest way there is. */
  alone?(session: S, item: I): Promise<V>;
  /**
   * Called at the end of the transaction of every chunk that commits by itself: what it writes is committed with the chunk,
   * and not without it. A job that has this makes a transaction of every chunk, also of one of which nothing is written.
   *
   * @throws UnoError that is no record's fault
   */
  seal?(session: S, report: ChunkReport<I, V>): Promise<void>;
  /** What {@link seal} sends. */
  sealSteps?(): readonly Step[];
  /** Called with every report, in order, before what it reports is certain under `atomicity: 'all'`. */
  postProcess?(report: ChunkReport<I, V>): Promise<void>;
  /**
   * Called in the one transaction of all chunks, before the first.
   *
   * @param isAgain - whether the job has thrown a {@link StartOverNeeded}, which it may once, and where `source` is at hand
   */
  begin?(session: S, source: ChunkSource<I, Prepared<S, V>>, isAgain: boolean): Promise<void>;
  /**
   * Called in it after the last, also where there was none: a job that has this makes one transaction of whatever there is.
   *
   * @param account - what came of all records
   */
  finish?(session: S, account: A): Promise<void>;
  /** Called in it after the last: what it throws undoes all of them. */
  checkWhole?(): void;
  newAccount(): A;
  merge(into: A, part: A): void;
}
