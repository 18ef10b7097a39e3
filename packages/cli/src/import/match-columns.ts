import type { AnyMapping, Field } from '@uno/domain';
import { isNote } from '@uno/formats';
import { UsageError } from '../frame/cli-errors.js';
import type { ImportRequest } from './import-options.js';

/** The field of each column of the file; `null` for one that is passed over. */
export type MatchedColumns = Readonly<Record<string, string | null>>;

/**
 * Which column of the file is for which of the table.
 *
 * @param header - the columns of the file, where it tells
 * @throws UsageError for columns that are not there, on either side, and for one that is needed
 */
export function matchColumns(
  mapping: AnyMapping,
  header: readonly string[] | undefined,
  { map }: Pick<ImportRequest, 'map'>,
): MatchedColumns {
  const matched: Record<string, string | null> = {};
  for (const [column, name] of pairsOf(map)) {
    if (header !== undefined && !header.includes(column)) {
      throw new UsageError(`--map: the file has no column "${column}". It has: ${header.join(', ')}.`);
    }
    matched[column] = name === '' ? null : fieldOf(mapping, name, '--map');
  }
  if (header === undefined) return matched;
  const taken = new Set(Object.values(matched));
  const free = mapping.fields.filter(({ property }) => !taken.has(property));
  const unknown: string[] = [];
  checkTwice(matched);
  for (const column of header) {
    if (Object.hasOwn(matched, column)) continue;
    const field = alikeIn(
      free,
      column.trim(),
      (either) => `"${column}" of the file may be for ${either}. Say which with --map.`,
    );
    const same = mapping.fields.find((one) => one.column.toLowerCase() === column.trim().toLowerCase());
    const other = Object.keys(matched).find((one) => same !== undefined && matched[one] === same.property);
    if (field === undefined && other !== undefined) throw areTwice(other, column, same?.column ?? column);
    if (field !== undefined) matched[column] = field.property;
    else if (!isNote(column)) unknown.push(column);
  }
  if (unknown.length > 0) {
    throw new UsageError(
      `The file has ${list(unknown)}, and ${mapping.tableName} has no such column. It has: ${columnsOf(mapping)}. Say what it is for with --map "${unknown[0]}=COLUMN", or pass it over with --map "${unknown[0]}=".${hintOf(header)}`,
    );
  }
  const made = Object.entries(matched).find(([, property]) =>
    mapping.madeFields.some((field) => field.property === property),
  );
  if (made !== undefined) {
    throw new UsageError(
      `The file has "${made[0]}", which the database always makes by itself. Pass it over with --map "${made[0]}=".`,
    );
  }
  const given = new Set(Object.values(matched));
  const missing = mapping.fields.filter((one) => one.insertMode === 'required' && !given.has(one.property));
  if (missing.length > 0) {
    throw new UsageError(
      `The file has no column for ${list(missing.map(({ column }) => column))}, which every row of ${mapping.tableName} needs. It has: ${header.join(', ')}. Say which it is with --map FILE=COLUMN.`,
    );
  }
  return matched;
}

/**
 * What `--map` says: a column of the file, and the name that it has in the table, or none.
 *
 * @throws UsageError for what says neither
 */
export function pairsOf(map: ImportRequest['map']): (readonly [string, string])[] {
  return map.map((pair) => {
    const at = pair.lastIndexOf('=');
    if (at < 1) throw new UsageError(`--map takes FILE=COLUMN, as in --map "City name=name", not ${pair}.`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
}

/** @throws UsageError for two columns of the file that are for one of the table */
function checkTwice(matched: MatchedColumns): void {
  const seen = new Map<string, string>();
  for (const [column, property] of Object.entries(matched)) {
    if (property === null) continue;
    const other = seen.get(property);
    if (other !== undefined) throw areTwice(other, column, property);
    seen.set(property, column);
  }
}

function areTwice(one: string, other: string, name: string): UsageError {
  return new UsageError(
    `"${one}" and "${other}" of the file are both for "${name}": pass one over, with --map "${other}=".`,
  );
}

/** What a header that was read wrongly looks like. */
function hintOf(header: readonly string[]): string {
  const [only = '', ...more] = header;
  if (only.includes('\0')) return ' It looks like UTF-16: say --encoding utf-16le.';
  const delimiter = more.length === 0 ? [';', '\t', '|', ','].find((one) => only.includes(one)) : undefined;
  if (delimiter === undefined) return '';
  return ` Or are its cells parted by another character? Say --delimiter '${delimiter === '\t' ? '\\t' : delimiter}'.`;
}

/**
 * The field of a column of the table.
 *
 * @throws UsageError for one that it does not have
 */
export function fieldOf(mapping: AnyMapping, column: string, option: string): string {
  const { fields, tableName } = mapping;
  const field = alikeIn(fields, column, (either) => `${option}: "${column}" of ${tableName} may be ${either}.`);
  if (field !== undefined) return field.property;
  throw new UsageError(`${option}: ${mapping.tableName} has no column "${column}". It has: ${columnsOf(mapping)}.`);
}

/**
 * The field whose column has the name, or else the one that has it but for case.
 *
 * @throws UsageError where there are several of these
 */
function alikeIn(fields: readonly Field[], name: string, ambiguous: (either: string) => string): Field | undefined {
  const exact = fields.find(({ column }) => column === name);
  if (exact !== undefined) return exact;
  const [field, ...others] = fields.filter(({ column }) => column.toLowerCase() === name.toLowerCase());
  if (field === undefined || others.length === 0) return field;
  throw new UsageError(ambiguous([field, ...others].map(({ column }) => `"${column}"`).join(' or ')));
}

function columnsOf({ fields }: AnyMapping): string {
  return fields.map(({ column }) => column).join(', ');
}

function list(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
