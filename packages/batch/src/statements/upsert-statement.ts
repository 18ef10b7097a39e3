import { type AnyMapping, columnList, type Field, shapeOf, tableText } from '@uno/domain';
import { identifier, type TextStatement } from '@uno/postgres';
import { inLockOrder, inputRows, isCompared, ord, sameParts, withParts } from './conflict-input.js';
import { isSampled, sampledRows } from './row-sample.js';
import { rowText } from './row-text.js';
import { firstArray, unnestedValue, unnestTable } from './unnest-sql.js';
import { assignments, insertInto, isToWrite, type UpsertShape, upsertText, wouldDiffer } from './upsert-shape.js';

/**
 * Inserts records or updates the rows that they conflict with, and gives one row: how many were inserted, how many written,
 * what {@link readUnchanged} gives, if asked for the keys of those that were written, and what {@link readSample} reads.
 * The rows are locked in the order of the records.
 */
export function upsertCountingStatement(mapping: AnyMapping, shape: UpsertShape, withKeys: boolean): TextStatement {
  return upsertText(mapping, `counting ${withKeys}`, shape, () => {
    const returned = [`${isNew(mapping, shape)} as is_new`, ...(withKeys ? [`${keyText(mapping)} as key`] : [])];
    // An aggregate is computed when all rows are written, and so is what stands beside it.
    const given = [
      'count(*) filter (where is_new)',
      'count(*)',
      ...(countsUnchanged(shape) ? unchanged : ['null', 'null']),
    ];
    return (
      `with w as (${upsert(mapping, shape)} returning ${returned.join(', ')}) ` +
      `select ${[...given, withKeys ? 'array_agg(key)' : 'null', ...sampled(mapping, shape)].join(', ')} from w`
    );
  });
}

/** It sees the rows as they were before they were written. */
function sampled(mapping: AnyMapping, { fields, target, updated, samples }: UpsertShape): readonly string[] {
  if (!samples) return [];
  const given = (field: Field) => unnestedValue(field, fields.indexOf(field));
  const isSame = target.fields.map((field) => `t.${identifier(field.column)} = ${given(field)}`).join(' and ');
  return [
    `(select ${sampledRows(`(${wouldDiffer(updated, given)})`)} from ${unnestTable(fields, { ordinality: true })} ` +
      `join ${tableText(mapping)} as t on ${isSame} where ${isSampled(firstArray(fields))})`,
  ];
}

/** The same for one record, whose values are parameters of their own: whether its row is new, then some columns of it. */
export function upsertOneStatement(mapping: AnyMapping, shape: UpsertShape, returned: readonly Field[]): TextStatement {
  return upsertText(mapping, `one ${shapeOf(returned)}`, shape, () => {
    const parameters = shape.fields.map((field, i) => `$${i + 1}::${field.type.sql}`).join(', ');
    return (
      `${insertInto(mapping, shape.fields)} values (${parameters}) ${onConflict(mapping, shape)} ` +
      `returning ${isNew(mapping, shape)}, ${columnList(returned, 't')}`
    );
  });
}

/**
 * The same, giving the position of its record, from 1, whether it is new, and some columns as one text, for every row that
 * was written; and at the end a row without a position whose text is the number of all rows that were written, by which it
 * is seen when a trigger has changed columns so that a row cannot be lined up with its record.
 *
 * Rows are lined up by what the index compares, in which no two records are alike. Those that it does not compare (because
 * of a NULL, or a predicate) are all inserted: they are lined up by the values that they were given, and the n-th of
 * several equal ones is the n-th such record's.
 */
export function upsertReturningStatement(
  mapping: AnyMapping,
  shape: UpsertShape,
  returned: readonly Field[],
): TextStatement {
  return upsertText(mapping, `returning ${shapeOf(returned)}`, shape, () => {
    const { fields, target, facts } = shape;
    const columns = target.isPlain
      ? columnList([...new Set([...mapping.keyFields, ...returned, ...fields, ...target.fields])], 't')
      : 't.*';
    const written = `${upsertOf(mapping, shape, withParts(target, 'input'))} returning ${isNew(mapping, shape)} as ${isNewName}, ${columns}`;
    const given = `i.${ord}, w.${isNewName}, ${rowText(returned, 'w')}`;
    const compared = (relation: string) =>
      `(select * from (${withParts(target, relation)}) as x where ${isCompared(target)})`;
    const others = (relation: string, order: string) => {
      const image = imageOf(shape);
      return (
        `(select *, ${image} as ${imageName}, row_number() over (partition by ${image}${order}) as ${nthName} ` +
        `from (${withParts(target, relation)}) as x where (${isCompared(target)}) is not true)`
      );
    };
    const alike = [
      `select ${given} from ${compared('input')} as i join ${compared('w')} as w on ${sameParts(target, 'i', 'w')}`,
      ...(comparesAll(shape)
        ? []
        : [
            `select ${given} from ${others('input', ` order by ${ord}`)} as i join ${others('w', '')} as w ` +
              `on i.${imageName} = w.${imageName} and i.${nthName} = w.${nthName}`,
          ]),
      'select null, null, count(*)::text from w',
    ];
    return `with input as materialized (${inputRows(fields, target, facts)}), w as (${written}) ${alike.join(' union all ')}`;
  });
}

const isNewName = '"uno: new"';
const imageName = '"uno: image"';
const nthName = '"uno: nth"';

/** Whether every record is one that the index compares, whatever its values. */
function comparesAll({ target }: UpsertShape): boolean {
  return target.isPlain && target.fields.every(({ nullable }) => !nullable);
}

/** By what rows are alike that the index does not compare by `=`: in it, where NULL equals NULL, and otherwise in all. */
function imageOf({ fields, target: { nullsNotDistinct, parts, predicate } }: UpsertShape): string {
  const given = `row(${columnList(fields)})::text`;
  if (!nullsNotDistinct) return given;
  const indexed = `row(${parts.join(', ')})::text`;
  return predicate === undefined ? indexed : `case when (${predicate}) then ${indexed} else ${given} end`;
}

function upsert(mapping: AnyMapping, shape: UpsertShape): string {
  const { fields, target, facts } = shape;
  if (!target.isPlain) {
    return upsertOf(mapping, shape, withParts(target, `(${inputRows(fields, target, facts)}) as input`));
  }
  const values = fields.map((field, i) => unnestedValue(field, i)).join(', ');
  return (
    `${insertInto(mapping, fields)} select ${values} from ${unnestTable(fields, { ordinality: true })} ` +
    `order by ord ${onConflict(mapping, shape)}`
  );
}

/** Of rows as {@link withParts} gives them. */
function upsertOf(mapping: AnyMapping, shape: UpsertShape, rows: string): string {
  const { fields, target } = shape;
  return (
    `${insertInto(mapping, fields)} select ${columnList(fields)} from (${rows}) as x ` +
    `order by ${inLockOrder(target)} ${onConflict(mapping, shape)}`
  );
}

function onConflict(mapping: AnyMapping, shape: UpsertShape): string {
  const { fields, target, updated } = shape;
  const where = target.predicate === undefined ? '' : ` where ${target.predicate}`;
  const at = `on conflict (${target.parts.join(', ')})${where}`;
  if (updated.length === 0) return `${at} do nothing`;
  const condition = isToWrite(shape, fields.length);
  const set = `${at} do update set ${assignments(shape)}`;
  const marks = wayToTell(shape) === 'mark';
  const written = marks ? `set_config('${markName}', ${mark(mapping)}, true) is not null` : 'true';
  if (condition === undefined) return marks ? `${set} where ${written}` : set;
  const counts = countsUnchanged(shape);
  if (!marks && !counts) return `${set} where ${condition}`;
  const kept = counts ? `set_config('${keptName}', ${countedOn(mapping)}, true) is null` : 'false';
  return `${set} where case when ${condition} then ${written} else ${kept} end`;
}

/**
 * Whether a statement leaves behind how many rows it found and did not write: where a trigger may have dropped what
 * was to be written, that is not to be seen from a row that does not come back.
 */
export function countsUnchanged({ facts, updated, skipsUnchanged, condition }: UpsertShape): boolean {
  const { meddlesWithInserts, meddlesWithUpdates } = facts;
  return (
    (meddlesWithInserts || meddlesWithUpdates) && updated.length > 0 && (skipsUnchanged || condition !== undefined)
  );
}

const keptName = 'uno.unchanged';
const unchanged = [`current_setting('${keptName}', true)`, `set_config('${keptName}', '', true)`];

/** Gives `n(key)`: how many those were, and the key of the last one; and forgets it. */
export const readUnchanged: TextStatement = { sql: `select ${unchanged.join(', ')}` };

function countedOn(mapping: AnyMapping): string {
  const before = `split_part(coalesce(nullif(current_setting('${keptName}', true), ''), '0'), '(', 1)::integer`;
  return `(${before} + 1)::text || ${keyText(mapping)}`;
}

/**
 * How it is told whether a row is new. `xmax` is 0 in a row that this statement inserted, and the number of this transaction
 * in one that `ON CONFLICT` locked to update it. Partitioned tables and views have none that could be read: there PostgreSQL
 * 18 knows the row as it was, which would cost a tenth more of the server's time where `xmax` does; before, an update leaves
 * the key of its row in a setting just before `RETURNING` is computed for it.
 */
function wayToTell({ facts: { serverVersion, kind }, updated }: UpsertShape): 'all' | 'old' | 'xmax' | 'mark' {
  if (updated.length === 0) return 'all';
  if (kind === 'r') return 'xmax';
  if (serverVersion >= 180_000) return 'old';
  return kind === 'f' ? 'xmax' : 'mark';
}

function isNew(mapping: AnyMapping, shape: UpsertShape): string {
  switch (wayToTell(shape)) {
    case 'all':
      return 'true';
    case 'old':
      return `(old.${identifier(mapping.keyFields[0]?.column ?? '')} is null)`;
    case 'xmax':
      return '(t.xmax = 0)';
    case 'mark':
      return `(current_setting('${markName}', true) is distinct from ${mark(mapping)})`;
  }
}

const markName = 'uno.updated';

/** Of this statement: an earlier one of the transaction may have left the key of a row that is gone since. */
function mark(mapping: AnyMapping): string {
  return `statement_timestamp()::text || ${keyText(mapping)}`;
}

function keyText(mapping: AnyMapping): string {
  return `row(${columnList(mapping.keyFields, 't')})::text`;
}
