import type { BatchProgress } from '@uno/domain';
import type { CallDescription, CallEnd, CallEvents, CallListener } from './call-recorder.js';
import type { Clock } from './clock.js';
import { errorFacts } from './error-facts.js';
import type { Logger } from './logger.js';
import { perSecond } from './per-second.js';

/** Milliseconds between two lines of progress, at least. */
const intervalMs = 1000;

/** Logs how far a call has come, once a second at most, and how it ended. */
export class ProgressLog implements CallListener {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  begin(description: CallDescription, clock: Clock): CallEvents {
    const logger = this.#logger;
    const beganAt = clock.now();
    let loggedAt = beganAt;
    let retries = 0;
    return {
      retried() {
        retries += 1;
      },
      progress(progress) {
        const now = clock.now();
        if (now - loggedAt < intervalMs) return;
        loggedAt = now;
        logger.info(progress, progressLine(progress));
      },
      end(end) {
        logEnd(logger, description, end, retries, clock.now() - beganAt);
      },
    };
  }
}

function progressLine({ operation, name, processed, total, recordsPerSecond }: BatchProgress): string {
  const of = total === undefined ? '' : ` of ${total}`;
  return `${operation} ${name}: ${processed}${of} records, ${Math.round(recordsPerSecond)} a second.`;
}

function logEnd(
  logger: Logger,
  { operation, name }: CallDescription,
  { total, successful, failed, skipped, error }: CallEnd,
  retries: number,
  elapsedMs: number,
): void {
  const processed = successful + failed + skipped;
  const recordsPerSecond = perSecond(processed, elapsedMs);
  const counts = {
    operation,
    name,
    total,
    processed,
    successful,
    failed,
    skipped,
    retries,
    elapsedMs,
    recordsPerSecond,
  };
  if (error === undefined) {
    const what = `${successful} records successful, ${failed} failed, ${skipped} skipped`;
    logger.info(counts, `${operation} ${name} ended: ${what}, ${Math.round(recordsPerSecond)} a second.`);
    return;
  }
  const { code, sqlstate, message } = errorFacts(error);
  const tried = retries === 0 ? '' : ` after ${retries} retries`;
  // Not the error itself: loggers write its causes too, and those of the driver hold contents of records.
  logger.warn({ ...counts, code, sqlstate, reason: message }, `${operation} ${name} failed${tried}: ${code}.`);
}
