import { reasonOf } from '@uno/batch';
import { BatchError } from '@uno/domain';
import { sqlstateOf, UnoError } from '@uno/postgres';
import type { Surroundings } from './surroundings.js';

/** How errors are told. */
export interface ErrorStyle {
  /** As one JSON object on stdout. */
  readonly json: boolean;
  /** With the stack, and PostgreSQL's own words, which may quote data. */
  readonly debug: boolean;
}

/** Tells what went wrong: in a sentence on stderr, with its stable code; or as JSON on stdout. */
export function reportError(error: unknown, { json, debug }: ErrorStyle, { stdout, stderr }: Surroundings): void {
  const { code, message, details } = factsOf(error);
  if (json) {
    const stack = debug && error instanceof Error ? { stack: error.stack } : {};
    stdout.write(`${JSON.stringify({ error: { code, message, ...details, ...stack } })}\n`);
    return;
  }
  stderr.write(`uno: ${message} [${code}]\n`);
  if (debug) stderr.write(`${traceOf(error)}\n`);
  else if (isHidden(error)) stderr.write('With --debug, what PostgreSQL said is shown; it may quote data.\n');
}

/** Which record is at fault, and why; what is written all the same. */
function placeOf({ index, line, key, field, column, constraint, written, cause }: BatchError) {
  return { index, line, key, field: field ?? column, constraint, reason: reasonOf(cause), written: written.size };
}

interface ErrorFacts {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

function factsOf(error: unknown): ErrorFacts {
  if (UnoError.is(error)) {
    const sqlstate = sqlstateOf(error);
    const suggestions = 'suggestions' in error ? error.suggestions : undefined;
    const details = {
      sqlstate,
      suggestions,
      retry: error.retry,
      ...(error instanceof BatchError ? placeOf(error) : {}),
    };
    return { code: error.code, message: error.message, details };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'UNO_INTERNAL',
    message: `${message}. This is a fault of uno itself; --debug shows where.`,
    details: {},
  };
}

/** Whether there is more to say that is not said for fear of quoting data. */
function isHidden(error: unknown): boolean {
  return UnoError.is(error) && error.code === 'UNO_VALIDATION' && error.cause !== undefined;
}

function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? error.message;
  return error.cause === undefined ? stack : `${stack}\nCaused by: ${traceOf(error.cause)}`;
}
