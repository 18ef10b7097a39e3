import { ConfigError } from '../errors/input-errors.js';
import { type Queryable, requireUnoDialect } from './queryable.js';
import { command, rollbackTo, savepointName } from './savepoint.js';
import { currentLevel, onNewLevel } from './transaction-position.js';
import type { TransactionScope } from './transaction-scope.js';
import { scopeOf } from './transactions.js';

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
    const scope = await scopeOf(this.#db);
    if (scope === undefined)
      throw new ConfigError('A savepoint needs a transaction: create it with the one of atomically.');
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

  /** Puts the savepoint behind all that has happened. */
  async #move(scope: TransactionScope): Promise<void> {
    // ROLLBACK TO keeps it, and it is in its place unless somebody else has written something behind it since.
    if (this.#takenBackAt === scope.statements) return;
    const set = `savepoint ${this.#name}`;
    await command(this.#db, this.#isSet ? `release ${this.#name}; ${set}` : set, { signal: this.#signal });
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
