import type { Execute } from '@uno/domain';
import { executeText, type Queryable, sqlstateOf, UnoError } from '@uno/postgres';
import type { CallRecorder } from '../metrics/call-recorder.js';

/** Runs statements on a database, and tells the recorder of every one that was sent. */
export function recorded(db: Queryable, signal: AbortSignal | undefined, recorder: CallRecorder): Execute {
  return async (statement, parameters) => {
    try {
      const result = await executeText(db, statement, parameters, { signal });
      recorder.statement(result.bytesSent);
      return result;
    } catch (error) {
      // What the server refused was sent, too; how many bytes that took is known of statements that succeed only.
      if (isAnswer(error)) recorder.statement(0);
      throw error;
    }
  };
}

/** Whether the server answered to a statement; what is `safe` to do again is about connecting. */
function isAnswer(error: unknown): boolean {
  return UnoError.is(error) && error.retry !== 'safe' && sqlstateOf(error) !== undefined;
}
