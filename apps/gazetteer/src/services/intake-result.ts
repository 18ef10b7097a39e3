import type { CityRecord } from '../data/geonames.js';

/** A record that looks right by itself, with its position in what the client sent. */
export interface Candidate {
  readonly index: number;
  readonly record: CityRecord;
}

/** Why a record was not stored. It never repeats the record's contents. */
export interface Rejection {
  /** Position in what the client sent, from 0. */
  readonly index: number;
  /** For programs, such as `duplicate`. */
  readonly code: string;
  /** Where it is one field's fault. */
  readonly field?: string;
  /** For people. */
  readonly reason: string;
}

/** What is wrong with a record, whichever it is. */
export type Fault = Omit<Rejection, 'index'>;

/**
 * Both lists are in the order in which the records came. Every record is in exactly one of them, unless nothing was
 * stored because of those that were rejected.
 */
export interface IntakeResult {
  readonly stored: readonly { readonly index: number; readonly id: number }[];
  readonly rejected: readonly Rejection[];
}

export function inOrder(rejections: readonly Rejection[]): Rejection[] {
  return [...rejections].sort((a, b) => a.index - b.index);
}
