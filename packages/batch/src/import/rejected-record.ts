import type { FailedRecord } from '@uno/domain';
import { ConstraintError, sqlstateOf, UnoError, ValidationError } from '@uno/postgres';
import type { ImportRecord } from './import-record.js';
import type { RejectNote } from '@uno/formats';

/** A record that was not imported, and why. */
export interface RejectedRecord {
  /** Its position in the source, from 0. */
  readonly index: number;
  /** The line of the file where it begins, from 1; of another source, its number from 1. */
  readonly line: number;
  /** Its key as text, where it has one. */
  readonly key: string | undefined;
  /** The field at fault, where it is known. */
  readonly field: string | undefined;
  /** What is wrong, in words. */
  readonly reason: string;
  /** The code of {@link error}, such as `UNO_CONSTRAINT`. */
  readonly code: string;
  readonly sqlstate: string | undefined;
  readonly constraint: string | undefined;
  readonly error: UnoError;
  /** What the source gave: the cells of a line, a document, the bytes that are neither, or the caller's record. */
  readonly record: unknown;
}

export function rejectedRecord({ index, key, error }: FailedRecord, record: ImportRecord): RejectedRecord {
  const cause = error.code === 'UNO_CALLBACK' && UnoError.is(error.cause) ? error.cause : error;
  return {
    index,
    line: record.line,
    key,
    field: cause instanceof ValidationError ? cause.field : columnOf(cause),
    reason: reasonOf(cause),
    code: error.code,
    sqlstate: sqlstateOf(cause),
    constraint: cause instanceof ConstraintError ? cause.constraint : undefined,
    error,
    record: givenOf(record),
  };
}

export function noteOf({ line, field, reason }: RejectedRecord): RejectNote {
  return { line, field, reason };
}

function columnOf(error: UnoError): string | undefined {
  return error instanceof ConstraintError ? error.column : undefined;
}

/** Why a record was rejected, in words, which may quote what stands in it. */
export function reasonOf(error: UnoError): string {
  const { cause } = error;
  // Its own words quote the value, which is no secret to whoever has the record.
  if (error instanceof ValidationError) return error.sqlstate && cause instanceof Error ? cause.message : error.reason;
  // What somebody's function said says more than that it threw.
  return error.code === 'UNO_CALLBACK' && cause instanceof Error ? cause.message : error.message;
}

function givenOf({ entry, input }: ImportRecord): unknown {
  if (entry === undefined) return input;
  if ('cells' in entry) return entry.cells;
  return 'document' in entry ? entry.document : entry.raw;
}
