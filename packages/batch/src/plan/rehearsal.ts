import { checkAtOnce, type Execute } from '@uno/domain';
import type { Queryable } from '@uno/postgres';
import type { Workspace } from '../engine/batch-job.js';
import type { Step } from '../engine/step.js';
import { idleRecorder } from '../metrics/call-recorder.js';
import { WriteSession } from '../workspace/write-session.js';
import type { PlannedPlace } from './planned-job.js';

/** Where a rehearsed call takes place. */
export interface Stage {
  readonly db: Queryable;
  /** Where the call itself would take place. */
  readonly workspace: PlannedPlace;
  /** Whether something has to hold together; nothing has, where it only reads. */
  readonly isWritten: boolean;
  readonly isObserved: boolean;
  /** Whether everything is taken back at the end. */
  readonly isDry: boolean;
}

/** What the engine asks for in a call of which nothing is sent. */
export class Rehearsal implements Workspace<RehearsalSession> {
  /** Transactions that are opened. */
  transactions = 0;
  /** Statements outside of a transaction. */
  alone = 0;
  savepoints = 0;
  roundTrips = 0;
  readonly before: Step[] = [];
  readonly after: Step[] = [];
  /** What is sent at the end of chunks. */
  readonly sealing: Step[] = [];
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  get isJoined(): boolean {
    return this.#stage.workspace.isJoined;
  }

  async isGone(): Promise<boolean> {
    return false;
  }

  once<T>(run: (session: RehearsalSession) => Promise<T>): Promise<T> {
    return run(this.session(!this.isJoined));
  }

  async whole<T>(run: (session: RehearsalSession) => Promise<T>): Promise<T> {
    const { isWritten, isDry } = this.#stage;
    if (!isWritten) return this.once(run);
    if (this.isJoined) this.savepoints++;
    else this.transactions++;
    // What begins it and what ends it.
    this.roundTrips += 2;
    const session = this.session();
    const result = await run(session);
    // Back to the savepoint, before it is released.
    if (isDry && this.isJoined) this.roundTrips++;
    if (isDry && !this.isJoined) {
      await session.aside(this.after, async (one) => {
        await one.execute(checkAtOnce, []);
      });
    }
    return result;
  }

  spareWorkers(underWay: number): number {
    return this.#stage.workspace.spareWorkers(underWay);
  }

  /**
   * Counts what is sent.
   *
   * @param isAlone - whether that is outside of a transaction
   * @param inFlight - whether all of it is sent before the first answer
   */
  sent(steps: readonly Step[], isAlone: boolean, inFlight = false): void {
    const counted = steps.filter(({ onlyIf, ridesAlong }) => onlyIf === undefined && !ridesAlong);
    if (inFlight) {
      if (counted.length > 0) this.roundTrips++;
      return;
    }
    for (const { way, times, isAttempt } of counted) {
      if (isAttempt) {
        this.savepoints += times;
        this.roundTrips += times;
      }
      // Those of one round trip are a transaction of their own.
      if (isAlone) this.alone += way === 'together' ? 1 : times;
      // The server first says that it is ready for the data of a COPY.
      if (way === 'copy') this.roundTrips += 2 * times;
      else if (way === 'together') this.roundTrips++;
      else this.roundTrips += times;
    }
  }

  /** @param isAlone - whether it is outside of a transaction */
  session(isAlone = false): RehearsalSession {
    return new RehearsalSession(this.#stage, this, isAlone);
  }
}

/** A session that sends nothing. What is executed all the same is noted, and answered as by tables that are empty. */
export class RehearsalSession extends WriteSession {
  override readonly execute: Execute;
  /** Whether it is outside of a transaction. */
  readonly isAlone: boolean;
  readonly #rehearsal: Rehearsal;
  #aside: Step[] | undefined;

  constructor({ db, isObserved }: Stage, rehearsal: Rehearsal, isAlone: boolean) {
    super(db, undefined, idleRecorder, isObserved);
    this.isAlone = isAlone;
    this.#rehearsal = rehearsal;
    this.execute = async ({ sql }, parameters) => {
      this.#note({ way: 'aside', why: '', sql, parameters: parameters.length, times: 1, indices: [] });
      return { rows: [['0']], affected: 0 };
    };
  }

  /** Runs something and puts aside what it executes. */
  async aside(steps: Step[], run: (session: RehearsalSession) => Promise<void>): Promise<void> {
    this.#aside = steps;
    await run(this);
    this.#aside = undefined;
  }

  override attempt<T>(run: () => Promise<T>): Promise<T> {
    this.#rehearsal.savepoints++;
    this.#rehearsal.roundTrips++;
    return run();
  }

  /** The same, where the savepoint is moved in the flight of what is tried. */
  attemptInFlight(): void {
    this.#rehearsal.savepoints++;
  }

  override copy(): Promise<never> {
    return refuse();
  }

  override together(): Promise<never> {
    return refuse();
  }

  override sendAhead(): undefined {
    return undefined;
  }

  override attemptTogether(): Promise<never> {
    return refuse();
  }

  #note(step: Step): void {
    if (this.#aside === undefined) throw new TypeError('A rehearsed chunk executes nothing.');
    this.#aside.push(step);
    this.#rehearsal.sent([step], this.isAlone);
  }
}

async function refuse(): Promise<never> {
  throw new TypeError('A rehearsal sends nothing.');
}
