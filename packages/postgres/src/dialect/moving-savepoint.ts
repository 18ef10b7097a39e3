import type { DatabaseConnection } from 'kysely';
import { ConfigError } from '../errors/input-errors.js';
import { WireParameters } from '../types/wire-parameters.js';
import { failedRequest, noteFailedRequest } from './failed-request.js';
import type { Flight, FlightRequest, TogetherResult } from './flight.js';
import { type Queryable, requireUnoDialect } from './queryable.js';
import { command, rollbackTo, savepointName } from './savepoint.js';
import type { ExecuteOptions } from './text-statement.js';
import { encodedRequests, type TogetherRequest, togetherQuery } from './together-query.js';
import { currentLevel, onNewLevel } from './transaction-position.js';
import type { TransactionScope } from './transaction-scope.js';
import { scopeOf } from './transactions.js';

/** Where an attempt begins. */
interface Start {
  /** The savepoint that is there. */
  readonly name: string;
  /** Of attempts that are sent ahead of each other, which it is; 0 for one that is not. */
  readonly place: number;
  /** The commands that put it there; none where it is. */
  readonly moves: readonly string[];
}

/** Statements that were sent before those before them were answered; `attemptSent` gives what comes of them. */
export interface SentAhead {
  readonly start: Start;
  readonly requests: readonly TogetherRequest[];
  readonly options: ExecuteOptions;
  /** How often something had been taken back when they were sent: what is taken back later takes them, too. */
  readonly takenBack: number;
  readonly results: Promise<readonly TogetherResult[]>;
}

/** A flight that has not been answered. */
interface UnderWay {
  readonly flight: Flight;
  readonly connection: DatabaseConnection;
  readonly place: number;
}

/** What makes of the results of an attempt what is given. */
type Done<T> = (results: readonly TogetherResult[]) => Promise<T>;

/** So many attempts are behind each other at most that were sent ahead: their savepoints stay until then. */
const mostPlaces = 8;

const none = new WireParameters([]);

/**
 * One savepoint that goes along with many attempts, one after the other, in one transaction: each happens wholly or not
 * at all, as with `atomically`, for one round trip an attempt instead of two. An attempt inside of another one has a
 * savepoint of its own.
 *
 * A statement that fails inside of an attempt has to make the attempt fail: when its error is swallowed, the next attempt
 * is refused, or the COMMIT. Use one instance in one transaction, or inside of one savepoint of it, and no longer.
 *
 * @example
 * ```ts
 * await atomically(db, async (trx) => {
 *   const savepoint = new MovingSavepoint(trx);
 *   for (const record of records) await savepoint.attempt(() => insert(trx, record)).catch(note);
 * });
 * ```
 */
export class MovingSavepoint {
  readonly #db: Queryable;
  readonly #signal: AbortSignal | undefined;
  /** The one that moves, and those of attempts that are sent ahead, each inside of the one before. */
  readonly #names = [savepointName()];
  #isSet = false;
  /** Where the last thing that happened was that something was taken back: the savepoint, and how many statements there were. */
  #takenBackTo: { readonly name: string; readonly place: number; readonly statements: number } | undefined;
  #takenBack = 0;
  /** How many attempts are being run, each inside of the one before. */
  #depth = 0;
  #underWay: UnderWay | undefined;
  /** Settled when the server has answered what was sent ahead. */
  #ahead: Promise<unknown> | undefined;

  /**
   * @param db - a transaction
   * @param signal - aborted, it lets no attempt begin, and gives the server 2,000 ms to answer
   * @throws ConfigError when the Kysely instance does not use {@link UnoPostgresDialect}
   */
  constructor(db: Queryable, signal?: AbortSignal) {
    requireUnoDialect(db);
    this.#db = db;
    this.#signal = signal;
  }

  /**
   * Runs a function; when it fails, what it wrote is taken back and the transaction can go on. Waits for what began
   * before it in the transaction.
   *
   * @throws whatever the function throws, also when that could not be taken back because the connection is gone
   * @throws ConfigError outside of a transaction or when it has ended
   * @throws UnoError when the savepoint cannot be set; then nothing was run
   */
  async attempt<T>(run: () => Promise<T>): Promise<T> {
    const scope = await this.#scope();
    return currentLevel(scope).inTurn(async () => {
      const start = this.#start(scope);
      const { moves } = start;
      if (moves.length > 0) await command(this.#db, moves.join('; '), { signal: this.#signal });
      this.#moved();
      return this.#orTakenBack(scope, start, run);
    });
  }

  /**
   * The same for statements that are sent together, among which the savepoint is moved: it costs no round trip at all,
   * unless they fail.
   *
   * @param done - makes what is given of the results, and belongs to the attempt; if not said, they are given
   * @returns the results, in the order of the statements, or what was made of them
   * @throws what `executeTogether` throws; `failedRequest` tells for which of the statements
   * @throws whatever `done` throws
   * @throws ConfigError outside of a transaction or when it has ended
   */
  together(requests: readonly TogetherRequest[], options?: ExecuteOptions): Promise<readonly TogetherResult[]>;
  together<T>(requests: readonly TogetherRequest[], options: ExecuteOptions, done: Done<T>): Promise<T>;
  async together(
    requests: readonly TogetherRequest[],
    options: ExecuteOptions = {},
    done: Done<unknown> = async (results) => results,
  ): Promise<unknown> {
    const encoded = encodedRequests(requests);
    const scope = await this.#scope();
    return currentLevel(scope).inTurn(() => this.#together(scope, encoded, options, done));
  }

  /**
   * Sends statements for an attempt of their own while {@link together} still waits for the answer to those before, so that
   * the server need not wait for them. {@link attemptSent} has to be the next attempt, and gives what comes of them. If the
   * one before fails, nothing comes of them until then. What that one's `done` writes is behind them, and would be taken
   * back with them: it may only read.
   *
   * @returns `undefined` when they cannot be sent now: then nothing was done
   * @throws ValidationError for a parameter that cannot be sent
   */
  sendAhead(requests: readonly TogetherRequest[], options: ExecuteOptions): SentAhead | undefined {
    const { flight, connection, place: before } = this.#underWay ?? { place: mostPlaces };
    const place = before + 1;
    if (flight === undefined || connection === undefined || place >= mostPlaces) return undefined;
    const encoded = encodedRequests(requests);
    this.#names[place] ??= savepointName();
    const name = this.#names[place];
    const start = { name, place, moves: [`savepoint ${name}`] };
    const results = this.#fly(connection, start, encoded, options, flight);
    // Whose answer it is waits for its turn, and until then nobody is there to be told.
    this.#ahead = results.catch(() => undefined);
    return { start, requests, options, takenBack: this.#takenBack, results };
  }

  /** The attempt whose statements were sent ahead; see {@link together}. */
  async attemptSent<T>({ start, requests, options, takenBack, results }: SentAhead, done: Done<T>): Promise<T> {
    const scope = await this.#scope();
    return currentLevel(scope).inTurn(async () => {
      if (this.#takenBack === takenBack) return this.#answered(scope, start, results, done);
      // The server has passed over them, or they were taken back with what was before them.
      return this.#together(scope, encodedRequests(requests), options, done);
    });
  }

  async #together<T>(
    scope: TransactionScope,
    encoded: readonly FlightRequest[],
    options: ExecuteOptions,
    done: Done<T>,
  ): Promise<T> {
    const start = this.#start(scope);
    const results = this.#db
      .getExecutor()
      .withoutPlugins()
      .provideConnection((connection) => this.#fly(connection, start, encoded, options));
    return this.#answered(scope, start, results, done);
  }

  async #answered<T>(
    scope: TransactionScope,
    start: Start,
    sent: Promise<readonly TogetherResult[]>,
    done: Done<T>,
  ): Promise<T> {
    const results = await sent.catch(async (error: unknown) => {
      // It is not there if it could not be set, and nothing is known of a connection that is lost.
      if (failedRequest(error) === undefined) await this.#passOver();
      else await this.#takeBack(scope, start);
      throw error;
    });
    this.#moved();
    return this.#orTakenBack(scope, start, () => done(results));
  }

  /** Sends a flight, and gives the results of its statements without those that move the savepoint. */
  async #fly(
    connection: DatabaseConnection,
    { moves, place }: Start,
    encoded: readonly FlightRequest[],
    options: ExecuteOptions,
    behind?: Flight,
  ): Promise<readonly TogetherResult[]> {
    const all = [...moves.map((sql) => ({ statement: { sql }, parameters: none, keepRows: false })), ...encoded];
    const query = togetherQuery(all, { signal: this.#signal, ...options }, behind);
    const answer = connection.executeQuery<TogetherResult>(query);
    const underWay = { flight: query.flight, connection, place };
    this.#underWay = underWay;
    try {
      const { rows } = await answer;
      return rows.slice(moves.length);
    } catch (error) {
      const position = failedRequest(error);
      const isMoved = position !== undefined && position >= moves.length;
      throw noteFailedRequest(error, isMoved ? position - moves.length : undefined);
    } finally {
      if (this.#underWay === underWay) this.#underWay = undefined;
    }
  }

  async #orTakenBack<T>(scope: TransactionScope, start: Start, run: () => Promise<T>): Promise<T> {
    this.#depth++;
    try {
      return await onNewLevel(scope, run);
    } catch (error) {
      await this.#takeBack(scope, start);
      throw error;
    } finally {
      this.#depth--;
    }
  }

  async #scope(): Promise<TransactionScope> {
    const scope = await scopeOf(this.#db);
    if (scope !== undefined) return scope;
    throw new ConfigError('A savepoint needs a transaction: create it with the one of atomically.');
  }

  /** Behind all that has happened. */
  #start(scope: TransactionScope): Start {
    if (this.#depth > 0) {
      const name = savepointName();
      return { name, place: mostPlaces, moves: [`savepoint ${name}`] };
    }
    // ROLLBACK TO keeps it, and it is in its place unless somebody else has written something behind it since.
    const last = this.#takenBackTo;
    if (last?.statements === scope.statements) return { ...last, moves: [] };
    const name = this.#names[0] ?? '';
    const set = `savepoint ${name}`;
    // Those inside of it go with it.
    return { name, place: 0, moves: this.#isSet ? [`release ${name}`, set] : [set] };
  }

  #moved(): void {
    this.#isSet = true;
    this.#takenBackTo = undefined;
  }

  /** What was sent ahead comes to nothing. The driver is not to be given more as long as that waits in its queue. */
  async #passOver(): Promise<void> {
    this.#takenBack++;
    await this.#ahead;
  }

  async #takeBack(scope: TransactionScope, { name, place }: Start): Promise<void> {
    await this.#passOver();
    try {
      await rollbackTo(this.#db, name);
      this.#isSet = true;
      this.#takenBackTo = { name, place, statements: scope.statements };
    } catch {
      // The connection is gone, and with it the transaction: the error of the attempt says why.
    }
  }
}
