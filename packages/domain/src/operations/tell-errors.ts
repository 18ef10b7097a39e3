import { UnoError } from '@uno/postgres';
import { BatchError } from '../errors/batch-error.js';
import { calling } from '../errors/callback-error.js';
import type { RecordCallbacks } from '../ports/record-callbacks.js';
import type { FailedRecord } from '../ports/record-outcome.js';

/**
 * Tells of a record that has been left out for certain.
 *
 * @throws CallbackError
 */
export async function tellFailure(onError: RecordCallbacks['onError'], failure: FailedRecord): Promise<void> {
  if (onError !== undefined) await calling('onError', () => onError(failure.error, failure));
}

/** Tells of what ended a call. Why the call failed matters more than that its listener does, which is a warning. */
export async function tellEnd(onError: RecordCallbacks['onError'], failure: unknown): Promise<void> {
  if (onError === undefined || !UnoError.is(failure)) return;
  try {
    // Awaited, because an async one that throws would end the process otherwise.
    await onError(failure, failure instanceof BatchError && failure.index !== undefined ? failure : undefined);
  } catch (thrown) {
    process.emitWarning('onError threw, when it was told why a call failed.', {
      type: 'UnoWarning',
      code: 'UNO_CALLBACK',
      detail: String(thrown),
    });
  }
}
