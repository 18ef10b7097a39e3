import { identifier } from '@uno/postgres';
import { differsSql } from './differs-sql.js';
import { type Field, shapeOf } from './field.js';
import type { UpdatePlan } from './update-plan.js';

/** The parts of an UPDATE of a table. */
export interface UpdateSql {
  /** What comes after `set`. */
  readonly assignments: string;
  /** Whether the row has to be written. */
  readonly differs: string;
  /** Whether the row has the version that was read. */
  readonly isCurrent: string;
}

/**
 * What an update of some fields does to a row, for one record or for many.
 *
 * @param given - an expression for the record's value of a field, or of its version
 * @param row - what the table is called in the statement
 */
export function updateSql(
  plan: UpdatePlan,
  fields: readonly Field[],
  given: (field: Field) => string,
  row = 't',
): UpdateSql {
  const changes = fields.map((field) => {
    const column = identifier(field.column);
    const value = plan.added.includes(field) ? `(${row}.${column} + ${given(field)})` : given(field);
    return { assignment: `${column} = ${value}`, difference: differsSql(field, `${row}.${column}`, value) };
  });
  const version = plan.version && `${row}.${identifier(plan.version.column)}`;
  if (plan.version !== undefined) {
    changes.push({ assignment: `${identifier(plan.version.column)} = ${version} + 1`, difference: 'false' });
  }
  return {
    assignments: changes.map(({ assignment }) => assignment).join(', '),
    differs: plan.skipsUnchanged ? `(${changes.map(({ difference }) => difference).join(' or ')})` : 'true',
    isCurrent: plan.version === undefined ? 'true' : `(${version} is not distinct from ${given(plan.version)})`,
  };
}

/** A short text for what is the same in the statements of a plan and a set of fields. */
export function nameOfUpdate({ added, version, skipsUnchanged }: UpdatePlan, fields: readonly Field[]): string {
  return `${shapeOf(fields)} adding ${shapeOf(added)} version ${version?.position}${skipsUnchanged ? '' : ' all'}`;
}
