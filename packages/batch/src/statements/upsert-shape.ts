import { type AnyMapping, cachedStatement, columnList, differsSql, type Field, shapeOf, tableText } from '@uno/domain';
import { identifier, type TextStatement } from '@uno/postgres';
import type { ConflictTarget } from './conflict-target.js';
import { shiftParameters } from './sql-outline.js';
import type { TableFacts } from './table-facts.js';

/** A condition on rows that are there, compiled; `t` is the row, `excluded` the record. */
export interface UpdateCondition {
  readonly sql: string;
  /** In their order. */
  readonly parameters: readonly unknown[];
}

/** What an upsert writes, and where. */
export interface UpsertShape {
  /** The fields that the records give. */
  readonly fields: readonly Field[];
  readonly target: ConflictTarget;
  /** What is written to a row that is there; nothing if empty. */
  readonly updated: readonly Field[];
  /** Whether rows that already are as asked are left alone. */
  readonly skipsUnchanged: boolean;
  readonly condition: UpdateCondition | undefined;
  readonly facts: TableFacts;
  /** Whether it is measured how many rows are written that already are as asked. */
  readonly samples: boolean;
}

/**
 * A statement of a shape and a kind. One with a condition, whose text is the caller's and may be another one each time, is
 * not kept.
 */
export function upsertText(mapping: AnyMapping, kind: string, shape: UpsertShape, build: () => string): TextStatement {
  if (shape.condition !== undefined) return { sql: build() };
  const { fields, target, updated, skipsUnchanged, facts, samples } = shape;
  const name = `upsert ${kind} ${shapeOf(fields)} on ${target.id} set ${shapeOf(updated)} ${skipsUnchanged} ${facts.serverVersion} ${facts.kind} ${samples}`;
  return cachedStatement(mapping, name, build);
}

/** `insert into "t" as t ("a", "b")` */
export function insertInto(mapping: AnyMapping, fields: readonly Field[]): string {
  return `insert into ${tableText(mapping)} as t (${columnList(fields)})`;
}

/** What comes after `set`. */
export function assignments({ updated }: UpsertShape): string {
  return updated.map(({ column }) => `${identifier(column)} = excluded.${identifier(column)}`).join(', ');
}

/** @param given - an expression for the record's value of a field */
export function wouldDiffer(updated: readonly Field[], given: (field: Field) => string): string {
  return updated.map((field) => differsSql(field, `t.${identifier(field.column)}`, given(field))).join(' or ');
}

/**
 * Whether a row that is there is to be written; `undefined` if always.
 *
 * @param parameters - how many the statement has before those of the condition
 */
export function isToWrite({ updated, skipsUnchanged, condition }: UpsertShape, parameters: number): string | undefined {
  const conditions = [
    ...(skipsUnchanged ? [wouldDiffer(updated, ({ column }) => `excluded.${identifier(column)}`)] : []),
    ...(condition === undefined ? [] : [shiftParameters(condition.sql, parameters)]),
  ];
  return conditions.length === 0 ? undefined : conditions.map((one) => `(${one}\n)`).join(' and ');
}
