import {
  blamesRecord,
  checkAtOnce,
  observeWrite,
  RefusedAtCommit,
  type WriteKind,
  type WriteTarget,
} from '@uno/domain';
import { atomically, CommitUnknownError, ConnectionError, isTransactionLost } from '@uno/postgres';
import type { Workspace } from '../engine/batch-job.js';
import type { CallRecorder } from '../metrics/call-recorder.js';
import { spareConnections } from './spare-connections.js';
import { WriteSession } from './write-session.js';

/** What a {@link TransactionWorkspace} works with. */
export interface TransactionWorkspaceOptions {
  readonly target: WriteTarget;
  readonly kind: WriteKind;
  readonly signal: AbortSignal | undefined;
  readonly recorder: CallRecorder;
  /** `false` where nothing is written, so that a COMMIT that is lost need not be looked up. Default `true`. */
  readonly writes?: boolean | undefined;
}

/** Writes to a table: in transactions of their own, or behind savepoints in the caller's. The observers are told. */
export class TransactionWorkspace implements Workspace<WriteSession> {
  readonly #options: TransactionWorkspaceOptions;

  constructor(options: TransactionWorkspaceOptions) {
    this.#options = options;
  }

  get isJoined(): boolean {
    return this.#options.target.db.isTransaction;
  }

  async isGone(): Promise<boolean> {
    return this.isJoined && isTransactionLost(this.#options.target.db);
  }

  once<T>(run: (session: WriteSession) => Promise<T>): Promise<T> {
    const { target, kind, signal, recorder } = this.#options;
    return observeWrite(target, kind, async () => {
      const session = new WriteSession(target.db, signal, recorder, target.observers.length > 0);
      try {
        return { result: await run(session), keys: session.touched };
      } catch (error) {
        throw session.isAnswered ? committedAnyway(error) : commitsByItself(error);
      }
    });
  }

  whole<T>(run: (session: WriteSession) => Promise<T>, checksAtOnce: boolean): Promise<T> {
    const { target, kind, signal, recorder, writes = true } = this.#options;
    return observeWrite(target, kind, async () => {
      let isDone = false;
      try {
        return await atomically(
          target.db,
          async (transaction) => {
            const session = new WriteSession(transaction, signal, recorder, target.observers.length > 0);
            if (checksAtOnce) await session.execute(checkAtOnce, []);
            const result = await run(session);
            isDone = true;
            return { result, keys: session.touched };
          },
          { signal, writes },
        );
      } catch (error) {
        throw isDone && blamesRecord(error) ? new RefusedAtCommit(error) : error;
      }
    });
  }

  spareWorkers(underWay: number): number {
    return spareConnections(this.#options.target.db, underWay);
  }
}

/** A statement has committed by itself, and what came after it failed: that must not be taken for the statement's failure. */
function committedAnyway(error: unknown): CommitUnknownError {
  return new CommitUnknownError(
    'A statement that commits by itself succeeded, and something failed on what came back. Look before repeating it.',
    'if-idempotent',
    { cause: error },
  );
}

/** A statement outside of a transaction commits by itself: when the connection is lost, nobody knows whether it has. */
function commitsByItself(error: unknown): unknown {
  if (!(error instanceof ConnectionError) || error.retry !== 'if-idempotent') return error;
  return new CommitUnknownError(
    'The connection was lost while a statement was under way that commits by itself: it is either wholly in the database or not at all. Look before repeating it.',
    'if-idempotent',
    { cause: error, sqlstate: error.sqlstate },
  );
}
