import { sql } from 'kysely';
import type { TestContext } from '../../support/test-context.js';

/** The statements that were sent, without what opens and closes transactions and savepoints, or reads the catalogue. */
export function sent({ statements }: TestContext, verb = ''): string[] {
  return statements.filter(
    (text) =>
      text.startsWith(verb) &&
      !/^(start transaction|commit|savepoint|release|rollback|select set_config|select json_build_object)/.test(text),
  );
}

/** How many transactions were begun. */
export function transactions({ statements }: TestContext): number {
  return statements.filter((text) => text.startsWith('start transaction')).length;
}

/** The names of the towns, in the order of their ids. */
export async function names({ db }: TestContext): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from town order by id`.execute(db);
  return rows.map(({ name }) => name);
}
