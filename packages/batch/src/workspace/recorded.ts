import type { Execute } from '@uno/domain';
import { executeText, type Queryable } from '@uno/postgres';
import type { CallRecorder } from '../metrics/call-recorder.js';

/** Runs statements on a database, and tells the recorder of every one that was sent. */
export function recorded(db: Queryable, signal: AbortSignal | undefined, recorder: CallRecorder): Execute {
  const onSent = (bytes: number) => recorder.statement(bytes);
  return (statement, parameters) => executeText(db, statement, parameters, { signal, onSent });
}
