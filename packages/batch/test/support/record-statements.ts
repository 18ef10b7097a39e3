import type pg from 'pg';

/** What is asked of the catalogue, once for each database and table. */
const tableFacts = /^select json_build_object\(\s+'serverVersion'/;

/**
 * The SQL of every statement that is sent over a pool from now on, by connections that it opens from now on, but for the
 * question what the catalogue says of a table.
 */
export function recordStatements(pool: pg.Pool): string[] {
  const statements: string[] = [];
  pool.on('connect', (client) => {
    const send = client.query.bind(client);
    Object.assign(client, {
      query: (config: string | { text: string }, ...rest: unknown[]) => {
        const text = typeof config === 'string' ? config : config.text;
        if (!tableFacts.test(text)) statements.push(text);
        return Reflect.apply(send, client, [config, ...rest]);
      },
    });
  });
  return statements;
}
