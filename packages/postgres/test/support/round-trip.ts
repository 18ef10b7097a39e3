import fc from 'fast-check';
import type { Kysely } from 'kysely';
import {
  arrayLiteral,
  BinaryArray,
  type BinaryForm,
  copyIn,
  copyLine,
  executeText,
  identifier,
  type PgType,
  type Queryable,
} from '../../src/index.js';

type Texts = (string | null)[];

/** What came back of the values, by each way that uno sends values. */
export interface Returned<T> {
  /** Each as a parameter of its own: `select $1::type, $2::type`. */
  readonly scalars: T[];
  /** All as one array parameter, taken apart by `unnest`. */
  readonly unnested: T[];
  /** The same in the binary format, where the type has one. */
  readonly binary: T[] | undefined;
  /** Stored by one INSERT, each as a parameter of its own. */
  readonly inserted: T[];
  /** Stored by COPY. */
  readonly copied: T[];
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
  const decoded = (texts: Texts) => texts.map((text) => type.decode(String(text)));
  return {
    scalars: decoded(scalars),
    unnested: decoded(await unnestedTexts(db, type, arrayLiteral(encoded, type.array ? false : type.bare))),
    binary: type.binary && decoded(await unnestedTexts(db, type, binaryOf(type.binary, values))),
    ...(await stored(db, type, encoded, decoded)),
    texts: scalars.map(String),
  };
}

async function scalarTexts(db: Kysely<unknown>, type: PgType<unknown>, encoded: readonly string[]): Promise<Texts> {
  const casts = encoded.map((_, i) => `$${i + 1}::${type.sql}`);
  const { rows } = await executeText(db, { sql: `select ${casts.join(', ')}` }, encoded);
  return [...(rows[0] ?? [])];
}

/** `unnest` takes arrays apart to the last dimension, so an array travels as text. */
async function unnestedTexts(db: Kysely<unknown>, type: PgType<unknown>, array: string | Buffer): Promise<Texts> {
  const element = type.array ? 'text' : type.sql;
  const value = type.array ? `u.x::${type.sql}` : 'u.x';
  const sql = `select ${value} from unnest($1::${element}[]) with ordinality as u(x, position) order by u.position`;
  const { rows } = await executeText(db, { sql }, [array]);
  return rows.map(([text]) => text ?? null);
}

function binaryOf(form: BinaryForm, values: readonly unknown[]): Buffer {
  const array = new BinaryArray(form.oid, 0);
  for (const value of values) form.write(value, array);
  return array.finish();
}

/** What a table of the type has when the values were stored in it. It is made once, and always left empty. */
async function stored<T>(
  db: Kysely<unknown>,
  type: PgType<T, unknown>,
  encoded: readonly string[],
  decoded: (texts: Texts) => T[],
): Promise<Pick<Returned<T>, 'inserted' | 'copied'>> {
  const table = `of ${type.sql}`;
  const name = identifier(table);
  await executeText(db, { sql: `create unlogged table if not exists ${name} (position integer, value ${type.sql})` });
  const texts = async (trx: Queryable, store: Promise<unknown>): Promise<T[]> => {
    await store;
    const { rows } = await executeText(trx, { sql: `delete from ${name} returning position, value` });
    const inOrder = [...rows].sort(([one], [other]) => Number(one) - Number(other));
    return decoded(inOrder.map(([, text]) => text ?? null));
  };
  return db.transaction().execute(async (trx) => ({
    inserted: await texts(trx, insert(trx, name, encoded)),
    copied: await texts(trx, copy(trx, table, type, encoded)),
  }));
}

function insert(db: Queryable, name: string, encoded: readonly string[]): Promise<unknown> {
  const values = encoded.map((_, i) => `(${i}, $${i + 1})`);
  return executeText(db, { sql: `insert into ${name} values ${values.join(', ')}` }, encoded);
}

function copy(db: Queryable, table: string, type: PgType<unknown>, encoded: readonly string[]): Promise<unknown> {
  const lines = encoded.map((text, i) => copyLine([String(i), text], [true, type.bare]));
  return copyIn(db, { table: [table], columns: ['position', 'value'] }, lines);
}

/** Twenty values at a time, since a statement costs more than a value. */
export function several<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.array(value, { minLength: 1, maxLength: 20 });
}

export const runs = { numRuns: 40 } as const;
