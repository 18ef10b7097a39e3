import { blamesRecord, checkAtOnce, RefusedAtCommit } from '@uno/domain';
import { TransactionWorkspace } from './transaction-workspace.js';
import type { WriteSession } from './write-session.js';

/** Thrown to have everything undone that has succeeded. */
class Undone extends Error {
  override readonly name = 'Undone';
}

/** Does everything as a {@link TransactionWorkspace} does, and then takes it back; nobody is told. */
export class DryWorkspace extends TransactionWorkspace {
  override async whole<T>(run: (session: WriteSession) => Promise<T>, checksAtOnce: boolean): Promise<T> {
    let done: { readonly result: T } | undefined;
    try {
      return await super.whole(async (session) => {
        const result = await run(session);
        // A transaction of the caller's is not at its end, and may yet mend what is broken in it.
        if (!this.isJoined) await checkAsCommitWould(session);
        done = { result };
        throw new Undone();
      }, checksAtOnce);
    } catch (error) {
      if (done === undefined || !(error instanceof Undone)) throw error;
      return done.result;
    }
  }
}

async function checkAsCommitWould(session: WriteSession): Promise<void> {
  try {
    await session.execute(checkAtOnce, []);
  } catch (error) {
    throw blamesRecord(error) ? new RefusedAtCommit(error) : error;
  }
}
