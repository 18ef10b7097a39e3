import { ConfigError } from '../errors/input-errors.js';
import { WireParameters } from '../types/wire-parameters.js';
import { failedRequest, noteFailedRequest } from './failed-request.js';
import type { TogetherResult } from './flight.js';
import { type Queryable, requireUnoDialect } from './queryable.js';
import { command, rollbackTo, savepointName } from './savepoint.js';
import type { ExecuteOptions } from './text-statement.js';
import { encodedRequests, type TogetherRequest, togetherQuery } from './together-query.js';
import { currentLevel, onNewLevel } from './transaction-position.js';
import type { TransactionScope } from './transaction-scope.js';
import { scopeOf } from './transactions.js';

const none = new WireParameters([]);

/**
 * One savepoint that goes along with many attempts, one after the other, in one transaction: each happens wholly or not
 * at all, as with `atomically`, for one round trip an attempt instead of two.
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
  readonly #name = savepointName();
  #isSet = false;
  /** How many statements the transaction had sent when the last attempt had been taken back; `undefined` where it had not. */
  #takenBackAt: number | undefined;

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
      await this.#move(scope);
      try {
        return await onNewLevel(scope, run);
      } catch (error) {
        await this.#takeBack(scope);
        throw error;
      }
    });
  }

  /**
   * The same for statements that are sent together, among which the savepoint is moved: it costs no round trip at all,
   * unless they fail.
   *
   * @returns the results of the statements, in their order
   * @throws what `executeTogether` throws; `failedRequest` tells for which of the statements
   * @throws ConfigError outside of a transaction or when it has ended
   */
  async together(
    requests: readonly TogetherRequest[],
    options: ExecuteOptions = {},
  ): Promise<readonly TogetherResult[]> {
    const encoded = encodedRequests(requests);
    const scope = await this.#scope();
    return currentLevel(scope).inTurn(async () => {
      const moves = this.#moves(scope).map((sql) => ({ statement: { sql }, parameters: none, keepRows: false }));
      const query = togetherQuery([...moves, ...encoded], { signal: this.#signal, ...options });
      try {
        const { rows } = await this.#db.getExecutor().withoutPlugins().executeQuery<TogetherResult>(query);
        this.#moved();
        return rows.slice(moves.length);
      } catch (error) {
        const position = failedRequest(error);
        const isMoved = position !== undefined && position >= moves.length;
        if (!isMoved) throw noteFailedRequest(error, undefined);
        this.#moved();
        await this.#takeBack(scope);
        throw noteFailedRequest(error, position - moves.length);
      }
    });
  }

  async #scope(): Promise<TransactionScope> {
    const scope = await scopeOf(this.#db);
    if (scope !== undefined) return scope;
    throw new ConfigError('A savepoint needs a transaction: create it with the one of atomically.');
  }

  /** Puts the savepoint behind all that has happened. */
  async #move(scope: TransactionScope): Promise<void> {
    const moves = this.#moves(scope);
    if (moves.length === 0) return;
    await command(this.#db, moves.join('; '), { signal: this.#signal });
    this.#moved();
  }

  /** The commands that do so; none where it is in its place. */
  #moves(scope: TransactionScope): readonly string[] {
    // ROLLBACK TO keeps it, and it is in its place unless somebody else has written something behind it since.
    if (this.#takenBackAt === scope.statements) return [];
    const set = `savepoint ${this.#name}`;
    return this.#isSet ? [`release ${this.#name}`, set] : [set];
  }

  #moved(): void {
    this.#isSet = true;
    this.#takenBackAt = undefined;
  }

  async #takeBack(scope: TransactionScope): Promise<void> {
    try {
      await rollbackTo(this.#db, this.#name);
      this.#takenBackAt = scope.statements;
    } catch {
      // The connection is gone, and with it the transaction: the error of the attempt says why.
    }
  }
}
