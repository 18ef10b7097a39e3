import type { CallDescription, CallEvents, CallListener } from './call-recorder.js';
import { errorFacts } from './error-facts.js';
import type { Logger } from './logger.js';

/** Logs what a call got over by itself but somebody ought to know of: retries, and records that went one by one. */
export class TroubleLog implements CallListener {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  begin({ operation, name }: CallDescription): CallEvents {
    const logger = this.#logger;
    return {
      retried({ sqlstate, code, delayMs }) {
        logger.warn({ operation, name, code, sqlstate, delayMs }, `${operation} ${name} is tried again: ${code}.`);
      },
      fellBack(records, reason) {
        const { code, sqlstate, message } = errorFacts(reason);
        const context = { operation, name, records, code, sqlstate, reason: message };
        logger.warn(context, fallbackLine(operation, name, code));
      },
    };
  }
}

/** The same without a logger: a warning of the process, for the first fallback of each call. */
export const fallbackWarnings: CallListener = Object.freeze({
  begin({ operation, name }: CallDescription): CallEvents {
    let warned = false;
    return {
      fellBack(records, reason) {
        if (warned) return;
        warned = true;
        const { code, sqlstate, message } = errorFacts(reason);
        const why = [code, sqlstate, message].filter((part) => part !== undefined).join(' ');
        process.emitWarning(fallbackLine(operation, name, code), {
          type: 'UnoWarning',
          code: 'UNO_FALLBACK',
          detail: `${records} records. Further fallbacks of this call are not told without a logger. Reason: ${why}`,
        });
      },
    };
  },
});

function fallbackLine(operation: string, name: string, code: string): string {
  return `${operation} ${name}: records go one by one, because the set-based way broke: ${code}.`;
}
