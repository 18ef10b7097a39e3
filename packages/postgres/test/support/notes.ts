import { executeText, type Queryable } from '../../src/index.js';

/** A table of texts, each of which can be there once. */
export const createNotes = 'create table note (text text primary key)';

/** Adds one. */
export async function write(on: Queryable, text: string): Promise<void> {
  await executeText(on, { sql: 'insert into note values ($1)' }, [text]);
}

/** The notes that are seen by this object, in order. */
export async function notes(on: Queryable): Promise<(string | null | undefined)[]> {
  return (await executeText(on, { sql: 'select text from note order by text' })).rows.map(([text]) => text);
}
