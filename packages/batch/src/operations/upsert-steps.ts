import type { Field } from '@uno/domain';
import type { Step } from '../engine/step.js';
import type { WorkItem } from '../shapes/work-item.js';
import { columnArrays } from '../statements/column-arrays.js';
import { lookups } from '../statements/find-conflicting.js';
import { upsertBySearchStatement } from '../statements/upsert-by-search.js';
import type { UpsertShape } from '../statements/upsert-shape.js';
import {
  countsUnchanged,
  readUnchanged,
  upsertCountingStatement,
  upsertOneStatement,
  upsertReturningStatement,
} from '../statements/upsert-statement.js';
import { fieldsToInsert } from './insert-job.js';
import type { UpsertCase, UpsertCourse } from './upsert-course.js';
import type { UpsertPlan } from './upsert-plan.js';
import type { UpsertGroup } from './upsert-writer.js';

const someUnwritten = 'rows are there that are not to be written, or were dropped';

/** Tells what an upsert sends. */
export class UpsertSteps {
  readonly #plan: UpsertPlan;
  readonly #case: UpsertCase;
  readonly #course: UpsertCourse;

  constructor(plan: UpsertPlan, about: UpsertCase, course: UpsertCourse) {
    this.#plan = plan;
    this.#case = about;
    this.#course = course;
  }

  /**
   * What is sent for groups of records.
   *
   * @param isObserved - whether somebody wants to know which rows are written
   */
  of(isObserved: boolean, groups: readonly UpsertGroup[]): readonly Step[] {
    const { mapping, target } = this.#case;
    return groups.flatMap((group): readonly Step[] => {
      const { fields, items, arrays } = group;
      const shape = this.#course.shapeOf(fields);
      const indices = items.flatMap((item) => item.indices);
      const step = { parameters: this.#parametersOf(arrays), times: 1, indices };
      if (!target.isArbiter) return this.#stepsOfSearch(group);
      if (this.#course.isCounted) {
        const { sql } = upsertCountingStatement(mapping, shape, isObserved);
        return [{ ...step, way: 'unnest', why: 'how many rows were written is all that comes back', sql }];
      }
      const { sql } = upsertReturningStatement(mapping, shape, this.#course.returned);
      return [
        { ...step, way: 'returning', why: 'what became of each record is asked for', sql },
        ...this.#stepsOfUnwritten(shape, items),
      ];
    });
  }

  /** What is sent for a single record. */
  alone(item: WorkItem): readonly Step[] {
    const { mapping, target } = this.#case;
    const fields = fieldsToInsert(mapping, item);
    const values = columnArrays(mapping, fields, [item]);
    if (!target.isArbiter) return this.#stepsOfSearch({ fields, items: [item], arrays: values });
    const shape = this.#course.shapeOf(fields);
    const { sql } = upsertOneStatement(mapping, shape, this.#course.returned);
    const parameters = this.#parametersOf(values);
    const { indices } = item;
    return [
      { way: 'alone', why: 'one row needs no lining up', sql, parameters, times: 1, indices },
      ...this.#stepsOfUnwritten(shape, [item]),
    ];
  }

  #stepsOfSearch({ fields, items, arrays }: UpsertGroup): readonly Step[] {
    const { mapping } = this.#case;
    const { sql } = upsertBySearchStatement(mapping, this.#course.shapeOf(fields), this.#course.returned);
    const search: Step = {
      way: 'returning',
      why: 'ON CONFLICT does not work with this constraint, so rows are looked for and locked',
      sql,
      parameters: this.#parametersOf(arrays),
      times: 1,
      indices: items.flatMap((item) => item.indices),
      isAttempt: true,
    };
    if (!this.#course.looksAfterSearch) return [search];
    return [search, ...this.#lookSteps(fields, items, 'rows are there after it')];
  }

  /** What is sent for records that were not written, if there are any. */
  #stepsOfUnwritten(shape: UpsertShape, items: readonly WorkItem[]): readonly Step[] {
    const indices = items.flatMap((item) => item.indices);
    const kept =
      !this.#course.looksAll && this.#course.mayDrop && countsUnchanged(shape) ? [this.#keptStep(indices)] : [];
    const looks = this.#course.isWanted || this.#course.looksAll;
    return looks ? [...kept, ...this.#lookSteps(shape.fields, items, someUnwritten)] : kept;
  }

  #keptStep(indices: readonly number[]): Step {
    const why = 'triggers may drop rows, so it is read how many were found as asked';
    return { way: 'aside', why, sql: readUnchanged.sql, parameters: 0, times: 1, indices, onlyIf: someUnwritten };
  }

  #lookSteps(fields: readonly Field[], items: readonly WorkItem[], onlyIf: string): readonly Step[] {
    return [...lookups(this.#course.searchFor(fields), items)].map(
      ({ statement: { sql }, fields: given, members }) => ({
        way: 'aside',
        why: 'rows that were not written are looked for',
        sql,
        parameters: given.length,
        times: 1,
        indices: members.flatMap((item) => item.indices),
        onlyIf,
      }),
    );
  }

  #parametersOf(values: readonly unknown[]): number {
    return values.length + (this.#plan.condition?.parameters.length ?? 0);
  }
}
