import type { Execute } from '@uno/domain';
import type { Queryable } from '@uno/postgres';
import type { Session, Workspace } from '../engine/batch-job.js';
import type { CallRecorder } from '../metrics/call-recorder.js';
import { recorded } from './recorded.js';
import { spareConnections } from './spare-connections.js';

/** Statements that read. */
export interface ReadSession extends Session {
  readonly execute: Execute;
}

/** Reads from a table, wherever that is: nothing has to hold together. */
export class ReadWorkspace implements Workspace<ReadSession> {
  readonly #db: Queryable;
  readonly #session: ReadSession;

  constructor(db: Queryable, signal: AbortSignal | undefined, recorder: CallRecorder) {
    this.#db = db;
    this.#session = {
      attempt: (run) => run(),
      execute: recorded(db, signal, recorder),
    };
  }

  get isJoined(): boolean {
    return this.#db.isTransaction;
  }

  /** There are no savepoints where nothing is written. */
  get isEndedByFailure(): boolean {
    return this.isJoined;
  }

  /** What was read stays so. */
  async isGone(): Promise<boolean> {
    return false;
  }

  once<T>(run: (session: ReadSession) => Promise<T>): Promise<T> {
    return run(this.#session);
  }

  whole<T>(run: (session: ReadSession) => Promise<T>): Promise<T> {
    return run(this.#session);
  }

  spareWorkers(underWay: number): number {
    return spareConnections(this.#db, underWay);
  }
}
