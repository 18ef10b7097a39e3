import type { BatchUpsertOptions } from '@uno/batch';
import type { AnyMapping, KeyOf, Loaded, NewRecord, RecordPatch } from '@uno/domain';
import type { ShownRow } from './open-table.js';

/** What the contract tests, by which a kind of table can say that one of them does not hold yet. */
export type Promised =
  | 'insert'
  | 'insert with models'
  | 'get'
  | 'update'
  | 'upsert'
  | 'upsert with models'
  | 'delete'
  | 'skip on insert'
  | 'skip on update'
  | 'skip on upsert';

/**
 * A kind of table. Its records have numbers, from 0, and versions: that of a number is first stored in version 0. Every
 * table has a label, which tells the number, and an amount of at least 0, which tells the version.
 */
export interface KindOfTable<M extends AnyMapping> {
  readonly mapping: M;
  /** Plain SQL that makes it. */
  readonly make: readonly string[];
  /** Plain SQL that empties it. */
  readonly empty: string;
  /** Plain SQL that shows all its rows, by their numbers. */
  readonly shown: string;
  readonly role?: string;
  /** A record as it is inserted and upserted. */
  record(number: number, version: number): NewRecord<M>;
  /** The same with all that an upsert needs, where an insert needs less. */
  toUpsert?(number: number, version: number): NewRecord<M>;
  /** What SQL shows of its row. */
  row(number: number, version: number): ShownRow;
  patch(key: KeyOf<M>, number: number, version: number): RecordPatch<M>;
  keyOf(model: Loaded<M>): KeyOf<M>;
  labelOf(model: Loaded<M>): string;
  /** A key that no row has. */
  readonly absent: KeyOf<M>;
  /** By which unique constraint rows are found in an upsert. */
  readonly upsertBy: Pick<BatchUpsertOptions<M>, 'constraintColumns' | 'updateColumns'>;
  /** A record that PostgreSQL refuses, and its word for it. */
  readonly bad: { readonly record: NewRecord<M>; readonly sqlstate: string };
  /** What makes a patch one that PostgreSQL refuses; an amount of -1, if not said. */
  readonly badPatch?: object;
  /** What does not hold yet, and why. */
  readonly gaps?: Partial<Record<Promised, string>>;
  /** What cannot be done in sets, and why. */
  readonly oneByOne?: Partial<Record<Promised, string>>;
}

/** The label of a record. */
export function labelFor(number: number): string {
  return `label ${String(number).padStart(3, '0')}`;
}

/** The amount of a record. */
export function amountFor(number: number, version: number): number {
  return version * 1000 + number;
}

/** A record with nothing but these. */
export function labelled(number: number, version: number): { label: string; amount: number } {
  return { label: labelFor(number), amount: amountFor(number, version) };
}

/** What `select label, amount` shows of it. */
export function labelledRow(number: number, version: number): string[] {
  return [labelFor(number), String(amountFor(number, version))];
}

/** Every label is another's, and every amount is at least 0. */
export const labelAndAmount = 'label text not null unique, amount integer not null check (amount >= 0)';
