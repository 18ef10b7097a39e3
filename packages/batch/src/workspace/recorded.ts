import type { Execute } from '@uno/domain';
import { executeText, type Queryable } from '@uno/postgres';
import type { CallRecorder } from '../metrics/call-recorder.js';

/** Runs statements on a database, and tells the recorder of every one that was sent. */
export function recorded(db: Queryable, signal: AbortSignal | undefined, recorder: CallRecorder): Execute {
  const onSent = (bytes: number) => recorder.statement(bytes);
  return (statement, parameters) => timedBy(recorder, () => executeText(db, statement, parameters, { signal, onSent }));
}

/** Tells the recorder how long something took that waits for the server. */
export async function timedBy<T>(recorder: CallRecorder, run: () => Promise<T>): Promise<T> {
  const began = performance.now();
  try {
    return await run();
  } finally {
    recorder.answered(performance.now() - began);
  }
}
