import type { Execute } from '@uno/domain';
import { TransactionWorkspace } from '../workspace/transaction-workspace.js';
import type { WriteSession } from '../workspace/write-session.js';

/**
 * Where a call is one transaction, what is read for it while that is open is read on its connection: to wait for another
 * one could be to wait for ever, as each of several calls may have the last but its own.
 */
export class OneTransaction extends TransactionWorkspace {
  #session: WriteSession | undefined;

  /** What runs statements in the transaction; `undefined` while it is not open. */
  get execute(): Execute | undefined {
    return this.#session?.execute;
  }

  override whole<T>(run: (session: WriteSession) => Promise<T>, checksAtOnce: boolean): Promise<T> {
    return super.whole(async (session) => {
      this.#session = session;
      try {
        return await run(session);
      } finally {
        this.#session = undefined;
      }
    }, checksAtOnce);
  }
}
