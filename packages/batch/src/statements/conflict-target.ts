import type { AnyMapping, Field } from '@uno/domain';
import { ConfigError, identifier } from '@uno/postgres';
import type { TableFacts, UniqueIndex } from './table-facts.js';

/** The unique index by which it is told whether a record is there already. */
export interface ConflictTarget {
  /** A text that stands for all that its statements depend on: one mapping may be used with several databases. */
  readonly id: string;
  /** What it is over: quoted columns and expressions of columns. */
  readonly parts: readonly string[];
  /** Which rows it is about, if not all. */
  readonly predicate: string | undefined;
  /** Whether NULL equals NULL in it. */
  readonly nullsNotDistinct: boolean;
  /** The mapped fields among its parts. */
  readonly fields: readonly Field[];
  /**
   * Whether it is over such fields alone, of which every record has a value and whose columns compare values as their
   * mapped types do, and about all rows.
   */
  readonly isPlain: boolean;
  /** Whether `ON CONFLICT` takes it: not where triggers do the work, or for a constraint that can be deferred. */
  readonly isArbiter: boolean;
}

/**
 * Finds the unique index of some fields, or the one of a name, which may be that of a constraint. Of fields that have
 * none, PostgreSQL says so by itself.
 *
 * @throws ConfigError where there is none of that name, or several partial ones are over these fields
 */
export function conflictTarget(mapping: AnyMapping, by: readonly Field[] | string, facts: TableFacts): ConflictTarget {
  // A parent's index knows nothing of the rows of the tables that inherit from it.
  const isArbiter = !facts.isDoneByTriggers && !(facts.kind === 'r' && facts.hasChildren);
  if (typeof by === 'string') return targetOf(mapping, named(mapping, by, facts), isArbiter, facts);
  const index = indexOver(mapping, by, facts);
  if (index !== undefined) return targetOf(mapping, index, isArbiter, facts);
  return identified(facts, {
    parts: by.map(({ column }) => identifier(column)),
    predicate: undefined,
    nullsNotDistinct: false,
    fields: by,
    isPlain: by.every((field) => isGiven(field, facts) && isAsMapped(field, facts)),
    isArbiter,
  });
}

function identified({ columns }: TableFacts, target: Omit<ConflictTarget, 'id'>): ConflictTarget {
  const { parts, predicate, nullsNotDistinct, isPlain } = target;
  // Records are made of the table's own types and defaults where those decide.
  return { ...target, id: JSON.stringify([parts, predicate, nullsNotDistinct, isPlain || [...columns.values()]]) };
}

function named({ name, tableName }: AnyMapping, constraint: string, { uniques }: TableFacts): UniqueIndex {
  const index = uniques.find((unique) => unique.name === constraint);
  if (index !== undefined) return index;
  const known = uniques.map((unique) => unique.name).join(', ');
  throw new ConfigError(
    `batchUpsert: ${tableName}, the table of ${name}, has no unique constraint or index "${constraint}". ` +
      (known === '' ? 'It has none.' : `Known are: ${known}.`),
  );
}

/** The one that is checked at once and about all rows, if there is one. */
function indexOver(mapping: AnyMapping, by: readonly Field[], { uniques }: TableFacts): UniqueIndex | undefined {
  const fitting = uniques.filter(({ columns }) => {
    const names = new Set(columns);
    return names.size === by.length && by.every(({ column }) => names.has(column));
  });
  const whole = fitting.filter(({ predicate }) => predicate === null);
  const best = whole.find(({ isImmediate }) => isImmediate) ?? whole[0];
  if (best !== undefined || fitting.length < 2) return best ?? fitting[0];
  throw new ConfigError(
    `batchUpsert: several partial unique indexes of ${mapping.tableName} are over ${by.map(({ property }) => property).join(', ')}. ` +
      `Say which by constraint: ${fitting.map(({ name }) => name).join(', ')}.`,
  );
}

function targetOf(
  mapping: AnyMapping,
  { parts, columns, predicate, isImmediate, nullsNotDistinct, hasCollation }: UniqueIndex,
  isArbiter: boolean,
  facts: TableFacts,
): ConflictTarget {
  const fields = mapping.fields.filter(({ column }) => columns.includes(column));
  return identified(facts, {
    parts,
    predicate: predicate ?? undefined,
    nullsNotDistinct,
    fields,
    isPlain:
      predicate === null &&
      !hasCollation &&
      fields.length === parts.length &&
      fields.every((field) => isGiven(field, facts) && isAsMapped(field, facts)),
    isArbiter: isArbiter && isImmediate,
  });
}

function isGiven({ column }: Field, { columns }: TableFacts): boolean {
  return (columns.get(column)?.computation ?? null) === null;
}

/** Numbers of types in which the same values are equal. */
const families: readonly ReadonlySet<number>[] = [new Set([20, 21, 23]), new Set([25, 1043])];

/** Whether values are equal in the column when they are so in the mapped type; where nothing is known, it is believed. */
function isAsMapped({ column, type }: Field, { columns }: TableFacts): boolean {
  const stored = columns.get(column);
  if (stored === undefined) return true;
  if (stored.isLoose && type.looseCollation === undefined) return false;
  const oid = type.binary?.oid;
  const isSame = oid === undefined || oid === stored.type;
  if (!isSame && !families.some((family) => family.has(oid) && family.has(stored.type))) return false;
  // A column may round, or cut, more than the mapped type.
  const limit = modifierOf(stored.sql);
  return limit === undefined || limit === modifierOf(type.sql);
}

/** What is in brackets, as in `numeric(10,2)`. */
function modifierOf(sql: string): string | undefined {
  return /\(([^)]*)\)/.exec(sql)?.[1];
}
