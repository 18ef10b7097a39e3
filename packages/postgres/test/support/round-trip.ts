import fc from 'fast-check';
import type { Kysely } from 'kysely';
import { arrayLiteral, executeText, type PgType } from '../../src/index.js';

type Texts = (string | null)[];

/** What came back of the values, by each way that uno sends values. */
export interface Returned<T> {
  /** Each as a parameter of its own: `select $1::type, $2::type`. */
  readonly scalars: T[];
  /** All as one array parameter, taken apart by `unnest`. */
  readonly unnested: T[];
  /** The texts that the server wrote of the scalars. */
  readonly texts: string[];
}

/** Sends values to the server and back, encoded and decoded by their type. */
export async function roundTrip<T>(
  db: Kysely<unknown>,
  type: PgType<T, unknown>,
  values: readonly unknown[],
): Promise<Returned<T>> {
  const encoded = values.map((value) => type.encode(value));
  const scalars = await scalarTexts(db, type, encoded);
  const unnested = await unnestedTexts(db, type, encoded);
  return {
    scalars: scalars.map((text) => type.decode(String(text))),
    unnested: unnested.map((text) => type.decode(String(text))),
    texts: scalars.map(String),
  };
}

async function scalarTexts(db: Kysely<unknown>, type: PgType<unknown>, encoded: readonly string[]): Promise<Texts> {
  const casts = encoded.map((_, i) => `$${i + 1}::${type.sql}`);
  const { rows } = await executeText(db, { sql: `select ${casts.join(', ')}` }, encoded);
  return [...(rows[0] ?? [])];
}

/** `unnest` takes arrays apart to the last dimension, so an array travels as text. */
async function unnestedTexts(db: Kysely<unknown>, type: PgType<unknown>, encoded: readonly string[]): Promise<Texts> {
  const element = type.array ? 'text' : type.sql;
  const value = type.array ? `u.x::${type.sql}` : 'u.x';
  const sql = `select ${value} from unnest($1::${element}[]) with ordinality as u(x, position) order by u.position`;
  const { rows } = await executeText(db, { sql }, [arrayLiteral(encoded, type.array ? false : type.bare)]);
  return rows.map(([text]) => text ?? null);
}

/** Twenty values at a time, since a statement costs more than a value. */
export function several<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.array(value, { minLength: 1, maxLength: 20 });
}

export const runs = { numRuns: 40 } as const;
