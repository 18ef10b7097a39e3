import { identifier } from '@uno/postgres';
import { differsSql } from './differs-sql.js';
import { type Field, shapeOf } from './field.js';
import type { UpdatePlan } from './update-plan.js';

/** The parts of an UPDATE of a table called `t` in the statement. */
export interface UpdateSql {
  /** What comes after `set`. */
  readonly assignments: string;
  /** Whether the row has to be written. */
  readonly differs: string;
}

/**
 * What an update of some fields does to a row, for one record or for many.
 *
 * @param given - an expression for the record's value of a field
 */
export function updateSql(plan: UpdatePlan, fields: readonly Field[], given: (field: Field) => string): UpdateSql {
  const changes = fields.map((field) => {
    const column = identifier(field.column);
    const value = plan.added.includes(field) ? `(t.${column} + ${given(field)})` : given(field);
    return { assignment: `${column} = ${value}`, difference: differsSql(field, `t.${column}`, value) };
  });
  return {
    assignments: changes.map(({ assignment }) => assignment).join(', '),
    differs: plan.skipsUnchanged ? `(${changes.map(({ difference }) => difference).join(' or ')})` : 'true',
  };
}

/** A short text for what is the same in the statements of a plan and a set of fields. */
export function nameOfUpdate({ added, skipsUnchanged }: UpdatePlan, fields: readonly Field[]): string {
  return `${shapeOf(fields)} adding ${shapeOf(added)}${skipsUnchanged ? '' : ' all'}`;
}
