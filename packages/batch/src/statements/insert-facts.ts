import { type AnyMapping, shapeOf, tableText } from '@uno/domain';
import { ConnectionError, executeText, type Queryable, type TextStatement } from '@uno/postgres';
import type { KeyDefault } from './insert-statement.js';

/** What the catalogue says of inserting into a table. */
export interface InsertFacts {
  /** How the database fills in each field of the key; a field that only a trigger can know is not among them. */
  readonly keyDefaults: readonly KeyDefault[];
  /** Whether a trigger sees the rows before they are stored, and may change them. */
  readonly meddling: boolean;
}

/**
 * The expressions of columns' defaults, for an identity column the next value of its sequence; and in front of them
 * whether there is a BEFORE or INSTEAD OF trigger for each inserted row (bits of `pg_trigger.tgtype`).
 */
const insertFacts: TextStatement = {
  sql: `select null, exists (select from pg_trigger where tgrelid = to_regclass($1) and not tgisinternal
      and tgtype & 1 = 1 and tgtype & 4 = 4 and tgtype & 66 <> 0)::text
    union all
    select a.attname::text, case when a.attidentity <> ''
      then format('nextval(%L::regclass)', pg_get_serial_sequence($1, a.attname))
      else pg_get_expr(d.adbin, d.adrelid) end
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = to_regclass($1) and a.attname = any($2::text[])`,
};

/** One entry for each database (all its transactions share the adapter) and table. */
const known = new WeakMap<object, Map<string, InsertFacts>>();

function rememberedFor(db: Queryable): Map<string, InsertFacts> {
  const { adapter } = db.getExecutor();
  let remembered = known.get(adapter);
  if (remembered === undefined) {
    remembered = new Map();
    known.set(adapter, remembered);
  }
  return remembered;
}

/** Two mappings of a table may have different keys. */
function nameOf(mapping: AnyMapping): string {
  return `${mapping.tableName} ${shapeOf(mapping.keyFields)}`;
}

/** Reads them again next time, after a statement that used them failed: the table may have been changed. */
export function forgetInsertFacts(db: Queryable, mapping: AnyMapping): void {
  rememberedFor(db).delete(nameOf(mapping));
}

/** What has to be known to insert records that leave out a part of the key, read from the catalogue once. */
export async function readInsertFacts(
  db: Queryable,
  mapping: AnyMapping,
  signal: AbortSignal | undefined,
): Promise<InsertFacts> {
  const remembered = rememberedFor(db);
  const name = nameOf(mapping);
  let facts = remembered.get(name);
  if (facts === undefined) {
    facts = await readFromCatalogue(db, mapping, signal);
    remembered.set(name, facts);
  }
  return facts;
}

/** A connection that is lost may have carried a write; this one has only been asked something. */
export function harmless(error: unknown): unknown {
  if (!(error instanceof ConnectionError) || error.retry !== 'if-idempotent') return error;
  return new ConnectionError(error.message, 'safe', { cause: error, sqlstate: error.sqlstate });
}

async function readFromCatalogue(
  db: Queryable,
  mapping: AnyMapping,
  signal: AbortSignal | undefined,
): Promise<InsertFacts> {
  const names = mapping.keyFields.map((field) => field.column);
  const { rows } = await executeText(db, insertFacts, [tableText(mapping), names], { signal }).catch(
    (error: unknown) => {
      throw harmless(error);
    },
  );
  const [first, ...columns] = rows;
  const expressions = new Map(columns.map(([name, expression]) => [name, expression]));
  const keyDefaults = mapping.keyFields.flatMap((field): KeyDefault[] => {
    const expression = expressions.get(field.column);
    if (expression === null || expression === undefined) return [];
    return [{ field, expression: `(${expression})::${field.type.sql}` }];
  });
  return { keyDefaults, meddling: first?.[1] === 'true' };
}
