import { atomically } from '@uno/postgres';
import type { UnoContext } from './uno-context.js';

/**
 * Runs functions in a transaction that every repository of the same context joins by itself, however deep in the calls.
 *
 * @example
 * ```ts
 * await unitOfWork.run(async () => {
 *   await orders.add(order);
 *   await stock.update({ id, amount });
 * });
 * ```
 */
export class UnitOfWork {
  readonly #context: UnoContext;

  constructor(context: UnoContext) {
    this.#context = context;
  }

  /**
   * Commits when the function succeeds, rolls back when it throws. A run inside of a run is a savepoint: its failure
   * undoes only itself, if the outer one goes on.
   *
   * @returns what the function returns
   * @throws whatever the function throws, CommitUnknownError when the connection was lost during COMMIT
   * @throws ConfigError in code that outlived a unit of work
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const context = this.#context;
    return atomically(context.current(), (db) => context.runWith(db, work));
  }
}
