import { type AnyMapping, type Field, shapeOf, tableText } from '@uno/domain';
import { executeText, type Queryable, type TextStatement } from '@uno/postgres';
import type { KeyDefault } from './insert-statement.js';

/** The expression of a column's default; for an identity column, the next value of its sequence. */
const defaultExpressions: TextStatement = {
  sql: `select a.attname, case when a.attidentity <> ''
      then format('nextval(%L::regclass)', pg_get_serial_sequence($1, a.attname))
      else pg_get_expr(d.adbin, d.adrelid) end
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = to_regclass($1) and a.attname = any($2::text[])`,
};

/** One entry for each database (all its transactions share the adapter), mapping and set of fields. */
const known = new WeakMap<object, Map<string, readonly KeyDefault[] | undefined>>();

function rememberedFor(db: Queryable): Map<string, readonly KeyDefault[] | undefined> {
  const { adapter } = db.getExecutor();
  let remembered = known.get(adapter);
  if (remembered === undefined) {
    remembered = new Map();
    known.set(adapter, remembered);
  }
  return remembered;
}

function nameOf(mapping: AnyMapping, missing: readonly Field[]): string {
  return `${mapping.tableName} ${shapeOf(missing)}`;
}

/** Reads them again next time, after a statement that used them failed: the table may have been changed. */
export function forgetKeyDefaults(db: Queryable, mapping: AnyMapping, missing: readonly Field[]): void {
  rememberedFor(db).delete(nameOf(mapping, missing));
}

/**
 * How the database fills in key fields that records leave out, read from the catalogue once.
 *
 * @returns `undefined` when one of them has no default, so that only a trigger can know its value
 */
export async function readKeyDefaults(
  db: Queryable,
  mapping: AnyMapping,
  missing: readonly Field[],
): Promise<readonly KeyDefault[] | undefined> {
  if (missing.length === 0) return [];
  const remembered = rememberedFor(db);
  const name = nameOf(mapping, missing);
  if (remembered.has(name)) return remembered.get(name);
  const defaults = await readFromCatalogue(db, mapping, missing);
  remembered.set(name, defaults);
  return defaults;
}

async function readFromCatalogue(
  db: Queryable,
  mapping: AnyMapping,
  missing: readonly Field[],
): Promise<readonly KeyDefault[] | undefined> {
  const names = missing.map((field) => field.column);
  const { rows } = await executeText(db, defaultExpressions, [tableText(mapping), names]);
  const expressions = new Map(rows.map(([name, expression]) => [name, expression]));
  const defaults: KeyDefault[] = [];
  for (const field of missing) {
    const expression = expressions.get(field.column);
    if (expression === null || expression === undefined) return undefined;
    defaults.push({ field, expression: `(${expression})::${field.type.sql}` });
  }
  return defaults;
}
