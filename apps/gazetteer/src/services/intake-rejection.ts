import type { BatchError } from '@uno/domain';
import { ValidationError } from '@uno/postgres';
import { cities, cityIdentity } from '../model/cities.js';
import type { Candidate, Rejection } from './intake-result.js';

type Fault = Omit<Rejection, 'index'>;

/** What PostgreSQL means by a constraint's SQLSTATE, in words of ours: its own may quote the record. */
const constraintFaults: Readonly<Record<string, Fault>> = {
  '23505': { code: 'duplicate', reason: 'this city is stored already' },
  '23503': { code: 'unknown_reference', reason: 'its country or region is not there any more' },
};

/** Says to a client what a record made a batch fail with. */
export function rejectionOf(error: BatchError): Fault {
  const { cause, sqlstate = '' } = error;
  if (cause instanceof ValidationError) {
    const { field, reason } = cause;
    return { code: 'invalid', reason, ...(field !== undefined && { field }) };
  }
  const fault = constraintFaults[sqlstate];
  if (fault !== undefined) return fault;
  const field = cities.fields.find(({ column }) => column === error.column)?.property;
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
