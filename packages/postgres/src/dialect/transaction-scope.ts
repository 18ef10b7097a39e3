import { TransactionLevel } from './transaction-level.js';

/** How a transaction ended; `unknown` when the connection was lost while COMMIT was under way. */
export type TransactionOutcome = 'committed' | 'rolled-back' | 'unknown';

/**
 * One transaction of one connection, from BEGIN to its end. Whoever has to act when its writes become visible (a cache,
 * say) registers here; this works for transactions that were opened by plain Kysely too.
 */
export class TransactionScope {
  /** Where what is done in the transaction, outside of any savepoint of uno's, takes turns. */
  readonly level = new TransactionLevel();
  readonly #listeners: ((outcome: TransactionOutcome) => void)[] = [];
  #ended = false;

  /** Calls the listener once, when the transaction has ended, in the order of registration. Listeners must not throw. */
  onEnd(listener: (outcome: TransactionOutcome) => void): void {
    if (this.#ended) throw new Error('The transaction has ended already.');
    this.#listeners.push(listener);
  }

  /** Called by the driver, once. */
  end(outcome: TransactionOutcome): void {
    this.#ended = true;
    this.level.close();
    for (const listener of this.#listeners.splice(0)) listener(outcome);
  }
}
