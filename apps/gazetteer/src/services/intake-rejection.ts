import { ConstraintError, type UnoError, ValidationError } from '@uno/postgres';
import { cities, cityIdentity } from '../model/cities.js';
import type { Candidate, Fault } from './intake-result.js';

/** What PostgreSQL means by a constraint's SQLSTATE, in words of ours: its own may quote the record. */
const constraintFaults: Readonly<Record<string, Fault>> = {
  '23505': { code: 'duplicate', reason: 'this city is stored already' },
  '23503': { code: 'unknown_reference', reason: 'its country or region is not there any more' },
};

/** Says to a client why a record could not be written. */
export function rejectionOf(error: UnoError): Fault {
  if (error instanceof ValidationError) {
    const { field, reason } = error;
    return { code: 'invalid', reason, ...(field !== undefined && { field }) };
  }
  const { sqlstate = '', column = '' } = error instanceof ConstraintError ? error : {};
  const fault = constraintFaults[sqlstate];
  if (fault !== undefined) return fault;
  const field = cities.fields.find((one) => one.column === column)?.property;
  return { code: 'refused', reason: 'the database refused this record', ...(field !== undefined && { field }) };
}

/** Those that mean the same city as an earlier one of the same request. */
export function repeatedIn(candidates: readonly Candidate[]): Map<Candidate, Fault> {
  const first = new Map<string, number>();
  const faults = new Map<Candidate, Fault>();
  for (const candidate of candidates) {
    // JSON writes -0 as 0, which are equal to PostgreSQL as well.
    const identity = JSON.stringify(cityIdentity.map((field) => candidate.record[field]));
    const earlier = first.get(identity);
    if (earlier === undefined) first.set(identity, candidate.index);
    else faults.set(candidate, { code: 'duplicate', reason: `this city is also record ${earlier} of this request` });
  }
  return faults;
}
