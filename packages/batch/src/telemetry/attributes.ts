import type { Attributes } from '@opentelemetry/api';

/** The name of the instrumentation scope of spans and metrics. */
export const scopeName = '@uno/batch';

/** Names of attributes: those of OpenTelemetry's semantic conventions, and ours under `uno.`. */
export const attribute = Object.freeze({
  system: 'db.system.name',
  operation: 'db.operation.name',
  table: 'db.collection.name',
  /** Records of a call; by convention left out where it is not more than one. */
  records: 'db.operation.batch.size',
  sqlstate: 'db.response.status_code',
  errorType: 'error.type',
  name: 'uno.name',
  strategy: 'uno.batch.strategy',
  /** Records in one statement. */
  batchSize: 'uno.batch.size',
  atomicity: 'uno.batch.atomicity',
  processed: 'uno.batch.records.processed',
  successful: 'uno.batch.records.successful',
  failed: 'uno.batch.records.failed',
  skipped: 'uno.batch.records.skipped',
  individually: 'uno.batch.records.individually',
  chunks: 'uno.batch.chunks',
  statements: 'uno.batch.statements',
  bytesSent: 'uno.batch.bytes_sent',
  retries: 'uno.batch.retries',
  fallbacks: 'uno.batch.fallbacks',
  /** Milliseconds. */
  retryDelay: 'uno.retry.delay_ms',
  recordStatus: 'uno.batch.record.status',
});

/** The attributes of a failure. */
export function failureAttributes(code: string, sqlstate: string | undefined): Attributes {
  return { [attribute.errorType]: code, ...(sqlstate === undefined ? {} : { [attribute.sqlstate]: sqlstate }) };
}

/** The attribute for how many records a call has. */
export function recordsAttribute(total: number | undefined): Attributes {
  return total === undefined || total < 2 ? {} : { [attribute.records]: total };
}
