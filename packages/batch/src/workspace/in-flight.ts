import type { TextResult, TextStatement } from '@uno/postgres';
import type { Prepared } from '../engine/batch-job.js';
import type { WriteSession } from './write-session.js';

/** A statement of a chunk. */
export interface ChunkRequest {
  readonly statement: TextStatement;
  readonly parameters: readonly unknown[];
}

/** Statements of a chunk of which none has to wait for the answer to another. */
export interface InFlight<V> {
  requests(session: WriteSession): readonly ChunkRequest[];
  /** Makes of their results, in their order, what came of the chunk. It may ask more, and must not write. */
  done(session: WriteSession, results: readonly TextResult[]): Promise<V>;
  /** Says more of what they failed with. */
  explained?(error: unknown): unknown;
}

/**
 * How such a chunk is sent: the savepoint of its attempt is moved in the same flight, which may be sent before the one
 * before it is answered. Over a client that cannot do that, one statement follows the other.
 */
export function inFlight<V>({
  requests,
  done,
  explained = (error) => error,
}: InFlight<V>): Pick<Prepared<WriteSession, V>, 'send' | 'attempt' | 'ahead'> {
  const explaining = (run: Promise<V>): Promise<V> =>
    run.catch((error: unknown) => {
      throw explained(error);
    });
  const inTurn = async (session: WriteSession): Promise<V> => {
    const results: TextResult[] = [];
    for (const { statement, parameters } of requests(session))
      results.push(await session.execute(statement, parameters));
    return done(session, results);
  };
  const attempt = async (session: WriteSession): Promise<V> => {
    if (!(await session.canFly())) return session.attempt(() => inTurn(session));
    return session.attemptTogether(requests(session), (results) => done(session, results));
  };
  return {
    send: (session) => explaining(inTurn(session)),
    attempt: (session) => explaining(attempt(session)),
    ahead: (session) => {
      const sent = session.sendAhead(requests(session));
      return sent && ((same) => explaining(same.attemptSent(sent, (results) => done(same, results))));
    },
  };
}

/** The same for a single statement. */
export function oneInFlight<V>(
  request: ChunkRequest,
  done: (session: WriteSession, result: TextResult) => Promise<V>,
): ReturnType<typeof inFlight<V>> {
  return inFlight({
    requests: () => [request],
    done: async (session, [result]) => {
      if (result === undefined) throw new TypeError('A statement gives a result.');
      return done(session, result);
    },
  });
}
