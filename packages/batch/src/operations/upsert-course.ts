import type { AnyMapping, Field } from '@uno/domain';
import type { ConflictTarget } from '../statements/conflict-target.js';
import type { Search } from '../statements/find-conflicting.js';
import type { TableFacts } from '../statements/table-facts.js';
import type { UpsertShape } from '../statements/upsert-shape.js';
import { type UpsertPlan, updatedOf } from './upsert-plan.js';

/** What is known of the table, and wanted of the rows. */
export interface UpsertCase {
  readonly mapping: AnyMapping;
  readonly facts: TableFacts;
  readonly target: ConflictTarget;
  /** Whether what became of every single record has to be found out. */
  readonly isDetailed: boolean;
  /** Whether its row is asked for. */
  readonly wantsRows: boolean;
  /** Whether it is measured how many rows are written that already are as asked. */
  readonly samples: boolean;
}

/** What is decided about an upsert before it is known of which records. */
export class UpsertCourse {
  /** What comes back of a row. */
  readonly returned: readonly Field[];
  /** Whether the key is what tells whether a record is there. */
  readonly isByKey: boolean;
  /** Whether a record of which no row came back may have been dropped by a trigger. */
  readonly mayDrop: boolean;
  readonly #plan: UpsertPlan;
  readonly #case: UpsertCase;

  constructor(plan: UpsertPlan, about: UpsertCase) {
    const { mapping, facts, target, wantsRows } = about;
    this.#plan = plan;
    this.#case = about;
    this.returned = wantsRows ? mapping.fields : mapping.keyFields;
    const { fields, isPlain } = target;
    this.isByKey = isPlain && fields.length === mapping.keyFields.length && fields.every(({ isKey }) => isKey);
    this.mayDrop = facts.meddlesWithInserts || facts.meddlesWithUpdates || facts.hasRules;
  }

  /** Whether one set of columns takes one statement. */
  get isOneStatement(): boolean {
    const { target, isDetailed, wantsRows } = this.#case;
    if (!target.isArbiter || wantsRows) return false;
    return isDetailed ? this.isByKey && !this.mayDrop : this.isCounted;
  }

  /** Whether the server only counts, also where it is one record. */
  get isCounted(): boolean {
    // Where nothing is written to a row that is there, it has to be looked for to tell it from one that was dropped.
    return !this.#case.isDetailed && !(this.mayDrop && this.mayVanish);
  }

  /** A row that was not locked may be gone when it is looked for: then its record can be inserted. */
  get mayVanish(): boolean {
    return this.#plan.updated?.length === 0;
  }

  /** Where the rows of records with these fields are looked for. */
  searchFor(fields: readonly Field[]): Search {
    const { mapping, target, facts } = this.#case;
    return { mapping, target, facts, fields, returned: this.returned };
  }

  /** Whether something of the rows that were not written is wanted. */
  get isWanted(): boolean {
    const { isDetailed, wantsRows } = this.#case;
    return wantsRows || (isDetailed && !this.isByKey);
  }

  /** Whether all records that were not written are looked for. */
  get looksAll(): boolean {
    return this.mayVanish && (this.isWanted || this.mayDrop);
  }

  /** Whether rows are looked for when they were searched and written. */
  get looksAfterSearch(): boolean {
    const { isDetailed, wantsRows } = this.#case;
    return wantsRows || !(this.isByKey || !isDetailed);
  }

  /** What a statement of records with these fields writes, and where. */
  shapeOf(fields: readonly Field[]): UpsertShape {
    const { target, facts } = this.#case;
    const { skipsUnchanged, condition } = this.#plan;
    const updated = updatedOf(this.#plan, target, fields);
    // With a condition, it is the caller who decides which rows are written.
    const samples = this.#case.samples && !skipsUnchanged && condition === undefined && target.isPlain;
    return { fields, target, updated, skipsUnchanged, condition, facts, samples: samples && updated.length > 0 };
  }
}
