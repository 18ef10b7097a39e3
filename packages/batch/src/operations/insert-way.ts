import type { AnyMapping, Field } from '@uno/domain';
import type { KeyDefault } from '../statements/insert-statement.js';
import type { TableFacts } from '../statements/table-facts.js';

/** How records are to travel, where the caller says. */
export type InsertTransport = 'auto' | 'copy' | 'unnest';

/** What is asked for of every inserted record. */
export type WantedOfInsert = 'counts' | 'keys' | 'models';

/** How records of one set of columns are inserted. */
export type InsertWay =
  /** Nothing of their rows has to come back; keys that are missing are made beforehand, if they are wanted. */
  | { readonly how: 'copy' | 'unnest'; readonly made: readonly KeyDefault[]; readonly why: string }
  /** Rows come back and are lined up with their records. */
  | {
      readonly how: 'returning';
      readonly by: 'keys' | 'values';
      readonly made: readonly KeyDefault[];
      readonly why: string;
    }
  | { readonly how: 'alone'; readonly why: string };

/**
 * Below, a COPY takes longer than one statement: it takes two round trips, and is planned each time. Measured in chunks of
 * 500, 1,000, 2,000 and 5,000: 638, 466, 363 and 341 ms by COPY, and 485, 442, 370 and 399 by `unnest`.
 */
export const fewestToCopy = 2_000;

/**
 * So many bytes are copied, however few records they are: 40 columns of 70 characters take 974 ms by `unnest` and 513 by
 * COPY in chunks of 200, a megabyte each 450 and 305 in chunks of 4.
 */
const bytesToCopy = 1024 * 1024;

/** What decides on the way of some records. */
export interface InsertCase {
  readonly mapping: AnyMapping;
  readonly facts: TableFacts;
  readonly transport: InsertTransport;
  readonly wanted: WantedOfInsert;
  /** The columns that the records have. */
  readonly fields: readonly Field[];
  readonly records: number;
  /** Bytes of their values, about; 0 where nobody has looked. */
  readonly bytes: number;
}

/** Decides how records are inserted. */
export function insertWay(about: InsertCase): InsertWay {
  const { mapping, facts, wanted, fields, records } = about;
  if (fields.length === 0) return { how: 'alone', why: 'the records have no column of which a table could be made' };
  if (wanted === 'counts') return { ...transportOf(about), made: [] };
  if (records === 1) return { how: 'alone', why: 'one row needs no lining up' };
  const made = missingKeys(mapping, fields, facts);
  if (made === undefined) {
    return { how: 'returning', by: 'values', made: [], why: 'keys cannot be known before the rows are there' };
  }
  // With nothing between the record and its row, the row is as it was sent.
  if (wanted === 'keys' && isPlain(facts) && mapping.hasTextKey) {
    const transport = transportOf(about);
    if (made.length === 0) return { ...transport, made };
    if (transport.how === 'copy') return { ...transport, made };
  }
  return { how: 'returning', by: 'keys', made, why: 'rows have to come back' };
}

/** Why records cannot be copied, if they cannot. */
export function whyNotCopy(
  { kind, isSecured, hasRules, isDoneByTriggers, columns }: TableFacts,
  fields: readonly Field[],
) {
  if (kind !== 'r' && kind !== 'p') return 'it is no table';
  if (isSecured) return 'row-level security holds for it, with which PostgreSQL does not copy';
  if (hasRules) return 'it has rules, which a COPY passes over';
  if (isDoneByTriggers) return 'its triggers do the work';
  const always = fields.find(({ column }) => columns.get(column)?.isAlwaysIdentity);
  if (always !== undefined) return `"${always.property}" is GENERATED ALWAYS, which a COPY passes over`;
  return undefined;
}

function transportOf({ facts, transport, fields, records, bytes }: InsertCase): {
  readonly how: 'copy' | 'unnest';
  readonly why: string;
} {
  if (transport === 'unnest') return { how: 'unnest', why: 'it was asked for' };
  const why = whyNotCopy(facts, fields);
  if (why !== undefined) return { how: 'unnest', why };
  if (transport === 'copy') return { how: 'copy', why: 'it was asked for' };
  return records < fewestToCopy && bytes < bytesToCopy
    ? { how: 'unnest', why: `fewer than ${fewestToCopy} records are faster in one round trip` }
    : { how: 'copy', why: 'nothing has to come back' };
}

/** Whether rows are stored as they are sent, all of them. */
function isPlain({ kind, meddlesWithInserts, hasRules, isDoneByTriggers }: TableFacts): boolean {
  return (kind === 'r' || kind === 'p') && !meddlesWithInserts && !hasRules && !isDoneByTriggers;
}

/** The key fields that the records lack, and how the database makes them; `undefined` where it does not say. */
function missingKeys(
  mapping: AnyMapping,
  fields: readonly Field[],
  { columns, kind }: TableFacts,
): readonly KeyDefault[] | undefined {
  const made: KeyDefault[] = [];
  for (const field of mapping.keyFields) {
    if (fields.includes(field)) continue;
    const expression = columns.get(field.column)?.default;
    // A view's own default is not that of the table under it.
    if (expression === undefined || expression === null || kind === 'v') return undefined;
    made.push({ field, expression: `(${expression})::${field.type.sql}` });
  }
  return made;
}
