import { type Exception, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { RetryNote } from '@uno/postgres';
import type { CallDescription, CallEnd, CallEvents, CallListener } from '../metrics/call-recorder.js';
import { errorFacts } from '../metrics/error-facts.js';
import { attribute, failureAttributes, recordsAttribute, scopeName } from './attributes.js';

/** A span for each call, a child of the one that is active where it begins. Without an SDK, or if it is not sampled, none. */
export const spanListener: CallListener = Object.freeze({
  begin(description: CallDescription): CallEvents | undefined {
    const { operation, name, table, strategy, batchSize, atomicity, total } = description;
    const span = trace.getTracer(scopeName).startSpan(`${operation} ${name}`, {
      // Without a table there is no database that it would be a client of.
      kind: table === undefined ? SpanKind.INTERNAL : SpanKind.CLIENT,
      attributes: {
        ...(table === undefined ? {} : { [attribute.system]: 'postgresql', [attribute.table]: table }),
        [attribute.operation]: operation,
        ...recordsAttribute(total),
        [attribute.name]: name,
        [attribute.strategy]: strategy,
        [attribute.batchSize]: batchSize,
        [attribute.atomicity]: atomicity,
      },
    });
    return span.isRecording() ? new CallSpan(span) : undefined;
  },
});

class CallSpan implements CallEvents {
  readonly #span: Span;
  #statements = 0;
  #bytesSent = 0;
  #chunks = 0;
  #retries = 0;
  #fallbacks = 0;
  #individually = 0;

  constructor(span: Span) {
    this.#span = span;
  }

  statement(bytesSent: number): void {
    this.#statements += 1;
    this.#bytesSent += bytesSent;
  }

  chunk(): void {
    this.#chunks += 1;
  }

  retried({ code, sqlstate, delayMs }: RetryNote): void {
    this.#retries += 1;
    this.#span.addEvent('uno.retry', { ...failureAttributes(code, sqlstate), [attribute.retryDelay]: delayMs });
  }

  fellBack(records: number, reason: unknown): void {
    this.#fallbacks += 1;
    this.#individually += records;
    const { code, sqlstate } = errorFacts(reason);
    this.#span.addEvent('uno.fallback', { ...failureAttributes(code, sqlstate), [attribute.individually]: records });
  }

  end({ total, successful, failed, skipped, error }: CallEnd): void {
    this.#span.setAttributes({
      ...recordsAttribute(total),
      [attribute.processed]: successful + failed + skipped,
      [attribute.successful]: successful,
      [attribute.failed]: failed,
      [attribute.skipped]: skipped,
      [attribute.individually]: this.#individually,
      [attribute.chunks]: this.#chunks,
      [attribute.statements]: this.#statements,
      [attribute.bytesSent]: this.#bytesSent,
      [attribute.retries]: this.#retries,
      [attribute.fallbacks]: this.#fallbacks,
    });
    if (error !== undefined) this.#failed(error);
    this.#span.end();
  }

  #failed(error: unknown): void {
    const { code, sqlstate, message } = errorFacts(error);
    this.#span.setAttributes(failureAttributes(code, sqlstate));
    this.#span.setStatus({ code: SpanStatusCode.ERROR, ...(message === undefined ? {} : { message }) });
    // Of an error that is not uno's, message and stack may hold the contents of records.
    const exception: Exception = message !== undefined && error instanceof Error ? error : { name: code, code };
    this.#span.recordException(exception);
  }
}
