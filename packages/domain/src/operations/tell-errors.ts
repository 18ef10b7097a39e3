import { UnoError } from '@uno/postgres';
import { BatchError } from '../errors/batch-error.js';
import { calling } from '../errors/callback-error.js';
import type { RecordCallbacks } from '../ports/record-callbacks.js';
import type { FailedRecord } from '../ports/record-outcome.js';
import type { Deadline } from './deadline.js';

/**
 * Tells of a record that has been left out for certain.
 *
 * @throws CallbackError
 */
export async function tellFailure(onError: RecordCallbacks['onError'], failure: FailedRecord): Promise<void> {
  if (onError !== undefined) await calling('onError', () => onError(failure.error, failure));
}

/**
 * Tells of what ended a call, and waits for a listener that is async as long as there is time. Why the call failed
 * matters more than that its listener does, which is a warning.
 */
export async function tellEnd(
  onError: RecordCallbacks['onError'],
  failure: unknown,
  deadline: Deadline,
): Promise<void> {
  if (onError === undefined || !UnoError.is(failure)) return;
  const about = failure instanceof BatchError && failure.index !== undefined ? failure : undefined;
  const told = tell(onError, failure, about);
  await deadline.race(told).catch(() => undefined);
}

async function tell(
  onError: NonNullable<RecordCallbacks['onError']>,
  failure: UnoError,
  about: BatchError | undefined,
): Promise<void> {
  try {
    await onError(failure, about);
  } catch (thrown) {
    process.emitWarning('onError threw, when it was told why a call failed.', {
      type: 'UnoWarning',
      code: 'UNO_CALLBACK',
      detail: String(thrown),
    });
  }
}
