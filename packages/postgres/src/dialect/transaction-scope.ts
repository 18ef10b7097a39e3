import { TransactionLevel } from './transaction-level.js';

/** How a transaction ended; `unknown` when the connection was lost while COMMIT was under way. */
export type TransactionOutcome = 'committed' | 'rolled-back' | 'unknown';

/** What can be asked of a transaction beyond Kysely's settings. */
export interface TransactionWishes {
  /** No COMMIT is sent once it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Whether its id is to be known, so that a lost COMMIT can be looked up. */
  readonly writes?: boolean | undefined;
}

/**
 * One transaction of one connection, from BEGIN to its end. Whoever has to act when its writes become visible (a cache,
 * say) registers here; this works for transactions that were opened by plain Kysely too.
 */
export class TransactionScope {
  /** Where what is done in the transaction, outside of any savepoint of uno's, takes turns. */
  readonly level = new TransactionLevel();
  /** No COMMIT is sent once it is aborted. */
  readonly signal: AbortSignal | undefined;
  /** PostgreSQL's id of the transaction as `xid8`, where it was asked for. */
  readonly transactionId: string | undefined;
  readonly #listeners: ((outcome: TransactionOutcome) => void)[] = [];
  #ended = false;
  #statements = 0;

  constructor(known: Partial<Pick<TransactionScope, 'signal' | 'transactionId'>> = {}) {
    this.signal = known.signal;
    this.transactionId = known.transactionId;
  }

  /** Calls the listener once, when the transaction has ended, in the order of registration. Listeners must not throw. */
  onEnd(listener: (outcome: TransactionOutcome) => void): void {
    if (this.#ended) throw new Error('The transaction has ended already.');
    this.#listeners.push(listener);
  }

  /** How many statements were sent in it so far, by whomever. */
  get statements(): number {
    return this.#statements;
  }

  /** Called by the connection for each statement. */
  countStatement(): void {
    this.#statements++;
  }

  /** Called by the driver, once. */
  end(outcome: TransactionOutcome): void {
    this.#ended = true;
    this.level.close();
    for (const listener of this.#listeners.splice(0)) listener(outcome);
  }
}
